"""Lists of single transfers, as a snapshot of the server store reads them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

import orjson

from graph.flows.scope import Way, Window
from graph.model import Instant
from graph.stores.neo4j.catalogue import transferring
from graph.stores.shared.snapshot import Position, Reported
from graph.stores.shared.tables import Row


class AskNow(Protocol):
    """A query of the catalogue to one institution, as of a moment."""

    def __call__(self, query: str, **parameters: Any) -> list[Row]:  # noqa: ANN401 - parameters are of any kind
        """Its rows."""
        ...


def reported(ask: AskNow, at: Instant, account: int, ways: Collection[Way], window: Window, start: Position, most: int) -> list[Reported]:
    """See `Snapshot.reported`."""
    last, recorded, id_ = start
    until = min(at, window.before - 1, last)
    found: list[Reported] = []
    for way in ways:
        rows = ask(
            transferring.reported(way is Way.IN), account=account, after=window.after, until=until, last=last, recorded=recorded, id=id_,
            most=most,
        )  # fmt: skip
        found += map(_reported, rows)
    return found


def report(ask: AskNow, fact: str) -> Reported | None:
    """See `Snapshot.report`."""
    numbers = ask(transferring.REPORTED_BY, fact=fact)
    rows = ask(transferring.REPORT, number=numbers[0][0]) if numbers else []
    return _reported(rows[0]) if rows else None


def _reported(row: Row) -> Reported:
    fact, content, *rest = row
    return Reported(fact, str(orjson.loads(content)[0][0]), *rest)
