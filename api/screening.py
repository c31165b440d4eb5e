"""The watchlists in the memory of a server process: read when they change, searched beside the event loop.

Whether a newer version stands is asked at each search, one short read. Loading is done once however many wait for it, and goes on when a
caller no longer waits; until it is done nobody is answered by the version before, for a search says which version it compared with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from api.records import Records, RecordsUnavailable
from identity.lists.entries import Entry
from identity.lists.index import Hit, Query
from identity.lists.records import MOST_PAGE, Watchlist, all_watchlists, entries_page
from identity.lists.screening import THRESHOLD, Lists

TRIES: Final = 3
"""How often a list is read when a newer version takes its place meanwhile."""

Searched = tuple[tuple[Watchlist, ...], tuple[tuple[Watchlist, Hit], ...]]
"""The lists that were searched, and what was found with its list, best first."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds searches in one process."""

    waiting: int = 64
    """Searches that wait for their turn or for a list; one more is refused."""
    load_seconds: float = 5.0
    """Longest that a search waits for a list that is being loaded."""
    search_seconds: float = 5.0
    """Longest that a search waits for its turn and its end."""
    read_seconds: float = 10.0
    """Longest for a page of entries: nobody's decision waits for it."""
    page: int = MOST_PAGE
    """Entries that are read at once."""


class _Stopped(Exception):
    """The server stops: what is being loaded is of no use."""


class ListsInForce:
    """The newest version of every list. Used in one event loop; its work is done in two threads of its own."""

    def __init__(self, records: Records, bounds: Bounds | None = None, lists: Lists | None = None) -> None:
        self._records = records
        self._bounds = bounds or Bounds()
        self._lists = Lists() if lists is None else lists
        self._loading: asyncio.Task[None] | None = None
        self._waiting = 0
        self._closed = False
        # One that loads and one that searches: a long list does not keep searches waiting once it is no longer waited for.
        self._threads = ThreadPoolExecutor(2, "watchlists")

    async def newest(self) -> tuple[Watchlist, ...]:
        """The lists in force, by name. Raises `RecordsUnavailable`."""
        return await self._records.read(all_watchlists)

    async def search(self, query: Query, least: float = THRESHOLD, names: Sequence[str] | None = None) -> Searched:
        """Entries like a name in the newest versions, best first; `names` chooses lists. Raises `RecordsUnavailable`."""
        if self._waiting >= self._bounds.waiting:
            raise RecordsUnavailable(f"{self._bounds.waiting} searches of watchlists wait already: send again in a moment.", "LATE")
        self._waiting += 1
        try:
            await self._refresh()
            running = asyncio.get_running_loop().run_in_executor(self._threads, self._lists.hits, query, least, names)
            return await asyncio.wait_for(running, self._bounds.search_seconds)
        except TimeoutError:
            raise RecordsUnavailable("The watchlists were not searched in time: send again in a moment.", "LATE") from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Stop what is being loaded and let the threads go."""
        self._closed = True
        if self._loading is not None:
            self._loading.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _refresh(self) -> None:
        """Return when the newest versions are held. Raises `RecordsUnavailable`, `TimeoutError`."""
        for _ in range(TRIES):
            if self._holds(await self.newest()):
                return
            if self._loading is None or self._loading.done():
                self._loading = asyncio.create_task(self._load())
            await asyncio.wait_for(asyncio.shield(self._loading), self._bounds.load_seconds)

    def _holds(self, newest: Iterable[Watchlist]) -> bool:
        return {found.name: found.number for found in newest} == {name: held.number for name, (held, _) in self._lists.held.items()}

    async def _load(self) -> None:
        """Read what is newer than what is held, and index it in a thread."""
        for _ in range(TRIES):
            newest = await self.newest()
            held = self._lists.held
            changed = [found for found in newest if found.name not in held or held[found.name][0].number != found.number]
            read = {found.name: await self._entries(found) for found in changed}
            if all(len(read[found.name]) == found.count for found in changed):
                await asyncio.get_running_loop().run_in_executor(self._threads, self._index, newest, read)
                return
        raise RecordsUnavailable("The watchlists changed while they were read: send again in a moment.", "LATE")

    async def _entries(self, found: Watchlist) -> list[Entry]:
        """All entries of a version; fewer than it has when a newer one took its place."""
        entries, after = list[Entry](), ""
        while page := await self._page(found, after):
            entries += page
            after = page[-1].key
        return entries

    async def _page(self, found: Watchlist, after: str) -> tuple[Entry, ...]:
        most = self._bounds.page
        return await self._records.read(
            lambda connection: entries_page(connection, found.name, found.number, after, most), self._bounds.read_seconds
        )

    def _index(self, newest: tuple[Watchlist, ...], read: Mapping[str, list[Entry]]) -> None:
        self._lists.refresh(newest, lambda found: self._until_closed(read[found.name]))

    def _until_closed(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if self._closed:
                raise _Stopped
            yield entry
