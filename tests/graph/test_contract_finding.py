"""Entities are found by name, key, standing, block and time, last seen first, on every store alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from graph import contents as c
from graph.errors import InvalidInput
from graph.model import EntityKind, Standing, TieKind
from graph.store import GraphStore, Recorded, Wanted
from tests.factory import START, device, fact, institution, merchant, person, tie, vault
from tests.graph.stores import STORES, Open

BANK, OTHER = institution(), institution("other-bank")
MINUTE = 60_000


def told() -> list[c.Fact]:
    """Nine people and their shops, seen one minute after the other."""
    facts = []
    for n in range(1, 10):
        at = START + n * MINUTE
        facts += [
            fact(f"p-{n}", c.PersonDescribed(person(f"P-{n}"), f"Zhang San {n}" if n % 2 else f"李四{n}"), at),
            fact(f"m-{n}", c.MerchantDescribed(merchant(f"M-{n}"), f"Noodles {n}"), at),
            tie(f"o-{n}", person(f"P-{n}"), TieKind.OWNS, merchant(f"M-{n}"), at),
        ]
    return [
        *facts,
        fact("s-1", c.StandingKnown(person("P-3"), Standing.CONFIRMED_FRAUD, "court"), START + 3 * MINUTE),
        fact("b-1", c.BlockChanged(merchant("M-4"), True, "police"), START + 4 * MINUTE),
        tie("d-1", person("P-5"), TieKind.USES_DEVICE, device(), START + 5 * MINUTE),
    ]


def with_store(opened: Open, folder: Path, scene: Callable[[GraphStore], Awaitable[None]]) -> None:
    async def run() -> None:
        store = opened(folder, vault(folder).sealer, lambda: START + 100 * MINUTE)
        try:
            for bank in (BANK, OTHER):
                assert all(isinstance(one, Recorded) for one in (await store.record(bank, "core", told())).results)
            await scene(store)
        finally:
            await store.close()

    asyncio.run(run())


async def keys(store: GraphStore, first: int = 100, **wanted: Any) -> list[str | None]:
    return [one.key for one in (await store.find(BANK.id, Wanted(**wanted), first=first)).items]


@pytest.mark.parametrize("opened", STORES)
def test_each_condition_narrows_and_all_must_hold(tmp_path, opened):
    async def scene(store: GraphStore) -> None:
        people = frozenset({EntityKind.PERSON})
        assert await keys(store, kinds=people) == [f"P-{n}" for n in range(9, 0, -1)], "last seen first"
        assert await keys(store, text="zhang SAN") == ["P-9", "P-7", "P-5", "P-3", "P-1"], "names of people are opened"
        assert await keys(store, text="四2") == ["P-2"]
        assert await keys(store, text="m-4") == ["M-4"], "keys are looked through"
        assert await keys(store, text="noodles", kinds=people) == []
        assert await keys(store, standings=frozenset({Standing.CONFIRMED_FRAUD})) == ["P-3"]
        assert await keys(store, blocked=True) == ["M-4"]
        assert len(await keys(store, blocked=False)) == 18, "nine people, eight shops, a device"
        assert set(await keys(store, seen_after=START + 8 * MINUTE)) == {"P-9", "M-9"}
        assert len(await keys(store)) == 19
        assert (await store.find("third-bank", Wanted(), first=10)).items == ()

    with_store(opened, tmp_path, scene)


@pytest.mark.parametrize("opened", STORES)
def test_pages_together_are_the_whole_list_and_a_cursor_of_another_list_is_refused(tmp_path, opened):
    async def scene(store: GraphStore) -> None:
        whole = await keys(store)
        found: list[str | None] = []
        after: str | None = None
        while True:
            page = await store.find(BANK.id, Wanted(), first=4, after=after)
            found += [one.key for one in page.items]
            if not page.more:
                break
            after = page.cursors[-1]
        assert found == whole
        for wrong in ("x", "1", "1.x", "a.1"):
            with pytest.raises(InvalidInput):
                await store.find(BANK.id, Wanted(), first=4, after=wrong)

    with_store(opened, tmp_path, scene)
