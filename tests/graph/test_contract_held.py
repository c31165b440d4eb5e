"""The ties that hold now, page by page, are those that each entity's own list says."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.contents import Fact
from graph.errors import InvalidInput
from graph.model import HeldTie, Instant, TieKind
from graph.rings.sharing import WANTED
from graph.store import BulkStore
from tests.factory import institution, moment, quick_folder, vault
from tests.graph.histories import tie_histories
from tests.graph.stores import STORES, Open

BANK, OTHER = institution(), institution("other-bank")
NOW = 10_000


async def held(graph: BulkStore, bank: str, kinds: Collection[TieKind], first: int) -> list[HeldTie]:
    found: list[HeldTie] = []
    after: int | None = 0
    while after is not None:
        page = await graph.held_ties(bank, frozenset(kinds), after=after, first=first)
        found += page.ties
        after = page.last
    return found


async def listed(graph: BulkStore, bank: str, kinds: Collection[TieKind]) -> set[HeldTie]:
    """The same by the lists of all entities that facts name."""
    names: set[str] = set()
    for kept in await graph.kept_facts(bank, after=0, first=1_000, clear=True):
        for name in kept.fact.content.__slots__:
            value = getattr(kept.fact.content, name)
            if hasattr(value, "kind") and hasattr(value, "key") and (id_ := await graph.entity_id(bank, value, moment())):
                names.add(id_)
    found: set[HeldTie] = set()
    for entity in names:
        page = await graph.ties(bank, entity, moment(), first=100)
        found |= {
            HeldTie(tie.kind, tie.from_id, tie.to_id, tie.first_at, tie.recorded_at)
            for tie in page.items
            if tie.ended_at is None and tie.kind in kinds and tie.from_id != tie.to_id
        }
    return found


@pytest.mark.parametrize("open_", STORES)
@given(history=tie_histories(), first=st.integers(1, 5))
def test_pages_of_any_size_hold_what_lists_say_of_one_institution(open_: Open, history: list[Fact], first: int):
    async def use(folder: Path, now: Instant) -> None:
        graph = cast("BulkStore", open_(folder, vault(folder).sealer, lambda: now))
        try:
            await graph.record(OTHER, "core", history[:4])
            await graph.record(BANK, "core", history)
            found = await held(graph, BANK.id, WANTED, first)
            assert len(found) == len(set(found))
            assert set(found) == await listed(graph, BANK.id, WANTED)
            assert await held(graph, "nobody", WANTED, first) == []
        finally:
            await graph.close()

    with quick_folder() as folder:
        asyncio.run(use(folder, NOW))


@pytest.mark.parametrize("open_", STORES)
def test_ties_of_money_no_kinds_and_pages_without_bound_are_refused(open_: Open, tmp_path: Path):
    async def use() -> None:
        graph = cast("BulkStore", open_(tmp_path, vault(tmp_path).sealer, lambda: NOW))
        try:
            for kinds, first, field in (
                (frozenset({TieKind.PAYS}), 1, "kinds"),
                (frozenset(), 1, "kinds"),
                (WANTED, 0, "first"),
                (WANTED, 10_001, "first"),
            ):
                with pytest.raises(InvalidInput) as caught:
                    await graph.held_ties(BANK.id, kinds, after=0, first=first)
                assert caught.value.problems[0].path == (field,)
        finally:
            await graph.close()

    asyncio.run(use())
