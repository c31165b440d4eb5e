"""Pages: an entity's ties, the facts that name it, a merchant's loans. Newest first, by keyset: a page costs what it shows.

A cursor is the place of an item in the list's order, with a keyed hash over it and the list, so that it is good for the list, its
arguments and the institution that gave it, and nobody can make one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import orjson

from graph.errors import InvalidInput, Problem
from graph.ids import TIE_NUMBERS
from graph.model import Entity, RecordedFact, Tie, TieKind
from graph.sealing import Sealer
from graph.sentences import sentence
from graph.store import Page
from graph.stores.shared.encoding import FACT_KINDS, NAMING, Kept
from graph.stores.shared.rows import tie_numbers
from graph.stores.shared.snapshot import Position, Snapshot

T = TypeVar("T")
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
    cursors = Cursors(sealer, f"ties\n{node.id}\n{named}")
    start = cursors.read(after)
    only = tie_numbers(kinds)
    found = [row for row in (node.folded or {}).values() if row is not None and (only is None or row.kind in only)]
    rows = {row.number: (place, row) for row in found if (place := snapshot.tie_order(row)) < start}
    every = TIE_NUMBERS.values() if only is None else only
    rows |= {row.number: (place, row) for place, row in snapshot.listed_ties(number, sorted(every), start, first + 1)}
    ordered = sorted(rows.values(), reverse=True)
    return cursors.page([(place, snapshot.to_tie(row)) for place, row in ordered[: first + 1]], first)


def find_tie(snapshot: Snapshot, kind: TieKind, from_: str, to: str) -> Tie | None:
    """One tie, ended or not; None when nothing says it."""
    ends = snapshot.nodes([from_, to])
    if len(ends) < len({from_, to}):
        return None
    tie = snapshot.tie(ends[from_], ends[to], TIE_NUMBERS[kind])
    if tie is None:
        return None
    folded = snapshot.load([ends[from_]])[ends[from_]].folded or {}
    tie = folded.get(tie.number, tie)
    return None if tie is None or tie.times == 0 else snapshot.to_tie(tie)


def list_facts(snapshot: Snapshot, sealer: Sealer, number: int, first: int, after: str | None) -> Page[RecordedFact]:
    """One page of the facts that name an entity and stand."""
    cursors = Cursors(sealer, f"facts\n{snapshot.load([number])[number].id}")
    start = cursors.read(after)
    found = {kept.id: (place, kept) for place, kept in snapshot.listed_facts(number, start, first + 1)}
    ordered = sorted(found.values(), key=lambda one: one[0], reverse=True)[: first + 1]
    told = tell_facts(snapshot, [kept for _, kept in ordered])
    return cursors.page([(place, fact) for (place, _), fact in zip(ordered, told, strict=True)], first)


def find_fact(snapshot: Snapshot, id_: str) -> RecordedFact | None:
    """One fact, withdrawn or not; a withdrawal is there as soon as it is recorded."""
    kept = snapshot.fact(id_)
    if kept is None or (kept.occurred_at > snapshot.moment.at and FACT_KINDS[kept.kind] != "FACT_WITHDRAWN"):
        return None
    return tell_facts(snapshot, [kept])[0]


def tell_facts(snapshot: Snapshot, facts: list[Kept]) -> list[RecordedFact]:
    """Facts as the graph's word, their sentences with the labels of the moment."""
    numbers = list(dict.fromkeys(number for fact in facts for number in fact.named()))
    ids: dict[int, str] = {}
    labels: dict[int, object] = {}
    for number, id_, label in snapshot.names(numbers):
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
    cursors = Cursors(sealer, f"loans\n{node.id}")
    start = cursors.read(after)
    applied = TIE_NUMBERS[TieKind.APPLIED_FOR]
    ties = [row for row in (node.folded or {}).values() if row is not None and row.kind == applied and row.from_ == merchant]
    ties += snapshot.applications(merchant, MAXIMUM_LOANS)
    loans = snapshot.entities(row.to for row in ties)
    placed: list[tuple[Position, Entity]] = []
    for row in ties:
        applied_at = loans[row.to].fields.get("applied_at", row.first_at)
        assert isinstance(applied_at, int), "moments are whole"
        placed.append(((applied_at, row.recorded_at, loans[row.to].id), loans[row.to]))
    ordered = sorted((one for one in placed if one[0] < start), key=lambda one: one[0], reverse=True)
    return cursors.page(ordered[: first + 1], first)


class Cursors:
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
