"""A store's reader says what the fold of the facts says: every primitive, of random histories, at every moment, on every store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import contents as c
from graph.contents import Content, Fact
from graph.flows.reader import MoneyReader
from graph.flows.scope import MOVEMENTS, TRANSFERS, WITHDRAWALS, Cut, Movement, Order, Scope, Way, Window
from graph.model import EntityKind, Moment, TieKind, TransferKind
from tests.factory import institution, quick_folder, vault
from tests.graph.adversaries import LATEST, ends, facts, moments, name, one
from tests.graph.flows.picturing import reader
from tests.graph.plain_store import PlainStore
from tests.graph.stores import STORES, Open

BANK = institution()
NOW = 1_000
LAST = Moment(NOW, NOW)
SEEN = (
    TieKind.PAID_OUT_TO, TieKind.REPAYS, TieKind.USES_DEVICE, TieKind.CONNECTS_FROM, TieKind.REACHED_AT, TieKind.GUARANTEES,
    TieKind.INVESTS_IN,
)  # fmt: skip
TIED = (TieKind.HOLDS, TieKind.APPLIED_FOR, TieKind.OWNS)
K = EntityKind


@dataclass(frozen=True)
class Everything:
    """A question whose answer is all that a reader can say of some entities."""

    universe: tuple[str, ...]
    scope: Scope

    def answer(self, money: MoneyReader) -> dict[object, object]:
        said: dict[object, object] = {"blocked": money.blocked(self.universe), "known": sorted(money.entities(self.universe))}
        for way in Way:
            for kinds in (TRANSFERS, WITHDRAWALS, MOVEMENTS):
                said[way, kinds] = ordered(money.moved(self.universe, way, self.scope, kinds))
            for kind in SEEN:
                said[way, "seen", kind] = ordered(money.seen(self.universe, kind, way, self.scope))
            for kind in TIED:
                said[way, "tied", kind] = {
                    entity: list(others) for entity, others in money.tied(self.universe, kind, way).items() if others
                }
        return said


def ordered(found) -> dict[str, list[Movement]]:
    return {entity: sorted(movements) for entity, movements in found.items() if movements}


@st.composite
def money_facts(draw: st.DrawFn, id_: str) -> Fact:
    """One fact about money or about what questions on it look at; anything else sometimes."""
    accounts, loans, small = one(K.ACCOUNT, 3), one(K.LOAN), st.integers(0, 9).map(str)
    which = draw(st.sampled_from(["moved"] * 5 + ["paid", "repaid", "tie", "tie", "ended", "blocked", "reversed", "withdrawn", "any"]))
    if which == "any":
        return draw(facts(id_))
    kinds = st.sampled_from([TransferKind.TRANSFER, TransferKind.PAYMENT, TransferKind.WITHDRAWAL, TransferKind.REFUND])
    amounts = st.integers(1, 3)
    content: Content
    match which:
        case "moved":
            content = c.TransferMade(draw(small), draw(accounts), draw(accounts), draw(amounts), draw(kinds))
        case "paid":
            content = c.LoanPaidOut(draw(small), draw(loans), draw(accounts), draw(amounts))
        case "repaid":
            content = c.LoanRepaid(draw(small), draw(loans), draw(accounts), draw(amounts))
        case "tie":
            content = c.TieObserved(*draw(ends()))
        case "ended":
            content = c.TieEnded(*draw(ends()), "r")
        case "blocked":
            content = c.BlockChanged(draw(one(draw(st.sampled_from([K.ACCOUNT, K.DEVICE])))), draw(st.booleans()), "r")
        case "reversed":
            content = c.TransferReversed(draw(small), "r")
        case _:
            content = c.FactWithdrawn(f"f{draw(st.integers(0, 25))}", "r")
    return Fact(id_, draw(st.integers(0, LATEST)), content, recorded_at=draw(st.integers(0, 6)))


@st.composite
def money_histories(draw: st.DrawFn) -> list[tuple[str, Fact]]:
    numbers = draw(st.lists(st.integers(0, 25), min_size=4, max_size=26))
    return [(draw(st.sampled_from("ab")), draw(money_facts(f"f{number}"))) for number in numbers]


scopes = st.builds(
    Scope,
    st.none() | st.builds(Window, st.integers(-1, 2), st.integers(2, 6)),
    st.none() | st.integers(0, 2),
    st.none() | st.integers(1, 3),
    st.sampled_from(Order),
)


@pytest.mark.parametrize("open_", STORES)
@given(history=money_histories(), then=st.lists(moments, max_size=3, unique=True), scope=scopes)
def test_what_a_store_says_of_money_is_what_the_fold_says_at_every_moment(open_: Open, history, then, scope: Scope):
    async def run() -> None:
        with quick_folder() as folder:
            sealers = vault(folder).sealer
            store, plain = open_(folder, sealers, lambda: NOW), PlainStore(sealers(BANK.id))
            for source, group in groupby(history, key=lambda said: said[0]):
                batch = [fact for _, fact in group]
                await store.record(BANK, source, batch)
                plain.record(source, batch, NOW)
            universe = (*plain.universe(), plain.id(name(K.ACCOUNT, 9)))
            question = Everything(universe, scope)
            for moment in (LAST, *(Moment(*each) for each in then)):
                answered = await store.ask(BANK.id, question, moment, deadline=30)
                picture = reader(plain, moment)
                assert answered.value == question.answer(picture)
                crowded = scope.per_step is not None and is_crowded(picture, universe, scope.per_step)
                assert answered.cut == ((Cut.PER_STEP,) if crowded else ())
            await store.close()

    asyncio.run(run())


def is_crowded(money: MoneyReader, universe: tuple[str, ...], most: int) -> bool:
    """Whether anybody asked about has more movements or sightings of one kind and direction than a step looks at."""
    open_ = Scope(per_step=None)
    for way in Way:
        found = [money.moved(universe, way, open_, MOVEMENTS), *(money.seen(universe, kind, way, open_) for kind in SEEN)]
        if any(len(movements) > most for each in found for movements in each.values()):
            return True
    return False


@pytest.mark.parametrize("open_", STORES)
def test_another_institution_is_told_nothing(open_: Open, tmp_path):
    async def run() -> None:
        sealers = vault(tmp_path).sealer
        store = open_(tmp_path, sealers, lambda: NOW)
        here, there = institution("rural-bank"), institution("city-bank")
        a, b = name(K.ACCOUNT, 0), name(K.ACCOUNT, 1)
        said: list[Content] = [
            c.TransferMade("k", a, b, 5, TransferKind.TRANSFER),
            c.BlockChanged(a, True, "r"),
            c.TieObserved(name(K.PERSON, 0), TieKind.HOLDS, a),
            c.TieObserved(a, TieKind.USES_DEVICE, name(K.DEVICE, 0)),
            c.LoanPaidOut("k", name(K.LOAN, 0), a, 3),
        ]
        await store.record(here, "core", [Fact(f"f{n}", 1, content) for n, content in enumerate(said)])
        ids = tuple(
            sealers(here.id).entity_id(each.kind, each.key or "") for each in (a, b, name(K.PERSON, 0), name(K.DEVICE, 0), name(K.LOAN, 0))
        )
        question = Everything(ids, Scope())
        mine = (await store.ask(here.id, question, LAST, deadline=5)).value
        assert mine[Way.OUT, TRANSFERS] and mine["blocked"] and mine[Way.OUT, "tied", TieKind.HOLDS]
        await store.record(there, "core", [Fact("x", 1, c.PersonDescribed(name(K.PERSON, 0)))])
        theirs = (await store.ask(there.id, question, LAST, deadline=5)).value
        assert all(not what for what in theirs.values())
        await store.close()

    asyncio.run(run())
