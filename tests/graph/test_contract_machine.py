"""A machine that records, withdraws, ends, reverses and reads in any order, on every store beside the plain one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from graph import contents as c
from graph.contents import Fact
from graph.model import EntityKind, EntityName, Instant, Moment
from tests.factory import institution, quick_folder, vault
from tests.graph.adversaries import SOURCES, facts
from tests.graph.comparing import assert_same
from tests.graph.plain_store import PlainStore, outcome
from tests.graph.stores import STORES, Open
from tests.settings import EXAMPLES, STEPS

BANK = institution()


@cache
def keys() -> bytes:
    """One file of keys for all runs: with others the ids, and so what is drawn by their order, would differ from run to run."""
    with quick_folder() as folder:
        vault(folder)
        return (folder / "keys").read_bytes()


class Machine(RuleBasedStateMachine):
    """Live recording: the clock goes on, and sometimes stands still or goes back."""

    open_: Open

    @initialize()
    def start(self) -> None:
        self.clock: Instant = 10
        self.count = 0
        self.folder = quick_folder()
        folder = self.folder.__enter__()
        (folder / "keys").write_bytes(keys())
        (folder / "keys").chmod(0o600)
        sealers = vault(folder).sealer
        self.store = type(self).open_(folder, sealers, lambda: self.clock)
        self.plain = PlainStore(sealers(BANK.id))
        self.moments: list[Moment] = []

    def send(self, source: str, batch: list[Fact], *, together: bool = False) -> None:
        """Record on both and compare."""
        recording = asyncio.run(self.store.record(BANK, source, batch, together=together))
        before = max((one.recorded_at for one in self.plain.known), default=0)
        expected = self.plain.record(source, batch, recording.recorded_at, together=together)
        assert [outcome(result) for result in recording.results] == expected
        if "Recorded" in expected and not (together and set(expected) - {"Recorded", "Repeated"}):
            assert recording.recorded_at > before or any(fact.recorded_at is not None for fact in batch)
        moment = asyncio.run(self.store.now(BANK.id))
        assert moment.known_at >= recording.recorded_at or not self.plain.known
        self.moments.append(moment)

    @rule(source=st.sampled_from(SOURCES), data=st.data(), together=st.booleans(), size=st.integers(1, 4))
    def record(self, source: str, data: st.DataObject, together: bool, size: int) -> None:
        batch = []
        for _ in range(size):
            self.count += 1
            batch.append(data.draw(facts(f"f{self.count}", recorded=False)))
        self.send(source, batch, together=together)

    @rule(data=st.data())
    def by_id(self, data: st.DataObject) -> None:
        """Name by id what may or may not be there."""
        universe = [id_ for id_ in self.plain.universe() if id_[:3] in ("mer", "per", "dev")]
        if universe:
            id_ = data.draw(st.sampled_from(universe))
            kind = EntityKind(id_[:3])
            self.count += 1
            self.send("a", [Fact(f"f{self.count}", data.draw(st.integers(0, 4)), c.BlockChanged(EntityName(kind, id=id_), True, "r"))])

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.plain.known:
            one = data.draw(st.sampled_from(self.plain.known))
            self.send(one.source, [replace(one.fact, recorded_at=None)])

    @rule(data=st.data(), at=st.integers(0, 4))
    def withdraw(self, data: st.DataObject, at: Instant) -> None:
        if self.plain.known:
            one = data.draw(st.sampled_from(self.plain.known))
            self.count += 1
            self.send(one.source, [Fact(f"f{self.count}", at, c.FactWithdrawn(one.fact.source_id, "mistake"))])

    @rule(data=st.data(), at=st.integers(0, 4))
    def end(self, data: st.DataObject, at: Instant) -> None:
        seen = [one.fact.content for one in self.plain.known if isinstance(one.fact.content, c.TieObserved)]
        if seen:
            tie = data.draw(st.sampled_from(seen))
            self.count += 1
            self.send("a", [Fact(f"f{self.count}", at, c.TieEnded(tie.from_, tie.tie_kind, tie.to, "over"))])

    @rule(data=st.data(), at=st.integers(0, 4))
    def reverse(self, data: st.DataObject, at: Instant) -> None:
        made = [one.fact.content.key for one in self.plain.known if isinstance(one.fact.content, c.TransferMade)]
        if made:
            self.count += 1
            self.send("b", [Fact(f"f{self.count}", at, c.TransferReversed(data.draw(st.sampled_from(made)), "error"))])

    @rule(by=st.sampled_from([1, 1, 5, 0, -3]))
    def tick(self, by: int) -> None:
        self.clock += by

    @rule(data=st.data(), at=st.integers(0, 5))
    def read(self, data: st.DataObject, at: Instant) -> None:
        if self.moments:
            known_at = data.draw(st.sampled_from(self.moments)).known_at
            asyncio.run(assert_same(self.store, self.plain, BANK.id, Moment(at, known_at)))

    @invariant()
    def now_is_the_fold(self) -> None:
        if getattr(self, "moments", None):
            asyncio.run(assert_same(self.store, self.plain, BANK.id, Moment(10**6, self.moments[-1].known_at)))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            asyncio.run(self.store.close())
            self.folder.__exit__(None, None, None)


@pytest.mark.parametrize("open_", STORES)
def test_whatever_is_done_in_whatever_order_every_answer_is_that_of_the_fold(open_: Open):
    """The machine's rules and its invariant hold the assertions: see `assert_same`."""
    machine = type("StoreMachine", (Machine,), {"open_": staticmethod(open_)})
    run_state_machine_as_test(machine, settings=settings(max_examples=max(EXAMPLES // 4, 10), stateful_step_count=STEPS))
