"""Tickets in the records: leave to send one image, to answer a challenge, to enter a code. Functions that take a Connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from graph.model import Instant
from identity.tables import identity_tickets as table

MINUTE: Final = 60_000
UPLOAD_LIFE: Final = 30 * MINUTE
LIVENESS_LIFE: Final = 2 * MINUTE
CODE_LIFE: Final = 10 * MINUTE
MOST_ATTEMPTS: Final = 5
"""Tries of one code."""

MOST_TICKETS: Final = 120
"""Tickets of one verification that stand at once."""

MOST_CODES: Final = 5
"""Codes that are sent for one verification in an hour."""


class TicketKind(StrEnum):
    """What a ticket gives leave to."""

    UPLOAD = "UPLOAD"
    LIVENESS = "LIVENESS"
    CODE = "CODE"
    IMAGE = "IMAGE"
    """A path to an image that was used."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to do something once."""

    id: str
    verification: str
    subject: str
    kind: TicketKind
    about: str
    """Kind of evidence, actions separated by spaces, or a masked contact."""
    principal: str
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None = None
    attempts: int = 0
    secret: bytes | None = None
    image: bytes | None = None
    width: int | None = None
    height: int | None = None

    def stands(self, now: Instant) -> bool:
        """Whether it may still be used."""
        return self.used_at is None and now < self.expires_at


def add(connection: Connection, institution: str, ticket: Ticket) -> None:
    """Keep a ticket."""
    values = {name: getattr(ticket, name) for name in Ticket.__slots__}
    connection.execute(insert(table).values(institution=institution, **{**values, "kind": ticket.kind.value}))


def ticket(connection: Connection, institution: str, id: str, *, held: bool = False) -> Ticket | None:
    """A ticket; None when there is none by this id. `held`: nobody else uses it until the transaction, one that writes, ends."""
    asked = select(table).where(table.c.institution == institution, table.c.id == id)
    row = connection.execute(asked.with_for_update() if held else asked).first()
    return None if row is None else _ticket(row)


def newest_code(connection: Connection, institution: str, verification: str) -> Ticket | None:
    """The code that was sent last; None when none was."""
    here = (table.c.institution == institution) & (table.c.verification == verification) & (table.c.kind == TicketKind.CODE.value)
    row = connection.execute(select(table).where(here).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(1)).first()
    return None if row is None else _ticket(row)


def count_since(connection: Connection, institution: str, verification: str, kind: TicketKind, since: Instant) -> int:
    """How many tickets of a kind a verification was given since a moment."""
    here = (table.c.institution == institution) & (table.c.verification == verification) & (table.c.kind == kind.value)
    return int(connection.execute(select(func.count()).select_from(table).where(here, table.c.created_at >= since)).scalar() or 0)


def keep_image(connection: Connection, institution: str, id: str, image: bytes, size: tuple[int, int], now: Instant) -> bool:
    """Keep the image that was sent; False when one was sent before, or the ticket is over."""
    here = (table.c.institution == institution) & (table.c.id == id) & table.c.used_at.is_(None) & table.c.image.is_(None)
    values = {"image": image, "width": size[0], "height": size[1]}
    return connection.execute(update(table).where(here, table.c.expires_at > now).values(**values)).rowcount == 1


def use(connection: Connection, institution: str, ids: Sequence[str], now: Instant) -> bool:
    """Use tickets up, with what they hold; False when one was used before."""
    here = (table.c.institution == institution) & table.c.id.in_(ids) & table.c.used_at.is_(None)
    return connection.execute(update(table).where(here).values(used_at=now, image=None, secret=None)).rowcount == len(ids)


def note_attempt(connection: Connection, institution: str, id: str) -> None:
    """One more try of a code."""
    here = (table.c.institution == institution) & (table.c.id == id)
    connection.execute(update(table).where(here).values(attempts=table.c.attempts + 1))


def remove_old(connection: Connection, institution: str, before: Instant, most: int = 1_000) -> int:
    """Remove tickets that ended before a moment, with images that nobody took; gives how many."""
    old = select(table.c.id).where(table.c.institution == institution, table.c.expires_at < before).limit(most)
    return connection.execute(delete(table).where(table.c.institution == institution, table.c.id.in_(old))).rowcount


def _ticket(row: object) -> Ticket:
    values = {name: getattr(row, name) for name in Ticket.__slots__}
    return Ticket(**{**values, "kind": TicketKind(values["kind"])})


def contacts_of(connection: Connection, institution: str, subject: str) -> frozenset[str]:
    """The contacts of a subject that codes were sent to lately, masked as their tickets say them."""
    here = (table.c.institution == institution) & (table.c.subject == subject) & (table.c.kind == TicketKind.CODE.value)
    return frozenset(connection.execute(select(table.c.about).where(here)).scalars())
