"""Pages: an entity's ties, the facts that name it, a merchant's loans. Newest first, by keyset: a page costs what it shows.

A cursor is the place of an item in the list's order, with a keyed hash over it and the list, so that it is good for the list, its
arguments and the institution that gave it, and nobody can make one.
"""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import orjson

from graph.errors import InvalidInput, Problem
from graph.ids import TIE_NUMBERS, tie_id
from graph.model import Entity, Instant, RecordedFact, Tie, TieKind
from graph.sealing import Sealer
from graph.sentences import sentence
from graph.store import Page
from graph.stores.shared.encoding import FACT_KINDS, NAMING, Kept, read_kept
from graph.stores.shared.rows import TieRow, tie_kind, tie_numbers
from graph.stores.sqlite.folding import FACT_COLUMNS, FACT_TABLES, chunks, marks
from graph.stores.sqlite.reading import TIE_COLUMNS, Snapshot

T = TypeVar("T")
Position = tuple[Instant, Instant, str]
"""Place of an item in a list's order."""

MAXIMUM_LOANS: Final = 1_000
"""Loans of one merchant that are listed, newest ties first."""

_MAC_BYTES: Final = 8
_BEYOND: Final[Position] = (2**63 - 1, 0, "")


def list_ties(
    snapshot: Snapshot, sealer: Sealer, number: int, first: int, after: str | None, kinds: frozenset[TieKind] | None
) -> Page[Tie]:
    """One page of an entity's ties, ended ones included."""
    node = snapshot.load([number])[number]
    named = "all" if kinds is None else ",".join(sorted(kind.value for kind in kinds))
    cursors = _Cursors(sealer, f"ties\n{node.id}\n{named}")
    start = cursors.read(after)
    only = tie_numbers(kinds)
    found = [row for row in (node.folded or {}).values() if row is not None and (only is None or row.kind in only)]
    rows = {row.number: (place, row) for row in found if (place := snapshot.tie_order(row)) < start}
    for kind, incoming in itertools.product(sorted(TIE_NUMBERS.values() if only is None else only), (False, True)):
        newest = _stream(snapshot, number, kind, incoming, start)
        rows |= {row.number: (place, row) for place, row in itertools.islice(newest, first + 1)}
    ordered = sorted(rows.values(), reverse=True)
    return cursors.page([(place, snapshot.to_tie(row)) for place, row in ordered[: first + 1]], first)


def _stream(snapshot: Snapshot, number: int, kind: int, incoming: bool, start: Position) -> Iterator[tuple[Position, TieRow]]:
    """Ties of one kind and direction whose cached rows are exact, from the place on; ties with itself come as outgoing ones."""
    end, index, other = ("to_", "tie_to", "from_") if incoming else ("from_", "tie_from", "to_")
    loops = " AND t.from_ <> t.to_" if incoming else ""
    for row in snapshot.connection.execute(
        f"""SELECT {TIE_COLUMNS}, e.id FROM tie t INDEXED BY {index} CROSS JOIN entity e ON e.number = t.{other}
        WHERE t.{end} = ? AND t.kind = ? AND t.last_at <= ? AND t.latest_at <= ? AND t.changed_at <= ? AND t.count > 0{loops}
        ORDER BY t.last_at DESC, t.recorded_at DESC, e.id DESC""",
        (number, kind, start[0], snapshot.moment.at, snapshot.moment.known_at),
    ):
        tie = TieRow(*row[:-1])
        mine = snapshot.load([number])[number].id
        ends = (row[-1], mine) if incoming else (mine, row[-1])
        place = (tie.last_at, tie.recorded_at, tie_id(tie_kind(tie), *ends))
        if place < start:
            yield place, tie


def find_tie(snapshot: Snapshot, kind: TieKind, from_: str, to: str) -> Tie | None:
    """One tie, ended or not; None when nothing says it."""
    ends = snapshot.nodes([from_, to])
    if len(ends) < len({from_, to}):
        return None
    row = snapshot.connection.execute(
        f"SELECT {TIE_COLUMNS} FROM tie t WHERE t.from_ = ? AND t.to_ = ? AND t.kind = ? AND t.count >= 0",
        (ends[from_], ends[to], TIE_NUMBERS[kind]),
    ).fetchone()
    if row is None:
        return None
    folded = snapshot.load([ends[from_]])[ends[from_]].folded or {}
    tie: TieRow | None = folded.get(row[0], TieRow(*row))
    return None if tie is None or tie.times == 0 else snapshot.to_tie(tie)


