"""The outbox: events that subscriptions and webhooks tell of, written in the transaction of what happened.

An event has the number of the audit entry of its transaction. A chain's head has one holder until its transaction ends, so numbers rise
in the order of commits: who has read up to one misses nothing before it. Events are kept for seven days; their subjects stay.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from api.tables import audit_heads, events
from graph.errors import InvalidInput, Problem, RingfenceError
from graph.model import Instant
from rules.statements import Hot

DECISION_MADE: Final = "decision made"
"""A decision was made, by a call or again."""

VERIFICATION_CHANGED: Final = "verification changed"
"""A verification changed its state or got a check's result."""

RING_CHANGED: Final = "ring changed"
"""Something happened to a ring; the subject is the event of its history."""

SOURCE_RECOVERED: Final = "SOURCE_RECOVERED"
"""It was made again since a source that was down came back."""

KEPT: Final = 7 * 24 * 60 * 60 * 1000
"""Milliseconds that an event is kept."""

MOST: Final = 1_000
"""Events read or removed at once."""


class CursorExpired(RingfenceError):
    """Events after the cursor were removed by now: begin anew, and read what was missed from the lists."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened."""

    institution: str
    at: Instant
    kind: str
    """`DECISION_MADE`, `VERIFICATION_CHANGED` or `RING_CHANGED`."""
    subject: str
    """Id of what it happened to."""
    cause: str | None = None
    """Why it happened again."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its place in the outbox."""

    number: int
    event: Event

    @property
    def cursor(self) -> str:
        """What a reader gives back to go on from here; good for its institution alone, since it is read as that."""
        return base64.urlsafe_b64encode(f"event.{self.number}".encode()).decode().rstrip("=")


APPEND: Final = Hot(insert(events))
AFTER: Final = Hot(
    select(events.c.number, events.c.at, events.c.kind, events.c.subject, events.c.cause)
    .where(events.c.institution == bindparam("b_institution"), events.c.number > bindparam("b_number"))
    .order_by(events.c.number)
    .limit(bindparam("b_most"))
)

NEWEST: Final = Hot(select(func.max(events.c.number)).where(events.c.institution == bindparam("b_institution")))


def append(connection: Connection, number: int, event: Event) -> None:
    """Add an event; `number` is what `audit.append` gave in this transaction."""
    told = {"at": event.at, "kind": event.kind, "subject": event.subject, "cause": event.cause}
    APPEND.change(connection, {"institution": event.institution, "number": number, **told})


def newest(connection: Connection, institution: str) -> int:
    """Up to where everything has happened: who begins here hears only what happens from now on."""
    found = connection.execute(select(audit_heads.c.sequence).where(audit_heads.c.institution == institution)).scalar()
    return found or 0


def newest_event(connection: Connection, institution: str) -> int:
    """The number of the last event that is kept; 0 when there is none."""
    row = NEWEST.one(connection, {"b_institution": institution})
    return 0 if row is None or row[0] is None else int(row[0])


def after(connection: Connection, institution: str, number: int, most: int = 100) -> Sequence[Told]:
    """The next events after a number, in the order in which they were committed."""
    assert 1 <= most <= MOST, f"1 to {MOST} events are read at once"
    rows = AFTER.all(connection, {"b_institution": institution, "b_number": number, "b_most": most})
    return [Told(int(row[0]), Event(institution, int(row[1]), str(row[2]), str(row[3]), row[4])) for row in rows]


def place(connection: Connection, institution: str, cursor: str, now: Instant) -> int:
    """The number that a cursor stands for. Raises `InvalidInput` for what is none, `CursorExpired` when events after it are gone.

    An event is removed seven days after it happened: a cursor whose own event is still there has missed nothing.
    """
    number = _number(cursor)
    own = select(events.c.at).where(events.c.institution == institution, events.c.number == number)
    at = connection.execute(own).scalar()
    if at is None and number > newest(connection, institution):
        raise _no_cursor()
    if at is None or at <= now - KEPT:
        raise CursorExpired("The cursor is older than seven days: subscribe anew without it, and read what was missed from `decisions`.")
    return number


def remove_old(connection: Connection, institution: str, now: Instant) -> int:
    """Remove an institution's events that are older than seven days, at most so many; gives how many."""
    old = select(events.c.number).where(events.c.institution == institution, events.c.at <= now - KEPT).limit(MOST)
    return connection.execute(delete(events).where(events.c.institution == institution, events.c.number.in_(old))).rowcount


def _number(cursor: str) -> int:
    try:
        word, number = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii").split(".")
        if word == "event" and 0 < int(number) < 2**63:
            return int(number)
    except (ValueError, binascii.Error):
        pass
    raise _no_cursor()


def _no_cursor() -> InvalidInput:
    return InvalidInput([Problem(("after",), "is the `cursor` of an event that was told: leave it out to begin with what comes")])
