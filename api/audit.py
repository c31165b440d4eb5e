"""The audit chain: who asked what and what was answered, one hash chain for each institution.

An entry holds ids and hashes only, so that erasing a person leaves the chain whole. Its hash is HMAC-SHA256 over the entry before and
itself, under a key that is kept outside the database. A chain does not notice its own tail cut off: a checkpoint, signed by the same
key and kept elsewhere, does, up to itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from api.records import Records
from api.tables import audit_entries, audit_heads
from graph.errors import RingfenceError
from graph.model import Instant
from rules.statements import Hot, upsert

START: Final = b"\0" * 32
"""What comes before the first entry."""

PAGE: Final = 10_000
"""Entries read at once when a chain is verified."""

MAXIMUM_SUBJECTS: Final = 100
"""Ids in one entry; those of a larger answer are in its digest."""

AuditKeys = Callable[[str], bytes]
"""The key of each institution's chain: `Vault.audit_key`."""


class BrokenChain(RingfenceError):
    """The audit chain was changed; the message says where."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be noted: `principal` did `action` with `subjects`, and got what `digest` says."""

    institution: str
    at: Instant
    principal: str
    action: str
    """`loan assessed`, `facts recorded`, `signed in`: a short text of ours."""
    subjects: tuple[str, ...] = ()
    """Ids."""
    digest: str = ""
    """SHA-256 of what was answered, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a chain stood at a moment, signed."""

    institution: str
    sequence: int
    hash: str
    """Hexadecimal, of the last entry."""
    at: Instant
    signature: str
    """HMAC-SHA256 over the rest, hexadecimal."""


WHERE_IT_ENDS: Final = select(audit_heads.c.sequence, audit_heads.c.hash).where(audit_heads.c.institution == bindparam("b_institution"))
HEAD: Final = Hot(WHERE_IT_ENDS)
HELD_HEAD: Final = Hot(WHERE_IT_ENDS.with_for_update())
"""The head, held until the transaction ends: SQLite has one writer, PostgreSQL locks the row."""
APPEND: Final = Hot(insert(audit_entries))
FIRST_HEAD: Final = Hot(upsert(audit_heads).on_conflict_do_nothing())
MOVE_HEAD: Final = Hot(
    update(audit_heads)
    .where(audit_heads.c.institution == bindparam("b_institution"), audit_heads.c.sequence == bindparam("b_before"))
    .values(sequence=bindparam("b_sequence"), hash=bindparam("b_hash"))
)


def append(connection: Connection, keys: AuditKeys, event: Event) -> int:
    """Add an entry to the institution's chain and give its number. Call it last in a transaction: it takes the head."""
    subjects = " ".join(event.subjects[:MAXIMUM_SUBJECTS])
    named: dict[str, Any] = {"institution": event.institution}
    head = _held_head(connection, event.institution)
    if head is None:
        FIRST_HEAD.run(connection, {**named, "sequence": 0, "hash": START})  # of two at once the second waits, and finds the first's
        head = _held_head(connection, event.institution)
        assert head is not None, "the head was just made, or found"
    before, link = head
    sequence = before + 1
    hash_ = _link(keys(event.institution), link, _content(sequence, event.at, event.principal, event.action, subjects, event.digest))
    named |= {"sequence": sequence, "hash": hash_}
    entry = {"at": event.at, "principal": event.principal, "action": event.action, "subjects": subjects, "digest": event.digest}
    APPEND.change(connection, {**named, **entry})
    moved = {"b_institution": event.institution, "b_before": before, "b_sequence": sequence, "b_hash": hash_}
    broken = partial(BrokenChain, f"The audit chain of {event.institution} moved on while its head was held: send again.")
    MOVE_HEAD.expect(connection, moved, 1, broken)
    return sequence


async def note(records: Records, keys: AuditKeys, event: Event) -> None:
    """Add an entry in a transaction of its own; raises `RecordsUnavailable`."""
    await records.write(lambda connection: append(connection, keys, event), institution=event.institution)


def checkpoint(connection: Connection, keys: AuditKeys, institution: str, now: Instant) -> Checkpoint:
    """Where the chain stands now, signed. Raises `BrokenChain` when its end does not fit its head."""
    sequence, hash_ = _head(connection, institution) or (0, START)
    last = connection.execute(
        select(audit_entries.c.hash).where(audit_entries.c.institution == institution, audit_entries.c.sequence == sequence)
    ).scalar()
    if sequence and last != hash_:
        raise BrokenChain(f"The last audit entry of {institution}, number {sequence}, is not the one that its head names.")
    return Checkpoint(institution, sequence, hash_.hex(), now, _signature(keys(institution), institution, sequence, hash_.hex(), now))


Page = Callable[[Sequence[Row[Any]]], None]
"""Is given the entries of a chain, page by page, once they have proved to be whole."""