def list_facts(snapshot: Snapshot, sealer: Sealer, number: int, first: int, after: str | None) -> Page[RecordedFact]:
    """One page of the facts that name an entity and stand."""
    cursors = _Cursors(sealer, f"facts\n{snapshot.load([number])[number].id}")
    start = cursors.read(after)
    found: dict[str, tuple[Position, Kept]] = {}
    moment = snapshot.moment
    stands = "f.recorded_at <= ? AND (f.withdrawn_at IS NULL OR f.withdrawn_at > ?)"
    for table, where in (
        ("mention", "m.entity = ?"),
        ("movement", "m.account = ? AND m.incoming = 0 AND m.known_from <= ?2 AND (m.known_until IS NULL OR m.known_until > ?2)"),
        ("movement", "m.account = ? AND m.incoming = 1 AND m.known_from <= ?2 AND (m.known_until IS NULL OR m.known_until > ?2)"),
    ):
        rows = snapshot.connection.execute(
            f"""SELECT {FACT_COLUMNS} FROM {table} m CROSS JOIN {FACT_TABLES.replace("CROSS", "ON f.number = m.fact CROSS", 1)}
            WHERE {where.replace("= ?", "= ?1", 1)} AND m.occurred_at <= ?3 AND {stands.replace("?", "?2")}
            ORDER BY m.occurred_at DESC, f.recorded_at DESC, f.id DESC""",
            (number, moment.known_at, min(moment.at, start[0])),
        )
        later = ((place, kept) for kept in map(read_kept, rows) if (place := (kept.occurred_at, kept.recorded_at, kept.id)) < start)
        found |= {kept.id: (place, kept) for place, kept in itertools.islice(later, first + 1)}
    ordered = sorted(found.values(), key=lambda one: one[0], reverse=True)[: first + 1]
    told = tell_facts(snapshot, [kept for _, kept in ordered])
    return cursors.page([(place, fact) for (place, _), fact in zip(ordered, told, strict=True)], first)


def find_fact(snapshot: Snapshot, id_: str) -> RecordedFact | None:
    """One fact, withdrawn or not; a withdrawal is there as soon as it is recorded."""
    sql = f"SELECT {FACT_COLUMNS} FROM {FACT_TABLES} WHERE f.id = ? AND f.institution = ? AND f.recorded_at <= ?"
    row = snapshot.connection.execute(sql, (id_, snapshot.number, snapshot.moment.known_at)).fetchone()
    if row is None or (row[5] > snapshot.moment.at and FACT_KINDS[row[4]] != "FACT_WITHDRAWN"):
        return None
    return tell_facts(snapshot, [read_kept(row)])[0]


def tell_facts(snapshot: Snapshot, facts: list[Kept]) -> list[RecordedFact]:
    """Facts as the graph's word, their sentences with the labels of the moment."""
    numbers = list(dict.fromkeys(number for fact in facts for number in fact.named()))
    ids: dict[int, str] = {}
    labels: dict[int, object] = {}
    for chunk in chunks(numbers):
        for number, id_, label in snapshot.connection.execute(
            f"SELECT number, id, label FROM entity WHERE number IN ({marks(chunk)})", chunk
        ):
            ids[number], labels[number] = id_, label
    labels |= {number: entity.label for number, entity in snapshot.entities(numbers).items()}
    told: list[RecordedFact] = []
    for fact in facts:
        kind = FACT_KINDS[fact.kind]
        values = {
            name: labels.get(value, value) if name in NAMING and isinstance(value, int) else value for name, value in fact.content.items()
        }
        gone = fact.withdrawn_at if fact.withdrawn_at is not None and fact.withdrawn_at <= snapshot.moment.known_at else None
        named = tuple(ids[number] for number in fact.named())
        told.append(
            RecordedFact(
                fact.id, fact.source_id, fact.source, kind, fact.occurred_at, fact.recorded_at, gone, named, sentence(kind, values)
            )
        )
    return told


def list_loans(snapshot: Snapshot, sealer: Sealer, merchant: int, first: int, after: str | None) -> Page[Entity]:
    """One page of a merchant's loans: all that it is tied to by having applied, by when they were applied for."""
    node = snapshot.load([merchant])[merchant]
    cursors = _Cursors(sealer, f"loans\n{node.id}")
    start = cursors.read(after)
    applied = TIE_NUMBERS[TieKind.APPLIED_FOR]
    ties = [row for row in (node.folded or {}).values() if row is not None and row.kind == applied and row.from_ == merchant]
    ties += [row for _, row in itertools.islice(_stream(snapshot, merchant, applied, False, _BEYOND), MAXIMUM_LOANS)]
    loans = snapshot.entities(row.to for row in ties)
    placed: list[tuple[Position, Entity]] = []
    for row in ties:
        applied_at = loans[row.to].fields.get("applied_at", row.first_at)
        assert isinstance(applied_at, int), "moments are whole"
        placed.append(((applied_at, row.recorded_at, loans[row.to].id), loans[row.to]))
    ordered = sorted((one for one in placed if one[0] < start), key=lambda one: one[0], reverse=True)
    return cursors.page(ordered[: first + 1], first)


class _Cursors:
    """Cursors of one list."""

    def __init__(self, sealer: Sealer, list_: str) -> None:
        self._hash: Callable[[bytes], bytes] = sealer.content_hash
        self._list = f"cursor\n{list_}\n".encode()

    def write(self, place: Position) -> str:
        """The cursor of an item."""
        body = orjson.dumps(place)
        return base64.urlsafe_b64encode(self._hash(self._list + body)[:_MAC_BYTES] + body).decode().rstrip("=")

    def read(self, cursor: str | None) -> Position:
        """The place after which a page begins; beyond all others without a cursor."""
        if cursor is None:
            return _BEYOND
        try:
            raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not body or self._hash(self._list + body)[:_MAC_BYTES] != mac:
            message = "is no cursor of this list with these arguments: give an `endCursor` that it gave, or leave it out for the first page"
            raise InvalidInput([Problem(("after",), message)])
        at, recorded_at, id_ = orjson.loads(body)
        return at, recorded_at, id_

    def page(self, items: Iterable[tuple[Position, T]], first: int) -> Page[T]:
        """A page of the first of these, which are one more where more follow."""
        all_ = list(items)
        return Page(tuple(item for _, item in all_[:first]), tuple(self.write(place) for place, _ in all_[:first]), len(all_) > first)
