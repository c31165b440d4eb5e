"""One key, one effect: claim, lease, fence, answer.

A call claims its key in a short transaction of its own. The claim is leased, so that a dead process's expires, and fenced, so that
who lost the lease cannot answer any more. Only success is kept, for 30 days, in the transaction that makes the effect. Retries use the
moment of the first call, so that what they record again is the same fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, select, update

from api.tables import idempotency_keys as keys
from graph.errors import InvalidInput, Problem, RingfenceError
from graph.model import Instant
from graph.sealing import Sealer
from rules.statements import Hot, upsert

SHORTEST_KEY: Final = 8
LONGEST_KEY: Final = 64
DAY: Final = 86_400_000


class IdempotencyConflict(RingfenceError):
    """The key was used with another input; nothing was done."""

    def __init__(self, first_used_at: Instant) -> None:
        self.first_used_at = first_used_at
        super().__init__("This idempotency key was used with another input: choose a new key for a new intent.")


class IdempotencyInProgress(RingfenceError):
    """The first call with this key is still running; `retry_after` is in milliseconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__("The first call with this idempotency key is still running: send again to get its answer.")


class Fenced(RingfenceError):
    """Another call took the claim over after its lease had ended: what this one was about to write is not to be."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a caller wants done once: a key of an institution and mutation, with the hash of its input."""

    institution: str
    mutation: str
    key: str
    input_hash: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act for an intent until the lease ends."""

    intent: Intent
    fence: int
    at: Instant
    """The moment of the first call."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The intent was done before; `answer` is what was kept."""

    answer: Mapping[str, object]


def intent(sealer: Sealer, institution: str, mutation: str, key: str, input_: Mapping[str, object]) -> Intent:
    """The intent of a call; `deadline` is no part of its input (semantics 19), and null is what was left out.

    Raises `InvalidInput` for a malformed key.
    """
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = f"An idempotency key is {SHORTEST_KEY} to {LONGEST_KEY} printable ASCII characters: choose another."
        raise InvalidInput([Problem(("idempotencyKey",), message)])
    meant = {name: value for name, value in input_.items() if name != "deadline"}
    canonical = orjson.dumps(_without_nulls(meant), option=orjson.OPT_SORT_KEYS)
    return Intent(institution, mutation, key, sealer.content_hash(canonical))


def _without_nulls(value: object) -> object:
    """The input as it would be had every null been left out: a client that writes them out means the same."""
    if isinstance(value, Mapping):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, (list, tuple)) else value


NAMED: Final = and_(
    keys.c.institution == bindparam("b_institution"), keys.c.mutation == bindparam("b_mutation"), keys.c.key == bindparam("b_key")
)
HELD: Final = and_(NAMED, keys.c.fence == bindparam("b_fence"), keys.c.answer.is_(None))

KEPT: Final = select(keys.c.input_hash, keys.c.at, keys.c.first_used_at, keys.c.lease_until, keys.c.fence, keys.c.answer).where(NAMED)
FIND: Final = Hot(KEPT.with_for_update())
"""Held until the transaction ends: SQLite has one writer, PostgreSQL locks the row."""
INSERT: Final = Hot(upsert(keys).on_conflict_do_nothing())
TAKE: Final = update(keys).where(NAMED, keys.c.fence == bindparam("b_fence"))
ANSWER: Final = Hot(update(keys).where(HELD).values(answer=bindparam("b_answer")))
FREE: Final = update(keys).where(HELD).values(lease_until=bindparam("b_until"))
FORGET: Final = delete(keys).where(HELD)


