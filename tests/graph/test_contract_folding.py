"""Both properties of merging, for every store: what is known decides, and nothing else does."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.contents import Fact, FactWithdrawn, LoanPaidOut, LoanRepaid, TransferMade
from graph.knowing import Known
from graph.model import EntityKind, Instant, Moment, TransferKind
from graph.store import GraphStore
from tests.factory import institution, quick_folder, vault
from tests.graph.adversaries import histories, moments, name
from tests.graph.comparing import assert_same, opened
from tests.graph.plain_store import PlainStore, outcome
from tests.graph.stores import STORES, Open

BANK = institution()
NOW: Instant = 1_000
LAST = Moment(NOW, NOW)


def opened_until(ends: AsyncExitStack, store: GraphStore) -> GraphStore:
    """The store, closed at the end whatever happens: examples are also abandoned half-way."""
    ends.push_async_callback(store.close)
    return store


async def send(store, plain: PlainStore, history: list[tuple[str, Fact]]) -> None:
    """Record a history, fact by fact of a source as one batch, and compare what became of each."""
    for source, group in groupby(history, key=lambda said: said[0]):
        facts = [fact for _, fact in group]
        results = (await store.record(BANK, source, facts)).results
        assert [outcome(result) for result in results] == plain.record(source, facts, NOW)


@pytest.mark.parametrize("open_", STORES)
@given(history=histories(), then=st.lists(moments, max_size=4, unique=True))
def test_a_store_says_what_the_fold_says_at_every_moment(open_: Open, history, then):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            folder = ends.enter_context(quick_folder())
            sealers = vault(folder).sealer
            store, plain = opened_until(ends, open_(folder, sealers, lambda: NOW)), PlainStore(sealers(BANK.id))
            await send(store, plain, history)
            for moment in (LAST, *(Moment(*one) for one in then)):
                await assert_same(store, plain, BANK.id, moment)

    asyncio.run(run())


@pytest.mark.parametrize("open_", STORES)
@given(history=histories(), then=moments)
def test_reading_then_is_reading_now_from_a_store_that_was_given_only_what_was_known_by_then(open_: Open, history, then):
    moment = Moment(*then)

    async def run() -> None:
        async with AsyncExitStack() as ends:
            folder, other = ends.enter_context(quick_folder()), ends.enter_context(quick_folder())
            sealers = vault(folder).sealer
            full, plain = opened_until(ends, open_(folder, sealers, lambda: NOW)), PlainStore(sealers(BANK.id))
            await send(full, plain, history)
            then_known = plain.only_known_by(moment)
            part = opened_until(ends, open_(other, sealers, lambda: NOW))
            for one in by_known(then_known):
                await part.record(BANK, one.source, [one.fact])
            await assert_same(part, then_known, BANK.id, LAST)
            universe = plain.universe()
            now, past = await part.entities(BANK.id, universe, LAST), await full.entities(BANK.id, universe, moment)
            assert opened(now, plain.sealer) == opened(past, plain.sealer)
            for entity in now:
                assert await part.ties(BANK.id, entity, LAST, first=100) == await full.ties(BANK.id, entity, moment, first=100)

    asyncio.run(run())


@pytest.mark.parametrize("open_", STORES)
@given(history=histories(), random=st.randoms(use_true_random=False), again=st.lists(st.integers(0, 17), max_size=6), data=st.data())
def test_order_repetition_and_split_make_no_difference(open_: Open, history, random, again, data):
    """Refusals for conflict depend on order, so these facts are those that one order accepted, and keys mean one thing each."""

    async def run() -> None:
        async with AsyncExitStack() as ends:
            folder, other = ends.enter_context(quick_folder()), ends.enter_context(quick_folder())
            sealers = vault(folder).sealer
            first, plain = opened_until(ends, open_(folder, sealers, lambda: NOW)), PlainStore(sealers(BANK.id))
            await send(first, plain, [(source, plainly(fact)) for source, fact in history])
            said = [(one.source, one.fact) for one in plain.known]
            said += [said[n] for n in again if n < len(said)]
            random.shuffle(said)
            second = opened_until(ends, open_(other, sealers, lambda: NOW))
            while said:
                source = said[0][0]
                batch = [fact for other_source, fact in said[: data.draw(st.integers(1, 8))] if other_source == source]
                results = (await second.record(BANK, source, batch)).results
                assert {outcome(result) for result in results} <= {"Recorded", "Repeated"}
                for fact in batch:
                    said.remove((source, fact))
            await assert_same(second, plain, BANK.id, LAST)
            await assert_same(second, plain, BANK.id, Moment(3, 5))

    asyncio.run(run())


def by_known(plain: PlainStore) -> list[Known]:
    """Facts as they became known, withdrawals first: so that a key used again comes after what it was used for before."""
    return sorted(plain.known, key=lambda one: (one.recorded_at, not isinstance(one.fact.content, FactWithdrawn)))


def plainly(fact: Fact) -> Fact:
    """The fact with its key, if it has one, always saying the same."""
    content = fact.content
    if isinstance(content, TransferMade):
        same = {
            "from_": name(EntityKind.ACCOUNT, 0),
            "to": name(EntityKind.ACCOUNT, int(content.key) % 2),
            "transfer_kind": TransferKind.PAYMENT,
        }
    elif isinstance(content, LoanPaidOut | LoanRepaid):
        same = {"loan": name(EntityKind.LOAN, 0), "account": name(EntityKind.ACCOUNT, int(content.key) % 2)}
    else:
        return fact
    return replace(fact, occurred_at=int(content.key), content=replace(content, amount=7, **same))  # type: ignore[arg-type]
