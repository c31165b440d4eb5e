"""Saves the records to a file while they are served, and loads them elsewhere: another folder, another server, the other engine.

The file is JSON Lines: a head, the rows of each table in an order in which they can be written, and an end with the number of rows of
each table, a signed checkpoint of each audit chain and the SHA-256 of all before it. Everything is of one snapshot. What must not come
back from the dead is not in it: sessions, one-time links, counts of wrong passwords. Personal values are in it as they are kept, sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import orjson
from sqlalchemy import Connection, LargeBinary, Table, exc, func, insert, select, text

import identity.lists.tables
import identity.tables
import rules.tables
from api import audit, tables
from api.auth.institutions import all_institutions
from graph.errors import RingfenceError
from graph.model import Instant
from identity.vault import Vault

FORMAT: Final = 1
BATCH: Final = 500
"""Rows read or written at once."""

LONGEST_LINE: Final = 32 * 1024 * 1024
"""Bytes of one row; a decision's is some 40 KiB, an image's at most some 12 MiB."""

ACCESS: Final[tuple[Table, ...]] = (
    tables.institutions,
    tables.principals,
    tables.api_keys,
    tables.jobs,
    tables.webhooks,
    identity.lists.tables.watchlists,
    identity.lists.tables.watchlist_entries,
)
"""Tables that are read for nobody's institution; the rest are read for each."""

LENDING: Final[tuple[Table, ...]] = (
    tables.idempotency_keys,
    tables.audit_heads,
    tables.audit_entries,
    tables.events,
    tables.deliveries,
    rules.tables.strategies,
    rules.tables.live_strategies,
    rules.tables.decisions,
    rules.tables.decision_reasons,
    identity.lists.tables.list_judgements,
    identity.lists.tables.list_screenings,
    identity.tables.identity_keys,
    identity.tables.verifications,
    identity.tables.evidence,
    identity.tables.identity_tickets,
    identity.tables.face_templates,
    identity.tables.screening_hits,
    tables.work_items,
    tables.proposals,
    tables.rings,
    tables.ring_members,
    tables.ring_events,
    tables.pair_judgements,
    tables.ring_looks,
    tables.erasures,
)

SAVED: Final = {table.name: table for table in (*ACCESS, *LENDING)}

LEFT: Final = frozenset({"deployment", "sessions", "links", "sign_in_tries"})
"""Tables that are not saved: the check value of the key file is in the head, the others are short-lived."""


class CannotLoad(RingfenceError):
    """The file is not whole, not of this deployment's keys, or there is something already where it was to go; the message says which."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a file holds."""

    at: Instant
    rows: Mapping[str, int]
    """By table."""
    checkpoints: tuple[audit.Checkpoint, ...]


def save(connection: Connection, vault: Vault, step: str, now: Instant, file: BinaryIO) -> Saved:
    """Write the records of this transaction's snapshot. Memory does not grow with them. Raises `BrokenChain`, `OSError`."""
    hashed, counts = hashlib.sha256(), Counter[str]()

    def write(line: Mapping[str, Any]) -> None:
        content = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        hashed.update(content)
        file.write(content)

    write({"ringfence": "records", "format": FORMAT, "step": step, "at": now, "keys": _encoded(vault.check_value())})
    institutions = [tenant.institution.id for tenant in all_institutions(connection)]
    for table, institution in [(table, None) for table in ACCESS] + [(table, name) for name in institutions for table in LENDING]:
        enter(connection, institution)
        for row in _rows(connection, table, institution):
            write({"table": str(table.name), "row": row})
            counts[str(table.name)] += 1
    points = []
    for institution in institutions:
        enter(connection, institution)
        points.append(audit.checkpoint(connection, vault.audit_key, institution, now))
    end = {"rows": dict(counts), "checkpoints": [orjson.Fragment(audit.write_checkpoint(point).strip()) for point in points]}
    file.write(orjson.dumps({"end": end, "sha256": hashed.hexdigest()}, option=orjson.OPT_APPEND_NEWLINE))
    return Saved(now, dict(counts), tuple(points))


def load(connection: Connection, vault: Vault, step: str, lines: Iterable[bytes]) -> Saved:
    """Write a file's rows into records that are empty, and check what was written against its end. Raises `CannotLoad`, `BrokenChain`.

    The caller's transaction is undone by any of these, so that a broken file leaves nothing behind.
    """
    enter(connection, None)
    if all_institutions(connection):
        raise CannotLoad("There are institutions already: records are loaded into an empty place alone.")
    reading = _Reading(iter(lines))
    at = reading.head(vault, step)
    entered: str | None = None
    for table, rows in reading.batches():
        for institution, own in _by_institution(table, rows):
            if institution != entered:
                enter(connection, institution)
                entered = institution
            try:
                connection.execute(insert(table), own)
            except (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.StatementError) as error:
                if isinstance(error, (exc.OperationalError, exc.InternalError)):
                    raise
                raise CannotLoad(f"The file has a row of {table.name} that does not fit the others: it was changed.") from error
    saved = reading.end(at)
    for point in saved.checkpoints:
        enter(connection, point.institution)
        audit.verify(connection, vault.audit_key, point.institution, [point])
    found = _count(connection, [point.institution for point in saved.checkpoints])
    if found != saved.rows:
        raise CannotLoad("What was written does not have as many rows as the file: nothing was kept.")
    return saved


