"""Keeps a server's plans ready: at the start, and again whenever it could not be reached and so may have been started anew."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from typing import Final

from graph.errors import GraphUnavailable
from graph.stores.neo4j import warming
from graph.stores.neo4j.connecting import Connections

SECONDS: Final = 60.0
"""Longest that one lot of plans may take."""

PAUSE: Final = 0.25
"""Seconds after which a server that does not answer is tried again."""

LANES: Final = 2
"""Queries that are planned at once."""

REHEARSALS: Final = 20
"""How often what each decision asks is asked before the first decision is."""

REHEARSING: Final = 2.0
"""Seconds after which no more rehearsal is begun: readiness waits for it."""


class Planned:
    """What one process knows of the plans of its server."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._ready = False
        self._stopped = False
        self._task: Future[None] | None = None
        self.doubt()

    def check(self) -> None:
        """Return when a decision's plans are ready; raise `GraphUnavailable` (WARMING) until then."""
        if not self._ready:
            self.doubt()
            raise GraphUnavailable(
                "The graph's server has just been started and plans its queries: wait some seconds.", "TIMED_OUT", "WARMING"
            )

    def doubt(self) -> None:
        """Be told that the server may have been started anew: plans are made as soon as it answers."""
        if (self._task is None or self._task.done()) and not self._stopped:
            self._ready = False
            self._task = self._connections.begin(self._plan())

    def stop(self) -> None:
        """Leave it."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    async def _plan(self) -> None:
        while not self._ready:
            try:
                await self._ask(warming.of_a_decision())
                await self._rehearse()
                self._ready = True
                await self._ask(warming.of_all_else())
            except GraphUnavailable:
                await asyncio.sleep(PAUSE)

    async def _rehearse(self) -> None:
        """Ask again what each decision asks, and write what it writes and undo it: what a server does first costs most, planned or not."""
        each = warming.of_each_decision()
        until = time.monotonic() + REHEARSING
        for _ in range(REHEARSALS):
            await self._ask(each)
            await self._connections.take_turn(*warming.of_a_recording(), SECONDS)
            if time.monotonic() > until:
                return

    async def _ask(self, statements: list[warming.Statement]) -> None:
        await asyncio.gather(*(self._connections.statements(statements[lane::LANES], SECONDS) for lane in range(LANES)))
