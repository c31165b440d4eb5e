"""Watchlists in the memory of a server process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from api import screening
from api.records import Records, RecordsUnavailable
from api.screening import ListsInForce
from identity.lists.entries import Entry
from identity.lists.index import ListIndex, Query
from identity.names.forms import NameKind
from tests.api.opened import NOW, open_test_records
from tests.api.world import keep_list

T = TypeVar("T")
ZHANG = Query("Zhang Sanfeng")


def with_lists(folder: Path, scene: Callable[[Records, ListsInForce], Awaitable[T]]) -> T:
    async def play(records: Records) -> T:
        await records.write(lambda connection: keep_list(connection, NOW))
        lists = ListsInForce(records)
        try:
            return await scene(records, lists)
        finally:
            lists.close()

    with open_test_records(folder) as records:
        return asyncio.run(play(records))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads on which an index is made, one for each."""
    made: list[str] = []
    begin = ListIndex.__init__

    def noting(self: ListIndex, entries: object) -> None:
        made.append(threading.current_thread().name)
        begin(self, entries)  # type: ignore[arg-type]

    monkeypatch.setattr(ListIndex, "__init__", noting)
    return made


def test_a_list_is_loaded_once_for_all_who_wait_beside_the_loop_and_again_only_when_it_changes(tmp_path, monkeypatch):
    made = counted(monkeypatch)

    async def scene(records: Records, lists: ListsInForce) -> None:
        await asyncio.gather(*(lists.search(ZHANG) for _ in range(10)))
        assert len(made) == 1 and made[0].startswith("watchlists")
        await lists.search(ZHANG)
        assert len(made) == 1
        await records.write(lambda connection: keep_list(connection, NOW, "un", (Entry("Q2", NameKind.PERSON, "Amina Okafor"),)))
        searched, hits = await lists.search(ZHANG)
        assert ([found.number for found in searched], hits, len(made)) == ([2], (), 2)

    with_lists(tmp_path, scene)


def test_a_list_of_several_pages_is_held_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("identity.lists.records.MOST_PAGE", 2)

    async def scene(records: Records, lists: ListsInForce) -> None:
        several = tuple(Entry(f"Q{number}", NameKind.PERSON, f"Zhang Sanfeng {word}") for number, word in enumerate("abcde"))
        await records.write(lambda connection: keep_list(connection, NOW, "eu", several))
        searched, _hits = await lists.search(ZHANG)
        assert [(found.name, found.count) for found in searched] == [("eu", 5), ("un", 1)]
        assert {name: len(index) for name, (_, index) in lists._lists.held.items()} == {"eu": 5, "un": 1}

    with_lists(tmp_path, scene)


def test_a_version_that_another_replaces_while_it_is_read_is_not_taken_for_the_whole_list(tmp_path, monkeypatch):
    monkeypatch.setattr("identity.lists.records.MOST_PAGE", 1)

    async def scene(records: Records, lists: ListsInForce) -> None:
        several = tuple(Entry(f"Q{number}", NameKind.PERSON, f"Zhang Sanfeng {word}") for number, word in enumerate("abc"))
        await records.write(lambda connection: keep_list(connection, NOW, "un", several))
        page, replaced = lists._page, list[str]()

        async def overtaken(found: object, after: str) -> tuple[Entry, ...]:
            if after and not replaced:
                replaced.append(after)
                await records.write(lambda connection: keep_list(connection, NOW, "un", several[:2]))
            return await page(found, after)  # type: ignore[arg-type]

        monkeypatch.setattr(lists, "_page", overtaken)
        searched, _hits = await lists.search(ZHANG)
        assert replaced and [(found.number, found.count) for found in searched] == [(3, 2)]
        assert len(lists._lists.held["un"][1]) == 2

    with_lists(tmp_path, scene)


def test_who_waits_too_long_for_a_list_is_told_so_and_the_loading_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(screening, "LOAD_SECONDS", 0.05)
    going = threading.Event()
    begin = ListIndex.__init__

    def slowly(self: ListIndex, entries: object) -> None:
        going.wait(10)
        begin(self, entries)  # type: ignore[arg-type]

    monkeypatch.setattr(ListIndex, "__init__", slowly)

    async def scene(_records: Records, lists: ListsInForce) -> None:
        with pytest.raises(RecordsUnavailable, match="not searched in time"):
            await lists.search(ZHANG)
        loading = lists._loading
        assert loading is not None and not loading.done()
        going.set()
        await loading
        assert len((await lists.search(ZHANG))[1]) == 1

    with_lists(tmp_path, scene)


def test_more_searches_than_may_wait_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(screening, "MOST_WAITING", 2)

    async def scene(_records: Records, lists: ListsInForce) -> None:
        told = await asyncio.gather(*(lists.search(ZHANG) for _ in range(3)), return_exceptions=True)
        assert [isinstance(one, RecordsUnavailable) for one in told] == [False, False, True]
        assert len((await lists.search(ZHANG))[1]) == 1, "places are given back"

    with_lists(tmp_path, scene)


def test_closing_stops_what_is_being_indexed(tmp_path):
    async def scene(_records: Records, lists: ListsInForce) -> None:
        lists.close()
        with pytest.raises(screening._Stopped):
            list(lists._until_closed([Entry("Q1", NameKind.PERSON, "Zhang")]))

    with_lists(tmp_path, scene)