def enter(connection: Connection, institution: str | None) -> None:
    """Go on for this institution in the same transaction; None: for none. A file of SQLite's has no such walls."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('ringfence.institution', :institution, true)"), {"institution": institution or ""})


def _rows(connection: Connection, table: Table, institution: str | None) -> Iterator[dict[str, Any]]:
    wanted = select(table)
    if institution is not None:
        wanted = wanted.where(table.c.institution == institution)
    names = [str(column.name) for column in table.columns]
    for row in connection.execute(wanted.order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)):
        yield {name: _encoded(value) if isinstance(value, bytes) else value for name, value in zip(names, row, strict=True)}


class _Reading:
    """A file on its way in."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._hashed = hashlib.sha256()
        self._last: dict[str, Any] | None = None

    def head(self, vault: Vault, step: str) -> Instant:
        """When it was saved."""
        head = self._next()
        if head is None or head.get("ringfence") != "records" or head.get("format") != FORMAT:
            raise CannotLoad("The file holds no saved records: give one that `ringfence records save` wrote.")
        if head.get("step") != step:
            raise CannotLoad(
                f"The file is of step {head.get('step')} and these records are of step {step}: load it with the version it is of."
            )
        if not hmac.compare_digest(_decoded(head.get("keys")), vault.check_value()):
            raise CannotLoad("The file was saved with another key file: put the keys.json of its deployment into the data folder first.")
        return int(head["at"])

    def batches(self) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        """Rows of one table at a time, bytes as bytes."""
        waiting: list[dict[str, Any]] = []
        table: Table | None = None
        while (line := self._next()) is not None:
            named = SAVED.get(str(line.get("table")))
            if named is None or not isinstance(line.get("row"), dict):
                raise CannotLoad("The file has a line that is no row of the records: it was changed.")
            if table is not None and (named is not table or len(waiting) >= BATCH):
                yield table, waiting
                waiting = []
            table = named
            waiting.append(_row(table, line["row"]))
        if table is not None and waiting:
            yield table, waiting

    def end(self, at: Instant) -> Saved:
        """What the file says of itself at its end."""
        if self._last is None or self._last.get("sha256") != self._hashed.hexdigest():
            raise CannotLoad("The file is not whole, or was changed: its end does not fit what is before it.")
        end = self._last["end"]
        points = audit.read_checkpoints(b"\n".join(orjson.dumps(point) for point in end["checkpoints"]))
        return Saved(at, dict(end["rows"]), tuple(points))

    def _next(self) -> dict[str, Any] | None:
        """The next line; None at the end, which is kept."""
        content = next(self._lines, b"")
        try:
            line = orjson.loads(content[:LONGEST_LINE])
        except orjson.JSONDecodeError:
            raise CannotLoad("The file ends early, or has a line that is no JSON: it was cut off or changed.") from None
        if not isinstance(line, dict):
            raise CannotLoad("The file has a line that is no row of the records: it was changed.")
        if "end" in line:
            self._last = line
            return None
        self._hashed.update(content)
        return line


def _row(table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    if set(given) != {column.name for column in table.columns}:
        raise CannotLoad(f"The file has a row of {table.name} with other columns than these records have: it was changed.")
    binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    return {name: _decoded(value) if name in binary else value for name, value in given.items()}


def _by_institution(table: Table, rows: list[dict[str, Any]]) -> list[tuple[str | None, list[dict[str, Any]]]]:
    """Rows of lending by whose they are; those of access are nobody's."""
    if table in ACCESS:
        return [(None, rows)]
    names = dict.fromkeys(str(row["institution"]) for row in rows)
    return [(name, [row for row in rows if row["institution"] == name]) for name in names]


def _count(connection: Connection, institutions: Iterable[str]) -> dict[str, int]:
    counts = Counter[str]()
    for table, institution in [(table, None) for table in ACCESS] + [(table, name) for name in institutions for table in LENDING]:
        enter(connection, institution)
        wanted = select(func.count()).select_from(table)
        if institution is not None:
            wanted = wanted.where(table.c.institution == institution)
        counts[str(table.name)] += connection.execute(wanted).scalar_one()
    return {name: count for name, count in counts.items() if count}


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except ValueError:
        raise CannotLoad("The file has a value that is no base64: it was changed.") from None
