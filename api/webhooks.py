"""Webhooks in the records: where an institution is told of events, what waits to be told there, and what was given up.

What the outbox has is spread into deliveries, one for each webhook and event, in the transaction that moves the webhook's place: an
event is spread once. A delivery is leased, tried with growing waits, and done or dead; it is told at least once, always with one id.
Signatures are those of Standard Webhooks (standardwebhooks.com): `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from api import outbox
from api.ids import new_id
from api.tables import deliveries, events, institutions, webhooks
from graph.errors import InvalidInput, Problem, RingfenceError, Unknown
from graph.model import Instant
from rules.statements import upsert

MOST: Final = 10
"""Webhooks of one institution."""

SPREAD: Final = 100
"""Events spread in one transaction."""

MOST_REPLAYED: Final = 10_000

DELIVERED_KEPT: Final = outbox.KEPT
DEAD_KEPT: Final = 30 * 24 * 60 * 60 * 1000
"""Milliseconds that deliveries are kept once they are done, or were given up."""

SECRET: Final = "webhook"  # noqa: S105 - what a secret is sealed for
PREFIX: Final = "whsec_"

FIRST_PAUSE: Final = 5_000
LONGEST_PAUSE: Final = 6 * 60 * 60 * 1000
"""Milliseconds between two tries: 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 6 h ..."""


class LeaseLost(RingfenceError):
    """Another worker tries the delivery by now: what came of this try is not kept."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an institution is told."""

    id: str
    institution: str
    url: str
    secret: bytes
    """Sealed for the institution."""
    place: int
    """Number of the last event that was spread."""
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook, held by this worker."""

    webhook: str
    institution: str
    number: int
    at: Instant
    subject: str
    cause: str | None
    fence: int
    attempts: int
    """This one included."""
    problem: str | None = None
    dead_at: Instant | None = None

    @property
    def id(self) -> str:
        """What the receiver knows it by: the same at every try."""
        return f"msg_{self.webhook.removeprefix('whk_')}_{self.number}"


def new_key() -> bytes:
    """256 random bits to sign with."""
    return secrets.token_bytes(32)


def shown_key(key: bytes) -> str:
    """A signing key as its receiver is given it."""
    return PREFIX + base64.b64encode(key).decode()


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`; `timestamp` in seconds."""
    return "v1," + base64.b64encode(hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)).decode()


def pause(attempts: int, chance: float) -> int:
    """Milliseconds until the next try after so many: four times as long each time, and by `chance` (0 to 1) up to a third less or more."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE << min(2 * (attempts - 1), 40))
    return int(longest * (2 / 3 + chance * 2 / 3))


def add(connection: Connection, institution: str, url: str, sealed: bytes, now: Instant) -> Webhook:
    """A new webhook, told of what happens from now on. Raises `InvalidInput` when there are as many as may be, or the same already."""
    known = webhooks_of(connection, institution)
    if any(one.url == url for one in known):
        raise InvalidInput([Problem(("url",), f"{institution} has a webhook of this URL: see `ringfence webhooks list`.")])
    if len(known) >= MOST:
        raise InvalidInput([Problem(("url",), f"{institution} has {MOST} webhooks, which is the most: remove one first.")])
    made = Webhook(new_id("whk"), institution, url, sealed, outbox.newest(connection, institution), now)
    values = {"id": made.id, "institution": institution, "url": url, "secret": sealed, "place": made.place, "created_at": now}
    connection.execute(insert(webhooks).values(**values))
    return made


def remove(connection: Connection, institution: str, id: str) -> None:
    """Remove a webhook with all that waits for it. Raises `Unknown`."""
    the_webhook(connection, institution, id)
    connection.execute(delete(deliveries).where(deliveries.c.institution == institution, deliveries.c.webhook == id))
    connection.execute(delete(webhooks).where(webhooks.c.institution == institution, webhooks.c.id == id))


def webhooks_of(connection: Connection, institution: str) -> list[Webhook]:
    """An institution's webhooks, oldest first."""
    found = select(webhooks).where(webhooks.c.institution == institution).order_by(webhooks.c.created_at, webhooks.c.id)
    return [_webhook(row) for row in connection.execute(found)]


def the_webhook(connection: Connection, institution: str, id: str) -> Webhook:
    """A webhook by its id. Raises `Unknown`."""
    found = next((one for one in webhooks_of(connection, institution) if one.id == id), None)
    if found is None:
        raise Unknown(f"{institution} has no webhook {id}: see `ringfence webhooks list`.", ("webhook",))
    return found


def every_webhook(connection: Connection) -> list[Webhook]:
    """The webhooks of all institutions that are not suspended."""
    joined = webhooks.join(institutions, institutions.c.id == webhooks.c.institution)
    found = select(webhooks).select_from(joined).where(institutions.c.suspended_at.is_(None))
    return [_webhook(row) for row in connection.execute(found.order_by(webhooks.c.id))]


def pending(connection: Connection, webhook: Webhook, now: Instant) -> bool:
    """Whether there is something to spread, or a delivery to be tried."""
    if outbox.newest_event(connection, webhook.institution) > webhook.place:
        return True
    return connection.execute(_due(webhook, now).limit(1)).first() is not None


