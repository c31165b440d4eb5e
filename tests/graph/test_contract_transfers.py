"""Lists of single transfers on every store: order, pages, bounds, cursors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from graph import contents as c
from graph.errors import InvalidInput
from graph.flows.scope import Way, Window
from graph.model import ListedTransfer, Moment
from graph.store import BulkStore
from tests.factory import account, fact, institution, transfer, vault
from tests.graph.comparing import pages
from tests.graph.stores import STORES, Open

BANK = institution()
NOW = 10**6
LAST = Moment(NOW, 2 * NOW)
HUB, OTHER = account("hub"), account("other")


def with_store(open_: Open, folder: Path, work: Callable[[BulkStore, str], Awaitable[None]]) -> None:
    async def run() -> None:
        sealers = vault(folder).sealer
        store = cast("BulkStore", open_(folder, sealers, lambda: NOW))
        try:
            await work(store, sealers(BANK.id).entity_id(HUB.kind, HUB.key or ""))
        finally:
            await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("open_", STORES)
def test_a_hub_with_hundreds_of_transfers_at_one_moment_is_paged_whole_and_in_order(open_: Open, tmp_path: Path):
    """All are equal in both clocks, so that only ids tell their places; half of them go in, half out, and one to itself."""

    async def work(store: BulkStore, hub: str) -> None:
        ends = [(HUB, OTHER), (OTHER, HUB)]
        made = [transfer(f"t{n}", *ends[n % 2], amount=n, at=5, recorded_at=7) for n in range(300)]
        await store.record_bulk(BANK, "core", [*made, transfer("self", HUB, HUB, at=5, recorded_at=7)])
        listed = await pages(store.transfers, BANK.id, hub, LAST, first=37)
        assert len(listed) == 301
        assert listed == sorted(listed, key=lambda one: (one.occurred_at, one.recorded_at, one.id), reverse=True)
        assert sorted(one.amount for one in listed if one.key != "self") == list(range(300))

    with_store(open_, tmp_path, work)


@pytest.mark.parametrize("open_", STORES)
def test_a_window_leaves_out_both_its_ends_and_a_reversed_transfer_is_shown_with_its_moment(open_: Open, tmp_path: Path):
    async def work(store: BulkStore, hub: str) -> None:
        await store.record(BANK, "core", [transfer(f"t{at}", HUB, OTHER, at=at) for at in (10, 20, 30)])
        await store.record(BANK, "core", [fact("r", c.TransferReversed("t20", "refund"), 25)])

        async def keys(**more: object) -> list[str]:
            page = await store.transfers(BANK.id, hub, LAST, first=10, **more)  # type: ignore[arg-type]  # as the caller says
            return [one.key for one in page.items]

        assert await keys() == ["t30", "t20", "t10"]
        assert await keys(window=Window(10, 30)) == ["t20"]
        assert await keys(way=Way.IN) == [] and await keys(way=Way.OUT) == ["t30", "t20", "t10"]
        (undone,) = (await store.transfers(BANK.id, hub, LAST, first=10, window=Window(10, 30))).items
        assert undone.reversed_at == 25
        before = Moment(24, 2 * NOW)
        (stood,) = (await store.transfers(BANK.id, hub, before, first=10, window=Window(10, 30))).items
        assert isinstance(stood, ListedTransfer) and stood.reversed_at is None, "as of before the reversal"

    with_store(open_, tmp_path, work)


@pytest.mark.parametrize("open_", STORES)
def test_a_cursor_of_another_way_or_account_is_refused_and_so_is_a_page_of_101(open_: Open, tmp_path: Path):
    async def work(store: BulkStore, hub: str) -> None:
        await store.record(BANK, "core", [transfer(f"t{at}", HUB, OTHER, at=at) for at in (10, 20, 30)])
        page = await store.transfers(BANK.id, hub, LAST, first=1, way=Way.OUT)
        with pytest.raises(InvalidInput):
            await store.transfers(BANK.id, hub, LAST, first=1, after=page.cursors[0])
        (one,) = page.items
        with pytest.raises(InvalidInput):
            await store.transfers(BANK.id, one.to_id, LAST, first=1, after=page.cursors[0], way=Way.OUT)
        with pytest.raises(InvalidInput):
            await store.transfers(BANK.id, hub, LAST, first=101)
        assert await store.transfer(BANK.id, "trf_x", LAST) is None and await store.transfer(BANK.id, one.id[4:], LAST) is None

    with_store(open_, tmp_path, work)
