"""Forgetting a subject in the records: its key, its faces, and whatever was sealed. Functions that take a Connection."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from graph.model import Instant
from identity import templates
from identity.tables import evidence, identity_keys, identity_tickets, screening_hits

NOTHING: Final = b""
"""What stands where a sealed text must."""


class Forgotten(NamedTuple):
    """What was destroyed."""

    keys: int
    face_templates: int
    items: int
    """Images, and what was declared, seen, read or written."""


def forget(connection: Connection, institution: str, subject: str, now: Instant) -> Forgotten:
    """Destroy a subject's key and all that was sealed under it; that something was given, and what checks said of it, stays."""
    keys = _forget_key(connection, institution, subject, now)
    faces = templates.remove(connection, institution, subject, now)
    own = (evidence.c.institution == institution) & (evidence.c.subject == subject)
    some = or_(evidence.c.content.is_not(None), evidence.c.image.is_not(None))
    gone = {"content": None, "image": None, "width": None, "height": None}
    items = connection.execute(update(evidence).where(own & some).values(**gone)).rowcount
    hit = (screening_hits.c.institution == institution) & (screening_hits.c.subject == subject) & (screening_hits.c.sentence != NOTHING)
    items += connection.execute(update(screening_hits).where(hit).values(sentence=NOTHING, reason=None)).rowcount
    ticket = (identity_tickets.c.institution == institution) & (identity_tickets.c.subject == subject)
    connection.execute(delete(identity_tickets).where(ticket))
    return Forgotten(keys, faces, items)


def _forget_key(connection: Connection, institution: str, subject: str, now: Instant) -> int:
    """Destroy the key, and note that the subject was erased, had it one or not; how many keys there were."""
    here = (identity_keys.c.institution == institution) & (identity_keys.c.subject == subject)
    row = connection.execute(select(identity_keys.c.key).where(here)).first()
    if row is None:
        connection.execute(insert(identity_keys).values(institution=institution, subject=subject, created_at=now, erased_at=now))
        return 0
    connection.execute(update(identity_keys).where(here).values(key=None, erased_at=now))
    return int(row.key is not None)


def keyed_before(connection: Connection, institution: str, subject: str, at: Instant) -> bool:
    """Whether a subject has a key that was made before a moment: one that was erased then, and came back with an old backup."""
    here = (identity_keys.c.institution == institution) & (identity_keys.c.subject == subject) & identity_keys.c.key.is_not(None)
    return connection.execute(select(identity_keys.c.subject).where(here, identity_keys.c.created_at < at)).first() is not None
