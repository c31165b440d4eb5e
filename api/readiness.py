"""Whether the parts that a decision needs can be read and written now, asked often and told quickly.

Each part proves itself by a commit: one that somebody made within the last half second, or one made for the question. So each process
writes at most twice a second for it, whoever asks how often, and nothing while there is traffic. One look at a part is shared by all
who ask meanwhile. A look that takes longer than a probe may wait goes on, and its word is there for the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from api import logs
from api.context import Services
from api.records import RecordsUnavailable
from graph.errors import GraphUnavailable

SECONDS: Final = 0.25
"""Longest that a look is waited for."""

LATE: Final = "LATE"
"""The reason of a part that did not answer by then, where the look before knows no other."""


class Readiness:
    """What one process knows of its parts."""

    def __init__(self, services: Services) -> None:
        self._parts = {"graph": _Part(services.graph.ready), "records": _Part(services.records.ready)}

    async def reasons(self) -> dict[str, str | None]:
        """For each part None when it is ready, or one word why not: LOCKED, DISK_FULL, READ_ONLY, LATE ... Within `SECONDS`."""
        found = await asyncio.gather(*(part.reason() for part in self._parts.values()))
        return dict(zip(self._parts, found, strict=True))


class _Part:
    """One part and the look at it that is under way."""

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask
        self._look: asyncio.Task[str | None] | None = None
        self._last: str | None = None

    async def reason(self) -> str | None:
        """Why the part is not ready; None when it is."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._looked())
        done, _ = await asyncio.wait({self._look}, timeout=SECONDS)
        return self._look.result() if done else self._last or LATE

    async def _looked(self) -> str | None:
        try:
            await self._ask()
            self._last = None
        except (GraphUnavailable, RecordsUnavailable) as error:
            self._last = error.reason
        except Exception as error:  # a fault of ours is no reason to say that all is well
            logs.fault(error)
            self._last = "FAILED"
        return self._last