def spread(connection: Connection, webhook: Webhook, now: Instant) -> int:
    """Make deliveries of the next events of the outbox; how many. In one transaction with the webhook's place."""
    mine = (webhooks.c.institution == webhook.institution, webhooks.c.id == webhook.id)
    place = connection.execute(select(webhooks.c.place).where(*mine).with_for_update()).scalar()
    news = [] if place is None else outbox.after(connection, webhook.institution, place, SPREAD)
    if news:
        rows = [_fresh(webhook, told, now) for told in news if told.event.kind == outbox.DECISION_MADE]
        if rows:
            connection.execute(insert(deliveries), rows)
        connection.execute(update(webhooks).where(*mine).values(place=news[-1].number))
    return len(news)


def take(connection: Connection, webhook: Webhook, now: Instant, lease: int) -> Delivery | None:
    """Hold the earliest delivery that is due, for `lease` milliseconds; None when none is."""
    row = connection.execute(_due(webhook, now).order_by(deliveries.c.number).limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    held = {"lease_until": now + lease, "fence": row.fence + 1, "attempts": row.attempts + 1}
    taken = Delivery(row.webhook, row.institution, row.number, row.at, row.subject, row.cause, row.fence + 1, row.attempts + 1)
    connection.execute(update(deliveries).where(*_held(taken, row.fence)).values(**held))
    return taken


def finish(connection: Connection, held: Delivery, now: Instant) -> None:
    """The delivery was taken by its receiver. Raises `LeaseLost`."""
    _settle(connection, held, {"delivered_at": now, "problem": None})


def fail(connection: Connection, held: Delivery, problem: str, due: Instant | None, now: Instant) -> None:
    """The try failed: the delivery is due again at a moment, or dead without one. Raises `LeaseLost`."""
    ended = {"dead_at": now} if due is None else {"due_at": due, "lease_until": 0}
    _settle(connection, held, {**ended, "problem": problem})


def dead(connection: Connection, institution: str, most: int = 100) -> Sequence[Delivery]:
    """Deliveries that were given up, newest first."""
    found = select(deliveries).where(deliveries.c.institution == institution, deliveries.c.dead_at.is_not(None))
    rows = connection.execute(found.order_by(deliveries.c.dead_at.desc(), deliveries.c.number.desc()).limit(most))
    return [Delivery(r.webhook, r.institution, r.number, r.at, r.subject, r.cause, r.fence, r.attempts, r.problem, r.dead_at) for r in rows]


def replay(connection: Connection, institution: str, id: str, now: Instant, since: Instant | None = None) -> int:
    """Try dead deliveries of a webhook again; with `since` tell it every event that is kept since that moment again. How many.

    Raises `Unknown`, and `InvalidInput` for more than may be told again at once.
    """
    webhook = the_webhook(connection, institution, id)
    again = {"due_at": now, "lease_until": 0, "attempts": 0, "delivered_at": None, "dead_at": None, "problem": None}
    mine = (deliveries.c.institution == institution, deliveries.c.webhook == id)
    if since is None:
        return connection.execute(update(deliveries).where(*mine, deliveries.c.dead_at.is_not(None)).values(**again)).rowcount
    kind = events.c.kind == outbox.DECISION_MADE
    wanted = (events.c.institution == institution, events.c.at >= since, events.c.number <= webhook.place, kind)
    if connection.execute(select(func.count()).select_from(events).where(*wanted)).scalar_one() > MOST_REPLAYED:
        raise InvalidInput([Problem(("since",), f"More than {MOST_REPLAYED} events happened since then: give a later moment.")])
    rows = connection.execute(select(events).where(*wanted).order_by(events.c.number)).all()
    for row in rows:
        told = outbox.Told(row.number, outbox.Event(institution, row.at, row.kind, row.subject, row.cause))
        values = _fresh(webhook, told, now)
        connection.execute(
            upsert(deliveries)
            .values(**values)
            .on_conflict_do_update(index_elements=["institution", "webhook", "number"], set_={**again, "fence": deliveries.c.fence + 1})
        )
    return len(rows)


def remove_old(connection: Connection, institution: str, now: Instant) -> int:
    """Remove deliveries that are past their time; how many."""
    done = deliveries.c.delivered_at <= now - DELIVERED_KEPT
    given_up = deliveries.c.dead_at <= now - DEAD_KEPT
    return connection.execute(delete(deliveries).where(deliveries.c.institution == institution, done | given_up)).rowcount


def _fresh(webhook: Webhook, told: outbox.Told, now: Instant) -> dict[str, Any]:
    event = told.event
    known = {"institution": webhook.institution, "webhook": webhook.id, "number": told.number}
    said = {"at": event.at, "subject": event.subject, "cause": event.cause}
    return {**known, **said, "due_at": now, "lease_until": 0, "fence": 0, "attempts": 0}


def _due(webhook: Webhook, now: Instant) -> Any:  # noqa: ANN401 - a select of a table's columns
    waiting = (deliveries.c.delivered_at.is_(None), deliveries.c.dead_at.is_(None))
    own = (deliveries.c.institution == webhook.institution, deliveries.c.webhook == webhook.id)
    return select(deliveries).where(*own, *waiting, deliveries.c.due_at <= now, deliveries.c.lease_until <= now)


def _held(held: Delivery, fence: int) -> tuple[Any, ...]:
    own = (deliveries.c.institution == held.institution, deliveries.c.webhook == held.webhook, deliveries.c.number == held.number)
    return (*own, deliveries.c.fence == fence)


def _settle(connection: Connection, held: Delivery, values: dict[str, Any]) -> None:
    if connection.execute(update(deliveries).where(*_held(held, held.fence)).values(**values)).rowcount != 1:
        raise LeaseLost(f"Another worker tries the delivery {held.id} by now.")


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(row.id, row.institution, row.url, row.secret, row.place, row.created_at)
