"""The strategy that judges an institution's applications, compiled once for each version and process."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, bindparam, select

from graph.errors import InvalidInput
from rules.records import live_strategy, save_strategy
from rules.statements import Hot
from rules.strategy import CompiledStrategy, compile_strategy, shipped
from rules.tables import live_strategies

LIVE: Final = Hot(select(live_strategies.c.strategy).where(live_strategies.c.institution == bindparam("b_institution")))

MOST: Final = 1_000
"""Versions kept compiled; over it they are compiled again as they are needed."""


def keep_shipped(connection: Connection, institution: str) -> None:
    """Keep the shipped strategy in an institution's records, without making it live: decisions cite its version for ever, and the next
    program may ship another.

    One that was changed without a new version stays unkept, and decisions by it cannot be replayed once it is changed again.
    """
    with suppress(InvalidInput):
        save_strategy(connection, institution, shipped().strategy, live=False)


class Strategies:
    """Compiled strategies by id; a version never changes, so nothing here ever grows old."""

    def __init__(self) -> None:
        self._compiled: dict[str, CompiledStrategy] = {}

    def live(self, connection: Connection, institution: str) -> CompiledStrategy:
        """The strategy that judges now, as the records say: one look-up by key."""
        row = LIVE.one(connection, {"b_institution": institution})
        if row is None:
            return shipped()
        id_ = str(row[0])
        found = self._compiled.get(id_)
        if found is None:
            if len(self._compiled) >= MOST:
                self._compiled.clear()
            found = self._compiled[id_] = compile_strategy(live_strategy(connection, institution))
        return found
