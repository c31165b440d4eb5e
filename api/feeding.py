"""Tells followers that something happened: one look a process and institution at the outbox, however many follow.

Followers read the outbox themselves from their own place, as fast as they can take it: nothing is queued for a slow one, and none can
miss what another worker process wrote. While the records are down nothing happens that could be told, and following goes on afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from api import outbox
from api.outbox import Told
from api.records import Records, RecordsUnavailable
from graph.errors import RingfenceError

AT_ONCE: Final = 100
"""Events read at once."""

DOWN_SECONDS: Final = 1.0
"""Pause while the records are down."""


class TooManyFollow(RingfenceError):
    """An institution follows as often as it may."""


class _Line:
    """What followers of one institution wait for."""

    def __init__(self) -> None:
        self.followers = 0
        self.newest = 0
        self.rings = asyncio.Condition()
        self.looking: asyncio.Task[None] | None = None


class Feed:
    """Of one process; used in one event loop."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def following(self, institution: str) -> int:
        """How many follow an institution's events in this process."""
        line = self._lines.get(institution)
        return 0 if line is None else line.followers

    async def follow(self, records: Records, institution: str, place: int, *, most: int, pause: float) -> AsyncIterator[Told]:
        """Every event after a place, in the order of commits, for ever; `pause` is how many seconds lie between two looks.

        Raises `TooManyFollow` when `most` follow already.
        """
        async with self._joined(records, institution, most, pause) as line:
            while True:
                try:
                    look = partial(outbox.after, institution=institution, number=place, most=AT_ONCE)
                    news = await records.read(look, institution=institution)
                except RecordsUnavailable:
                    await asyncio.sleep(DOWN_SECONDS)
                    continue
                for told in news:
                    yield told
                    place = told.number
                if not news:
                    async with line.rings:
                        await line.rings.wait_for(partial(_is_beyond, line, place))

    @asynccontextmanager
    async def _joined(self, records: Records, institution: str, most: int, pause: float) -> AsyncIterator[_Line]:
        line = self._lines.setdefault(institution, _Line())
        if line.followers >= most:
            raise TooManyFollow(f"{most} subscriptions of the institution are open here already: close one of them first.")
        line.followers += 1
        if line.looking is None:
            line.looking = asyncio.create_task(_look(records, institution, line, pause))
        try:
            yield line
        finally:
            line.followers -= 1
            if line.followers == 0:
                line.looking.cancel()
                del self._lines[institution]


def _is_beyond(line: _Line, place: int) -> bool:
    return line.newest > place


async def _look(records: Records, institution: str, line: _Line, pause: float) -> None:
    """Look at the outbox until cancelled, and wake the followers when there is more in it."""
    while True:
        try:
            found = await records.read(partial(outbox.newest_event, institution=institution), institution=institution)
        except RecordsUnavailable:
            await asyncio.sleep(DOWN_SECONDS)
            continue
        if found > line.newest:
            async with line.rings:
                line.newest = found
                line.rings.notify_all()
        await asyncio.sleep(pause)