def verify(
    connection: Connection, keys: AuditKeys, institution: str, checkpoints: Iterable[Checkpoint] = (), seen: Page = lambda _: None
) -> int:
    """Read the whole chain and give its length; raise `BrokenChain` at the first thing that was changed, moved, added or removed.

    What was cut off at the end is found up to the newest of the `checkpoints`. Linear in the chain.
    """
    try:
        return _verify(connection, keys, institution, checkpoints, seen)
    except (TypeError, ValueError):  # SQLite keeps values of any type in any column
        raise BrokenChain(f"The audit chain of {institution} holds values of a kind that is never written there: it was changed.") from None


def _verify(connection: Connection, keys: AuditKeys, institution: str, checkpoints: Iterable[Checkpoint], seen: Page) -> int:
    due: dict[int, set[str]] = {}
    for point in checkpoints:
        _check_signature(keys, institution, point)
        due.setdefault(point.sequence, set()).add(point.hash)
    _check_point(due, institution, 0, START)
    key, link, sequence = keys(institution), START, 0
    while rows := _page(connection, institution, sequence):
        for row in rows:
            if row.sequence != sequence + 1:
                raise BrokenChain(f"Audit entry {sequence + 1} of {institution} is missing: the next one is {row.sequence}.")
            sequence = row.sequence
            link = _link(key, link, _content(sequence, row.at, row.principal, row.action, row.subjects, row.digest))
            if not hmac.compare_digest(link, row.hash):
                raise BrokenChain(f"Audit entry {sequence} of {institution} was changed, or is not where it was written.")
            _check_point(due, institution, sequence, link)
        seen(rows)
    if beyond := [number for number in due if number > sequence]:
        raise BrokenChain(
            f"The audit chain of {institution} ends at {sequence}, but a checkpoint saw entry {max(beyond)}: its tail was cut off."
        )
    if (_head(connection, institution) or (0, START)) != (sequence, link):
        raise BrokenChain(
            f"The head of {institution}'s audit chain does not name its last entry, {sequence}: entries were cut off or added."
        )
    return sequence


def _head(connection: Connection, institution: str) -> tuple[int, bytes] | None:
    """Number and hash of the last entry; None before the first."""
    row = HEAD.one(connection, {"b_institution": institution})
    return None if row is None else (int(row[0]), bytes(row[1]))


def _held_head(connection: Connection, institution: str) -> tuple[int, bytes] | None:
    """The same, and nobody else moves it before this transaction ends."""
    row = HELD_HEAD.one(connection, {"b_institution": institution})
    return None if row is None else (int(row[0]), bytes(row[1]))


def write_checkpoint(point: Checkpoint) -> bytes:
    """A checkpoint as a file's content: one line of JSON."""
    return orjson.dumps(point, option=orjson.OPT_APPEND_NEWLINE)


def read_checkpoints(content: bytes) -> Sequence[Checkpoint]:
    """Checkpoints of a file, one a line. Raises `BrokenChain` for what is none."""
    try:
        return [Checkpoint(**_typed(orjson.loads(line))) for line in content.splitlines() if line.strip()]
    except (ValueError, TypeError, KeyError):
        raise BrokenChain("The file holds no checkpoint: give one that `ringfence audit head` printed.") from None


def digest(content: bytes) -> str:
    """How an entry names what was answered."""
    return hashlib.sha256(content).hexdigest()


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, type] = {"institution": str, "sequence": int, "hash": str, "at": int, "signature": str}
    if set(values) != set(kinds) or not all(type(values[name]) is kind for name, kind in kinds.items()):
        raise ValueError("not a checkpoint")
    return values


def length(connection: Connection, institution: str) -> int:
    """How many entries the chain has, as its head says."""
    return (_head(connection, institution) or (0, START))[0]


def _page(connection: Connection, institution: str, after: int) -> Sequence[Row[Any]]:
    mine = select(audit_entries).where(audit_entries.c.institution == institution, audit_entries.c.sequence > after)
    return connection.execute(mine.order_by(audit_entries.c.sequence).limit(PAGE)).all()


def _check_point(due: Mapping[int, set[str]], institution: str, sequence: int, link: bytes) -> None:
    if due.get(sequence, set()) - {link.hex()}:
        raise BrokenChain(f"Audit entry {sequence} of {institution} is not the one that the checkpoint saw: the chain was rewritten.")


def _check_signature(keys: AuditKeys, institution: str, point: Checkpoint) -> None:
    signature = _signature(keys(institution), institution, point.sequence, point.hash, point.at)
    if point.institution != institution or not hmac.compare_digest(signature, point.signature):
        raise BrokenChain(f"The checkpoint of entry {point.sequence} is not one of {institution}, or was changed: its signature is wrong.")


def _content(sequence: int, at: Instant, principal: str, action: str, subjects: str, digest_: str) -> bytes:
    return orjson.dumps([sequence, at, principal, action, subjects, digest_])


def _link(key: bytes, before: bytes, content: bytes) -> bytes:
    return hmac.digest(key, before + content, "sha256")


def _signature(key: bytes, institution: str, sequence: int, hash_: str, at: Instant) -> str:
    return hmac.digest(key, b"checkpoint" + orjson.dumps([institution, sequence, hash_, at]), "sha256").hex()
