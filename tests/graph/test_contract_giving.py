"""What was accepted is given back as it was reported; without leave nothing personal is, and the graph of it has the same ties."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given

from graph import contents as c
from graph.contents import Fact, PlaceSeen
from graph.decoding import decode_fact
from graph.encoding import encode_fact, place_of
from graph.errors import InvalidInput
from graph.model import EntityKind, EntityName, Moment, TieKind
from graph.normalising import address as normal_address
from graph.store import BulkStore, KeptFact, Recorded
from tests.factory import by_id, institution, merchant, person, quick_folder, tie, vault
from tests.graph.adversaries import histories
from tests.graph.raw_facts import NOW, SAID, decode, raw
from tests.graph.stores import STORES, Open

BANK = institution()
NOT_KEPT = (EntityKind.DOCUMENT, EntityKind.PLACE)
"""A document's number is never kept; places of these histories have keys that do not follow from their addresses."""


def comparable(history: list[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """The history without what is not given back exactly."""

    def simple(content: Any) -> bool:
        values = [getattr(content, name) for name in content.__slots__]
        return not any((isinstance(one, EntityName) and one.kind in NOT_KEPT) or isinstance(one, PlaceSeen) for one in values)

    return [(source, fact) for source, fact in history if simple(fact.content)]


def placed(history: list[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """The history as reports give it: a place's key follows from its address, and every fact that names a place describes it."""

    def seen(value: Any) -> PlaceSeen | None:
        if isinstance(value, PlaceSeen):
            return place_of(value.address, value.country, normal_address(value.address), value.latitude, value.longitude)
        if isinstance(value, EntityName) and value.kind is EntityKind.PLACE:
            return place_of(str(value.key), "CN", normal_address(str(value.key)))
        return None

    def one(fact: Fact) -> Fact:
        found = {name: place for name in fact.content.__slots__ if (place := seen(getattr(fact.content, name)))}
        told: Any = {name: place if isinstance(getattr(fact.content, name), PlaceSeen) else place.place for name, place in found.items()}
        places = tuple(place for name, place in found.items() if told[name] is not place)
        return replace(fact, content=replace(fact.content, **told), places=places)

    return [(source, one(fact)) for source, fact in history]


async def record(graph: BulkStore, history: list[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """Record a history and give what was accepted of it, in order."""
    accepted = []
    for source, group in groupby(history, key=lambda said: said[0]):
        facts = [fact for _, fact in group]
        recording = await graph.record(BANK, source, facts)
        accepted += [(source, fact) for fact, result in zip(facts, recording.results, strict=True) if isinstance(result, Recorded)]
    return accepted


async def all_of(graph: BulkStore, *, clear: bool, first: int = 7) -> list[KeptFact]:
    """All facts, a few at a time."""
    found: list[KeptFact] = []
    while page := await graph.kept_facts(BANK.id, after=found[-1].place if found else 0, first=first, clear=clear):
        found += page
    assert (found[-1].place if found else 0) == await graph.newest_fact(BANK.id)
    return found


def opened(open_: Open, folder: Path, now: int) -> BulkStore:
    """A store of the folder; all there are can be emptied."""
    return cast("BulkStore", open_(folder, vault(folder).sealer, lambda: now))


@pytest.mark.parametrize("open_", STORES)
@given(history=histories())
def test_what_was_accepted_is_given_back_as_it_was_reported(open_: Open, history):
    async def use(folder: Path) -> None:
        graph = opened(open_, folder, 1_000)
        try:
            accepted = await record(graph, comparable(history))
            assert [(kept.source, kept.fact) for kept in await all_of(graph, clear=True)] == accepted
        finally:
            await graph.close()

    with quick_folder() as folder:
        asyncio.run(use(folder))


PERSONAL = re.compile(r"1380013800|62220200|w\d@example|Zhang|Li Si|1990|10\.0\.0|1101|device-000|road\d")


@pytest.mark.parametrize("open_", STORES)
@given(history=histories())
def test_without_leave_nothing_personal_is_given_and_different_things_stay_different(open_: Open, history):
    async def use(folder: Path) -> None:
        graph = opened(open_, folder, 1_000)
        try:
            await record(graph, placed(history))
            clear, masked = await all_of(graph, clear=True), await all_of(graph, clear=False)
        finally:
            await graph.close()
        assert PERSONAL.search(repr(masked)) is None
        pairs = set()
        for one, other in zip(clear, masked, strict=True):
            assert (one.place, one.source, one.fact.source_id, one.fact.recorded_at) == (
                other.place, other.source, other.fact.source_id, other.fact.recorded_at,
            )  # fmt: skip
            pairs |= set(zip(names_of(one.fact), names_of(other.fact), strict=True))
        assert len({name for name, _ in pairs}) == len({name for _, name in pairs}) == len(pairs), "a stand-in for each, and for it alone"

    with quick_folder() as folder:
        asyncio.run(use(folder))


def names_of(fact: Fact) -> list[EntityName]:
    values = [getattr(fact.content, name) for name in fact.content.__slots__]
    return [one.place if isinstance(one, PlaceSeen) else one for one in values if isinstance(one, EntityName | PlaceSeen)]


@pytest.fixture(params=STORES)
def everything(tmp_path: Path, request: pytest.FixtureRequest) -> BulkStore:
    """An empty store, for a fact of every kind."""
    return opened(request.param, tmp_path, NOW)


def test_a_fact_of_every_kind_leaves_and_comes_back(everything):
    """Out of one store and, through the raw shape, into an empty one, where all is given back again."""

    async def use() -> None:
        for number, content in enumerate(SAID):
            await everything.record(BANK, "core", [replace(decode(raw(content)), source_id=f"f-{number}")])
        for clear in (True, False):
            kept = await all_of(everything, clear=clear)
            assert len(kept) == len(SAID)
            for one in kept:
                encoded = encode_fact(one.fact, BANK.currency)
                again = decode_fact(encoded, BANK, NOW)
                assert replace(again, recorded_at=one.fact.recorded_at) == one.fact, "what is given back can be recorded"
        await everything.close()

    asyncio.run(use())


def test_the_values_given_are_those_reported_but_for_a_documents_number(everything):
    async def use() -> None:
        for number, content in enumerate(SAID):
            await everything.record(BANK, "core", [replace(decode(raw(content)), source_id=f"f-{number}")])
        kept = await all_of(everything, clear=True)
        await everything.close()
        for one, content in zip(kept, SAID, strict=True):
            reported = replace(decode(raw(content)), source_id=one.fact.source_id, recorded_at=one.fact.recorded_at)
            if content == "blockChanged":  # of a passport
                assert isinstance(one.fact.content, c.BlockChanged)
                assert re.fullmatch("PASSPORT:CN:[A-Z2-7]{24}", one.fact.content.entity.key or "")
            else:
                assert one.fact == reported

    asyncio.run(use())


def test_an_entity_that_was_named_by_its_id_is_given_by_its_key(everything):
    async def use() -> None:
        place = PlaceSeen(EntityName(EntityKind.PLACE, "CN:lane4"), "Lane 4", "CN", 30.0, 120.0)
        located = c.TieObserved(merchant(), TieKind.LOCATED_AT, place.place)
        await everything.record(BANK, "core", [Fact("f-1", 5, located, (place,)), tie("f-2", person(), TieKind.OWNS, merchant(), at=5)])
        moment = Moment(NOW, NOW)
        ids = [await everything.entity_id(BANK.id, name, moment) for name in (merchant(), place.place)]
        assert ids[0] is not None and ids[1] is not None
        named = c.TieObserved(by_id(EntityKind.MERCHANT, ids[0]), TieKind.LOCATED_AT, by_id(EntityKind.PLACE, ids[1]))
        await everything.record(BANK, "core", [Fact("f-3", 6, named)])
        for clear in (True, False):
            first, _, third = await all_of(everything, clear=clear)
            assert first.fact.content == third.fact.content
            assert first.fact.places[0].place == third.fact.places[0].place
        await everything.close()

    asyncio.run(use())


def test_another_institutions_facts_are_not_given(everything):
    async def use() -> None:
        await everything.record(BANK, "core", [tie("f-1", person(), TieKind.OWNS, merchant(), at=5)])
        await everything.record(institution("city-bank"), "core", [tie("f-1", person("P-2"), TieKind.OWNS, merchant("M-2"), at=5)])
        assert [kept.fact.content for kept in await all_of(everything, clear=True)] == [c.TieObserved(person(), TieKind.OWNS, merchant())]
        assert await everything.kept_facts("nobody", after=0, first=5, clear=True) == ()
        assert await everything.newest_fact("nobody") == 0
        for first in (0, 10_001):
            with pytest.raises(InvalidInput, match="1 to 10,000"):
                await everything.kept_facts(BANK.id, after=0, first=first, clear=True)
        await everything.close()

    asyncio.run(use())
