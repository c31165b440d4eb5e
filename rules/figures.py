"""Figures of an institution's decisions of a while: how many, how many without a person, how long they took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, func, select

from graph.model import Instant
from rules.model import Verdict
from rules.tables import decisions as table

MOST_TIMED: Final = 2_000
"""Newest decisions whose times are looked at."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Times are milliseconds; None where there was no decision."""

    count: int
    straight_through: float | None
    """Part that was not referred to a person."""
    p50: float | None
    p99: float | None


def figures(connection: Connection, institution: str, since: Instant) -> Figures:
    """Of the decisions made after a moment; times by the nearest rank of the newest 2,000."""
    made = (table.c.institution == institution, table.c.decided_at > since)
    counts = {
        str(row[0]): int(row[1]) for row in connection.execute(select(table.c.verdict, func.count()).where(*made).group_by("verdict"))
    }
    count = sum(counts.values())
    if not count:
        return Figures(0, None, None, None)
    newest = select(table.c.timing).where(*made).order_by(table.c.decided_at.desc(), table.c.id.desc()).limit(MOST_TIMED)
    took = sorted(float(orjson.loads(timing)[0]) for timing in connection.execute(newest).scalars())
    straight = 1 - counts.get(Verdict.REFER.value, 0) / count
    return Figures(count, straight, _rank(took, 50), _rank(took, 99))


def _rank(ordered: list[float], part: int) -> float:
    """The smallest of the values that at least `part` in a hundred do not exceed."""
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]
