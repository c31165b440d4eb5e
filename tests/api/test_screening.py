"""Watchlists in the memory of a server process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from api.records import Records, RecordsUnavailable
from api.screening import Bounds, ListsInForce, _Stopped
from identity.lists.entries import Entry
from identity.lists.index import Query
from identity.lists.records import Watchlist
from identity.lists.screening import Lists
from identity.names.forms import NameKind
from tests.api.opened import NOW, open_test_records
from tests.api.world import keep_list

T = TypeVar("T")
ZHANG = Query("Zhang Sanfeng")


class Noting(Lists):
    """Lists that note on which thread each was loaded, and load when they are let."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.let = threading.Event()
        self.let.set()

    def refresh(self, newest: Iterable[Watchlist], entries: Callable[[Watchlist], Iterable[Entry]]) -> tuple[Watchlist, ...]:
        self.let.wait(10)
        self.loaded.append(threading.current_thread().name)
        return super().refresh(newest, entries)


def with_lists(
    folder: Path,
    scene: Callable[[Records, ListsInForce], Awaitable[T]],
    bounds: Bounds | None = None,
    held: Lists | None = None,
    kind: type[ListsInForce] = ListsInForce,
) -> T:
    async def play(records: Records) -> T:
        await records.write(lambda connection: keep_list(connection, NOW))
        lists = kind(records, bounds, held)
        try:
            return await scene(records, lists)
        finally:
            lists.close()

    with open_test_records(folder) as records:
        return asyncio.run(play(records))


def test_a_list_is_loaded_once_for_all_who_wait_beside_the_loop_and_again_only_when_it_changes(tmp_path):
    held = Noting()
    made = held.loaded

    async def scene(records: Records, lists: ListsInForce) -> None:
        await asyncio.gather(*(lists.search(ZHANG) for _ in range(10)))
        assert len(made) == 1 and made[0].startswith("watchlists")
        await lists.search(ZHANG)
        assert len(made) == 1
        await records.write(lambda connection: keep_list(connection, NOW, "un", (Entry("Q2", NameKind.PERSON, "Amina Okafor"),)))
        searched, hits = await lists.search(ZHANG)
        assert ([found.number for found in searched], hits, len(made)) == ([2], (), 2)

    with_lists(tmp_path, scene, held=held)


def test_a_list_of_several_pages_is_held_whole(tmp_path):
    async def scene(records: Records, lists: ListsInForce) -> None:
        await records.write(lambda connection: keep_list(connection, NOW, "eu", SEVERAL))
        searched, _hits = await lists.search(ZHANG)
        assert [(found.name, found.count) for found in searched] == [("eu", 5), ("un", 1)]
        assert {name: len(index) for name, (_, index) in lists._lists.held.items()} == {"eu": 5, "un": 1}

    with_lists(tmp_path, scene, Bounds(page=2))


class Overtaken(ListsInForce):
    """A list whose next version is imported while this one is read."""

    replaced = False

    async def _page(self, found: Watchlist, after: str) -> tuple[Entry, ...]:
        if after and not self.replaced:
            self.replaced = True
            await self._records.write(lambda connection: keep_list(connection, NOW, "un", SEVERAL[:2]))
        return await super()._page(found, after)


SEVERAL = tuple(Entry(f"Q{number}", NameKind.PERSON, f"Zhang Sanfeng {word}") for number, word in enumerate("abcde"))


def test_a_version_that_another_replaces_while_it_is_read_is_not_taken_for_the_whole_list(tmp_path):
    async def scene(records: Records, lists: ListsInForce) -> None:
        await records.write(lambda connection: keep_list(connection, NOW, "un", SEVERAL))
        await lists._load()
        held, index = lists._lists.held["un"]
        assert isinstance(lists, Overtaken) and lists.replaced
        assert (held.number, held.count, len(index)) == (3, 2, 2)

    with_lists(tmp_path, scene, Bounds(page=1), kind=Overtaken)


def test_who_waits_too_long_for_a_list_is_told_so_and_the_loading_goes_on(tmp_path):
    held = Noting()
    held.let.clear()

    async def scene(_records: Records, lists: ListsInForce) -> None:
        with pytest.raises(RecordsUnavailable, match="not searched in time"):
            await lists.search(ZHANG)
        loading = lists._loading
        assert loading is not None and not loading.done()
        held.let.set()
        await loading
        assert len((await lists.search(ZHANG))[1]) == 1

    with_lists(tmp_path, scene, Bounds(load_seconds=0.05), held)


def test_more_searches_than_may_wait_are_refused(tmp_path):
    async def scene(_records: Records, lists: ListsInForce) -> None:
        told = await asyncio.gather(*(lists.search(ZHANG) for _ in range(3)), return_exceptions=True)
        assert [isinstance(one, RecordsUnavailable) for one in told] == [False, False, True]
        assert len((await lists.search(ZHANG))[1]) == 1, "places are given back"

    with_lists(tmp_path, scene, Bounds(waiting=2))


def test_closing_stops_what_is_being_indexed(tmp_path):
    async def scene(_records: Records, lists: ListsInForce) -> None:
        lists.close()
        with pytest.raises(_Stopped):
            list(lists._until_closed([Entry("Q1", NameKind.PERSON, "Zhang")]))

    with_lists(tmp_path, scene)
