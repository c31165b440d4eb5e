"""One transaction, asked from a worker thread while the driver lives on a loop of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from neo4j import AsyncManagedTransaction

from graph.stores.shared.tables import Row

MOST: Final = 2**31
"""All rows: each query is bounded by itself."""


class Transaction:
    """One transaction, asked from a worker thread."""

    def __init__(
        self, transaction: AsyncManagedTransaction, loop: asyncio.AbstractEventLoop, until: float, answered: Callable[[], None]
    ) -> None:
        self._transaction = transaction
        self._loop = loop
        self._until = until
        self._answered = answered
        self.asked = 0
        """Round trips so far."""
        self._told: tuple[str, Mapping[str, Any]] | None = None

    def hurry(self, until: float) -> None:
        """Wait for no answer beyond this reading of `time.monotonic()`."""
        self._until = min(self._until, until)

    def ask(self, query: str, parameters: Mapping[str, Any], *, seconds: float | None = None) -> list[Row]:
        """The rows that a query of the catalogue gives. Raises the driver's errors, `TimeoutError`."""
        if self._told is not None:
            told, self._told = self._told, None
            self.ask(*told)
        left = self._until - time.monotonic()
        limit = left if seconds is None else min(left, seconds)
        self.asked += 1
        future = asyncio.run_coroutine_threadsafe(self._ask(query, parameters, limit), self._loop)
        return future.result()

    def tell(self, query: str, parameters: Mapping[str, Any]) -> None:
        """Write what gives no rows, with whatever is sent next: most often it is the last, and goes with COMMIT in one round trip."""
        self._told = (query, parameters)

    async def send(self) -> None:
        """Send what was told and not asked, so that it is answered together with what the driver sends next."""
        if self._told is None:
            return
        query, parameters = self._told
        self._told = None
        connection = getattr(self._transaction, "_connection", None)
        if connection is None:  # another version of the driver
            await (await self._transaction.run(query, dict(parameters))).consume()
        else:
            connection.run(query, parameters=dict(parameters))
            connection.pull()

    async def _ask(self, query: str, parameters: Mapping[str, Any], limit: float) -> list[Row]:
        async with asyncio.timeout(max(limit, 0.001)):
            result = await self._transaction.run(query, dict(parameters))
            rows = [tuple(record) for record in await result.fetch(MOST)]
        self._answered()
        return rows
