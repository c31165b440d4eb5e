"""Guarded facts: written, looked at, and kept or taken back with both sides blocked, on every store. Windows are 0 to 100."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import permutations

import pytest

from graph import contents as c
from graph.contents import Fact
from graph.errors import InvalidInput
from graph.flows.account_profile import AccountProfile
from graph.flows.guarding import Guard, NoCircle, NoLargeChain, NoPassThrough
from graph.flows.scope import Scope, Window
from graph.flows.transfer_totals import TransferTotals
from graph.model import Moment, TieKind, TransferKind
from graph.store import Recorded, Repeated
from tests.factory import vault
from tests.graph.flows.story import BANK, NOW, NamingSealer, Story, id_, named, scope
from tests.graph.stores import STORES

pytestmark = pytest.mark.parametrize("open_", STORES)
A, B, C, D, X = (f"acc_{letter}" for letter in "abcdx")
P, Q, R = (f"per_{letter}" for letter in "pqr")
LATER = Moment(2 * NOW, 2 * NOW)
WINDOW = Window(0, 100)
CIRCLE = NoCircle(WINDOW)


def pays(key: str, from_: str, to: str, amount: int, at: int, kind: TransferKind = TransferKind.TRANSFER) -> Fact:
    return Fact(key, at, c.TransferMade(key, named(from_), named(to), amount, kind))


def vouches(key: str, from_: str, to: str, at: int = 10) -> Fact:
    return Fact(key, at, c.TieObserved(named(from_), TieKind.GUARANTEES, named(to)))


class Told:
    """A store with a story in it."""

    def __init__(self, open_, folder, story: Story | None = None) -> None:
        sealer = vault(folder).sealer
        self.open = lambda: open_(folder, lambda institution: NamingSealer(sealer(institution)), lambda: NOW)
        self.store = self.open()
        self.facts = [] if story is None else story.facts

    async def guarded(self, fact: Fact, guard: Guard):
        return await self.store.record_guarded(BANK, "core", fact, guard)

    async def blocked(self, *names: str) -> list[bool]:
        profiles = [(await self.store.ask(BANK.id, AccountProfile(id_(name)), LATER, deadline=5)).value for name in names]
        return [profile is not None and profile.blocked for profile in profiles]

    async def received(self, name: str):
        return (await self.store.ask(BANK.id, TransferTotals(id_(name), scope()), LATER, deadline=5)).value.received.total


@asynccontextmanager
async def telling(told: Told):
    try:
        if told.facts:
            await told.store.record(BANK, "core", told.facts)
        yield told
    finally:
        await told.store.close()


def names(entities) -> list[str]:
    return [entity.id.rstrip("2") for entity in entities]


def test_a_transfer_that_closes_a_circle_is_taken_back_and_both_sides_are_blocked(open_, tmp_path):
    async def run() -> None:
        async with telling(Told(open_, tmp_path, Story().pays(B, C, 5, 20).pays(C, A, 5, 30).pays(B, X, 1, 1))) as told:
            made = await told.guarded(pays("g", A, B, 7, 40), CIRCLE)
            assert made.results == () and made.tripped.blocked == (id_(A), id_(B))
            assert names(made.tripped.entities) == [A, B, C]
            ends = {(tie.from_id[:5], tie.to_id[:5], tie.total) for tie in made.tripped.ties}
            assert ends == {(A, B, 7), (B, C, 5), (C, A, 5)}, "as it would have been"
            assert await told.blocked(A, B, C) == [True, True, False]
            assert await told.received(B) == 0, "the 7 were taken back"
            again = await told.guarded(pays("g", A, B, 7, 40), CIRCLE)
            assert again.tripped.blocked == () and await told.received(B) == 0, "blocked already"

    asyncio.run(run())


def test_a_harmless_transfer_is_recorded_once_and_repeated(open_, tmp_path):
    async def run() -> None:
        # c paid a at 100, which the window leaves out; a withdrawal is no part of a circle.
        story = Story().pays(B, C, 5, 20).pays(C, A, 5, 100).withdraws(C, A, 5, 30)
        async with telling(Told(open_, tmp_path, story)) as told:
            first, second = [await told.guarded(pays("g", A, B, 7, 40), CIRCLE) for _ in range(2)]
            assert first.results == (Recorded(),) and first.tripped is None
            assert second.results == (Repeated(first.recorded_at),)
            assert await told.received(B) == 7 and await told.blocked(A, B) == [False, False]

    asyncio.run(run())


def test_a_repeated_fact_is_not_looked_at_again(open_, tmp_path):
    async def run() -> None:
        async with telling(Told(open_, tmp_path, Story().pays(B, C, 5, 20))) as told:
            await told.guarded(pays("g", A, B, 7, 40), CIRCLE)
            await told.store.record(BANK, "core", [pays("back", C, A, 5, 30)])  # unguarded: closes the circle
            assert isinstance((await told.guarded(pays("g", A, B, 7, 40), CIRCLE)).results[0], Repeated)
            assert await told.blocked(A, B) == [False, False]

    asyncio.run(run())


@pytest.mark.parametrize("side", [A, B])
def test_between_accounts_of_which_one_is_blocked_nothing_guarded_is_recorded(open_, tmp_path, side: str):
    async def run() -> None:
        async with telling(Told(open_, tmp_path, Story().blocks(side))) as told:
            made = await told.guarded(pays("g", A, B, 7, 40), CIRCLE)
            assert made.tripped.blocked == () and made.results == ()
            assert await told.received(B) == 0 and (await told.blocked(A, B)).count(True) == 1

    asyncio.run(run())


def test_of_three_transfers_that_would_close_a_circle_one_trips_however_they_meet(open_, tmp_path):
    async def run() -> None:
        # Everybody is known before, so that nobody waits for an account or the institution to be entered.
        orders = list(permutations([0, 1, 2]))
        circles = [[f"acc_{letter}{n}" for letter in "abc"] for n in "hijklm"]
        story = Story()
        for some in circles:
            for account in some:
                story.pays(account, X, 1, 1)
        async with telling(Told(open_, tmp_path, story)) as told:
            stores = [told.store, told.open(), told.open()]
            try:
                for some, order in zip(circles, orders, strict=True):
                    facts = [pays(f"g{some[n]}", some[n], some[(n + 1) % 3], 7, 40) for n in order]
                    made = await asyncio.gather(
                        *(store.record_guarded(BANK, "core", fact, CIRCLE) for store, fact in zip(stores, facts, strict=True))
                    )
                    tripped = [one.tripped for one in made if one.tripped is not None]
                    assert len(tripped) == 1 and len(tripped[0].blocked) == 2
                    assert sum([await told.received(name) for name in some]) == 14, "two of the three"
                    assert (await told.blocked(*some)).count(True) == 2
            finally:
                for store in stores[1:]:
                    await store.close()

    asyncio.run(run())


@pytest.mark.parametrize(("amount", "trips"), [(60, False), (59, True)])
def test_money_passing_straight_through_both_accounts_trips_when_it_exceeds_the_ratio(open_, tmp_path, amount: int, trips: bool):
    async def run() -> None:
        # a: in 60, out `amount`; b: in `amount`, out 40. 60/60 = 1 is not more than 1; 60/59 = 1.017 and 59/40 = 1.475 are.
        async with telling(Told(open_, tmp_path, Story().pays(X, A, 60, 10).pays(B, X, 40, 20))) as told:
            guard = NoPassThrough(Scope(WINDOW), Decimal(1))
            made = await told.guarded(pays("g", A, B, amount, 40), guard)
            assert (made.tripped is not None) is trips
            assert await told.blocked(A, B) == [trips, trips]
            assert await told.received(B) == (0 if trips else amount)

    asyncio.run(run())


def test_an_account_out_of_which_nothing_went_passes_nothing_through(open_, tmp_path):
    async def run() -> None:
        async with telling(Told(open_, tmp_path, Story().pays(X, A, 600, 10))) as told:
            made = await told.guarded(pays("g", A, B, 5, 40), NoPassThrough(Scope(WINDOW), Decimal(1)))
            assert made.results == (Recorded(),), "a: 600/5 = 120; b has paid nobody"

    asyncio.run(run())


@pytest.mark.parametrize(("most", "trips"), [(100, False), (99, True)])
def test_a_guarantee_that_makes_a_chain_that_owes_too_much_is_taken_back(open_, tmp_path, most: int, trips: bool):
    async def run() -> None:
        # p vouches for q, who vouches for r: q borrowed 70 and r 30, 100 together; p's own loan of 500 is not in it.
        story = Story().loan("loa_q", 70, 0).loan("loa_r", 30, 0).loan("loa_p", 500, 0).ties(Q, TieKind.GUARANTEES, R, 5)
        for person in (P, Q, R):
            story.ties(person, TieKind.APPLIED_FOR, f"loa_{person[4:]}")
        async with telling(Told(open_, tmp_path, story)) as told:
            made = await told.guarded(vouches("g", P, Q), NoLargeChain(WINDOW, most))
            assert (made.tripped is not None) is trips
            if made.tripped is not None:
                assert made.tripped.blocked == (id_(P), id_(Q)) and names(made.tripped.entities) == [P, Q, R]
            entities = await told.store.entities(BANK.id, [id_(P), id_(Q), id_(R)], LATER)
            assert [entities[id_(person)].blocked for person in (P, Q, R)] == [trips, trips, False]

    asyncio.run(run())


def test_a_guard_is_asked_about_its_own_kind_of_fact_alone(open_, tmp_path):
    async def run() -> None:
        async with telling(Told(open_, tmp_path)) as told:
            for fact, guard in (
                (vouches("g", P, Q), CIRCLE),
                (pays("g", A, B, 1, 1, TransferKind.WITHDRAWAL), CIRCLE),
                (pays("g", A, B, 1, 1), NoLargeChain(WINDOW, 1)),
                (Fact("g", 1, c.TieObserved(named(P), TieKind.HOLDS, named(A))), NoLargeChain(WINDOW, 1)),
            ):
                with pytest.raises(InvalidInput, match="content: is no"):
                    await told.guarded(fact, guard)

    asyncio.run(run())
