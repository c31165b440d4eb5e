"""Possible matches of subjects with lists in the records: functions that take a Connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from graph.model import Instant
from identity.errors import StaleVersion
from identity.tables import screening_hits as table


@dataclass(frozen=True, slots=True)
class KeptHit:
    """A possible match as it is kept; `sentence` and `reason` are sealed under the subject's key."""

    id: str
    subject: str
    list: str
    key: str
    entry: bytes
    """JSON: the entry as it was matched."""
    score: float
    sentence: bytes
    version: int
    opened_at: Instant
    due_at: Instant | None
    judgement: str | None = None
    """TRUE_MATCH or FALSE_MATCH."""
    reason: bytes | None = None
    judged_by: str | None = None
    judged_at: Instant | None = None


def open_hit(connection: Connection, institution: str, hit: KeptHit) -> bool:
    """Keep a possible match; False when this subject and entry were matched before: what was judged of them stands."""
    here = and_(table.c.institution == institution, table.c.subject == hit.subject, table.c.list == hit.list, table.c.key == hit.key)
    if connection.execute(select(table.c.id).where(here)).first() is not None:
        return False
    connection.execute(insert(table).values(institution=institution, **{name: getattr(hit, name) for name in KeptHit.__slots__}))
    return True


def hit(connection: Connection, institution: str, id: str) -> KeptHit | None:
    """A possible match; None when there is none by this id."""
    row = connection.execute(select(table).where(table.c.institution == institution, table.c.id == id)).first()
    return None if row is None else _hit(row)


def judge(connection: Connection, institution: str, before: KeptHit, judgement: str, reason: bytes, by: str, now: Instant) -> None:
    """Keep what a person judged, one version on. Raises `StaleVersion` when it changed since `before` was read."""
    here = and_(table.c.institution == institution, table.c.id == before.id, table.c.version == before.version)
    values = {"judgement": judgement, "reason": reason, "judged_by": by, "judged_at": now, "version": before.version + 1}
    if connection.execute(update(table).where(here).values(**values)).rowcount != 1:
        current = connection.execute(select(table.c.version).where(table.c.institution == institution, table.c.id == before.id)).scalar()
        raise StaleVersion(before.version if current is None else int(current))


def _hit(row: Any) -> KeptHit:  # noqa: ANN401 - a row of the table
    return KeptHit(**{name: getattr(row, name) for name in KeptHit.__slots__})
