"""Face templates in the records, sealed under their subjects' keys: changes that the search follows. Functions that take a Connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from graph.model import Instant
from identity.faces.searching import FaceChange
from identity.subjects import cipher_of
from identity.tables import face_templates as table
from identity.vault import VaultSealer

NAME: Final = "face template"
"""What a template is sealed as."""


def keep(
    connection: Connection, sealer: VaultSealer, institution: str, subject: str, template: Sequence[float], now: Instant
) -> None:  # fmt: skip
    """Keep a subject's template; a former one is destroyed."""
    _destroy(connection, institution, subject)
    sealed = cipher_of(connection, sealer, institution, subject).seal(NAME, list(template))
    _change(connection, institution, subject, sealed, now)


def remove(connection: Connection, institution: str, subject: str, now: Instant) -> int:
    """Forget a subject's templates: what was sealed is gone, and every search learns of it; how many there were."""
    removed = _destroy(connection, institution, subject)
    if removed:
        _change(connection, institution, subject, None, now)
    return removed


def _destroy(connection: Connection, institution: str, subject: str) -> int:
    here = (table.c.institution == institution) & (table.c.subject == subject) & table.c.template.is_not(None)
    return connection.execute(update(table).where(here).values(template=None)).rowcount


def _change(connection: Connection, institution: str, subject: str, sealed: bytes | None, now: Instant) -> None:
    newest = connection.execute(select(func.max(table.c.number)).where(table.c.institution == institution)).scalar() or 0
    row = {"institution": institution, "number": int(newest) + 1, "subject": subject, "template": sealed, "at": now}
    connection.execute(insert(table).values(**row))


def changes(connection: Connection, sealer: VaultSealer, institution: str, after: int, most: int) -> list[FaceChange]:
    """The first changes of an institution after a number, in order; a template that does not open any more counts as erased."""
    asked = select(table).where(table.c.institution == institution, table.c.number > after).order_by(table.c.number).limit(most)
    found = []
    for row in connection.execute(asked).all():
        opened = cipher_of(connection, sealer, institution, row.subject).open(NAME, row.template)
        found.append(FaceChange(int(row.number), row.subject, None if opened is None else tuple(opened)))
    return found