def claim(connection: Connection, wanted: Intent, now: Instant, *, lease: int, days: int) -> Claim | Answered:
    """Claim the key for `lease` milliseconds, or find its answer.

    Raises `IdempotencyConflict` for another input than the one answered or running, `IdempotencyInProgress` while another call holds it.
    """
    if INSERT.run(connection, {**_fresh(wanted, now, lease, 1), "answer": None}) == 1:
        return Claim(wanted, 1, now)
    row = FIND.one(connection, _named(wanted))
    if row is None:  # another call gave it back since
        raise IdempotencyInProgress(1)
    return _found(connection, wanted, now, _Kept(*row), lease=lease, days=days)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A row of the table, in the order of `FIND`."""

    input_hash: bytes
    at: Instant
    first_used_at: Instant
    lease_until: Instant
    fence: int
    answer: str | None


def _found(connection: Connection, wanted: Intent, now: Instant, row: _Kept, *, lease: int, days: int) -> Claim | Answered:
    """What a key that was used before means for this call."""
    if row.first_used_at <= now - days * DAY:
        return _take(connection, wanted, row.fence, _fresh(wanted, now, lease, row.fence + 1))
    running = row.answer is None and row.lease_until > now
    if row.input_hash != wanted.input_hash:
        if row.answer is not None or running:
            raise IdempotencyConflict(row.first_used_at)
        # The first call failed or died: only success is kept, so the key is free for another intent.
        return _take(connection, wanted, row.fence, _fresh(wanted, now, lease, row.fence + 1))
    if row.answer is not None:
        return Answered(orjson.loads(row.answer))
    if running:
        raise IdempotencyInProgress(max(1, row.lease_until - now))
    again = {**_fresh(wanted, now, lease, row.fence + 1), "at": row.at, "first_used_at": row.first_used_at}
    return _take(connection, wanted, row.fence, again)


def answer(connection: Connection, held: Claim, kept: Mapping[str, object]) -> None:
    """Keep what the call made, in the transaction that makes it. Raises `Fenced` when another call holds the key by now."""
    values = {**_named(held.intent), "b_fence": held.fence, "b_answer": orjson.dumps(kept).decode()}
    fenced = partial(Fenced, "The lease of this call ended and another took its idempotency key over.")
    ANSWER.expect(connection, values, 1, fenced)


def free(connection: Connection, held: Claim) -> None:
    """End the lease of a call that could not be finished: a retry goes on at once, with the same moment."""
    connection.execute(FREE, {**_named(held.intent), "b_fence": held.fence, "b_until": 0})


def forget(connection: Connection, held: Claim) -> None:
    """Give the key back as if it had never been used: the call was refused and nothing was done."""
    connection.execute(FORGET, {**_named(held.intent), "b_fence": held.fence})


def remove_old(connection: Connection, institution: str, now: Instant, days: int, most: int = 1_000) -> int:
    """Remove an institution's keys that are older than their life, at most so many; gives how many."""
    old = select(keys.c.mutation, keys.c.key).where(keys.c.institution == institution, keys.c.first_used_at <= now - days * DAY).limit(most)
    rows = connection.execute(old.with_for_update(skip_locked=True)).all()
    for row in rows:
        connection.execute(delete(keys).where(keys.c.institution == institution, keys.c.mutation == row[0], keys.c.key == row[1]))
    return len(rows)


def _take(connection: Connection, wanted: Intent, fence: int, values: dict[str, object]) -> Claim:
    changed = connection.execute(TAKE.values({**values, "answer": None}), {**_named(wanted), "b_fence": fence})
    assert changed.rowcount == 1, "the row is held since it was found, so nobody else takes it between"
    at = values["at"]
    assert isinstance(at, int)
    return Claim(wanted, fence + 1, at)


def _named(wanted: Intent) -> dict[str, object]:
    return {"b_institution": wanted.institution, "b_mutation": wanted.mutation, "b_key": wanted.key}


def _fresh(wanted: Intent, now: Instant, lease: int, fence: int) -> dict[str, object]:
    named = {"institution": wanted.institution, "mutation": wanted.mutation, "key": wanted.key, "input_hash": wanted.input_hash}
    return {**named, "at": now, "first_used_at": now, "lease_until": now + lease, "fence": fence}
