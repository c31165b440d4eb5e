"""Two institutions with equal identifiers never see each other, on every store."""

from __future__ import annotations

import asyncio

import pytest

from graph import contents as c
from graph.errors import Unknown
from graph.model import EntityKind, Moment, TieKind, WalkBounds
from graph.store import Recorded
from tests.factory import account, application, by_id, described, device, fact, institution, loan, merchant, person, tie, transfer, vault
from tests.graph.stores import STORES, Open

NOW = 10**13
LAST = Moment(NOW, NOW * 2)
EQUAL = [
    described(), tie("1", person(), TieKind.OWNS, merchant()), tie("2", person(), TieKind.USES_DEVICE, device()),
    tie("3", merchant(), TieKind.HOLDS, account()), transfer("4", account("6222020000002"), account()), application(),
]  # fmt: skip


@pytest.mark.parametrize("open_", STORES)
def test_equal_identifiers_of_two_institutions_are_two_of_everything(open_: Open, tmp_path):
    async def run() -> None:
        sealers = vault(tmp_path).sealer
        store = open_(tmp_path, sealers, lambda: NOW)
        here, there = institution("rural-bank"), institution("city-bank")
        await store.record(here, "core", EQUAL)
        strangers = [sealers(there.id).entity_id(name.kind, name.key or "") for name in (merchant(), person(), device(), account(), loan())]
        mine = [sealers(here.id).entity_id(name.kind, name.key or "") for name in (merchant(), person(), device(), account(), loan())]
        assert not set(mine) & set(strangers)
        assert await store.entities(there.id, mine + strangers, LAST) == {}
        for id_ in mine:
            kind = EntityKind(id_[:3])
            assert await store.entity_id(there.id, by_id(kind, id_), LAST) is None
            assert (await store.ties(there.id, id_, LAST, first=10)).items == ()
            assert (await store.facts(there.id, id_, LAST, first=10)).items == ()
            assert await store.neighbourhood(there.id, id_, LAST, WalkBounds(), deadline=5) is None
        own = (await store.ties(here.id, mine[0], LAST, first=10)).items
        assert own
        for found in own:
            assert await store.tie(there.id, found.id, LAST) is None
        moved = (await store.transfers(here.id, mine[3], LAST, first=10)).items
        assert len(moved) == 1 and (await store.transfers(there.id, mine[3], LAST, first=10)).items == ()
        assert await store.transfer(here.id, moved[0].id, LAST) == moved[0] and await store.transfer(there.id, moved[0].id, LAST) is None
        facts = (await store.facts(here.id, mine[0], LAST, first=10)).items
        assert [await store.fact(there.id, one.id, LAST) for one in facts] == [None] * len(facts)
        assert await store.surroundings(there.id, mine[4], LAST, WalkBounds(depth=4), deadline=5) is None

        results = (await store.record(there, "core", [fact("x", c.BlockChanged(by_id(EntityKind.DEVICE, mine[2]), True, "r"))])).results
        assert isinstance(results[0].problem, Unknown)  # type: ignore[union-attr]
        assert (await store.record(there, "core", EQUAL)).results == (Recorded(),) * len(EQUAL)
        await store.record(there, "core", [fact("b", c.BlockChanged(device(), True, "r"))])
        assert not (await store.entities(here.id, mine, LAST))[mine[2]].blocked
        assert (await store.entities(here.id, mine, LAST))[mine[2]].reach == 1
        await store.close()

    asyncio.run(run())
