"""The primitives of one snapshot: all that walks, paths and surroundings are built of.

    with Snapshot(connection, institution, moment) as snapshot:
        centre = snapshot.node("mer_...")          # a number, or None
        around = snapshot.adjacent([centre], 50, kinds=None, deadline=deadline)
        ties = [snapshot.to_tie(row) for row in around[centre].ties]

Inside, entities are numbers. `load` reads what several entities need in one statement, so call `adjacent`, `entities` and `degrees`
with all numbers of one distance at once. `deadline` is a reading of `time.monotonic()`; what it kept from being read is missing in
the answer. Where nothing has touched an entity after the moment, cached rows are exact and found through an index with a
LIMIT; elsewhere the ties that were touched are folded from their rows.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain
from operator import attrgetter
from types import TracebackType
from typing import Any, Final, Self

from graph import weighing
from graph.ids import ENTITY_NUMBERS, TIE_NUMBERS, tie_id
from graph.merging import VALUE_FIELDS
from graph.model import Entity, EntityKind, FieldValue, Instant, LoanState, Moment, Sealed, Standing, Tie, TieKind, Transfer, TransferKind
from graph.quickly import quickly
from graph.sealing import Sealer
from graph.stores.shared.folding import NOTHING_SAID
from graph.stores.shared.rows import (
    STREAMS,
    Adjacency,
    MovementRow,
    Node,
    TieRow,
    kind_of,
    stream,
    stream_parts,
    tie_kind,
    tie_numbers,
    unpack_fields,
)
from graph.stores.sqlite.folding import CHUNK, chunks, fold_descriptions, marks
from graph.stores.sqlite.institutions import find_institution
from graph.stores.sqlite.settling import settle

TRANSFER_KINDS: Final = tuple(TransferKind)
_STANDINGS: Final = {standing.value: standing for standing in Standing}
_PAID_OUT_TO: Final = TIE_NUMBERS[TieKind.PAID_OUT_TO]

_entity: Final = quickly(Entity)
_LOAN: Final = ENTITY_NUMBERS[EntityKind.LOAN]
_PROFILE: Final = "e.key, e.label, e.value, e.subject_key, d.label, d.blocked, d.standing, d.fields"
_DESCRIBED: Final = " LEFT JOIN description d ON d.entity = e.number"

NO_TIES: Final = Adjacency((), 0)
"""Of an entity that has none to be read."""

TIE_COLUMNS: Final = "t.number, t.kind, t.from_, t.to_, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.count, t.total, t.share"


class Snapshot:
    """One institution at one moment, in one short read transaction; not to be shared between threads.

    With a `sealer` its keys are compared with those that the institution was written with (`WrongKeys`).
    """

    def __init__(self, connection: sqlite3.Connection, institution: str, moment: Moment, sealer: Sealer | None = None) -> None:
        self._sealer = sealer
        self.connection = connection
        self.moment = moment
        self._institution = institution
        self.number = -1
        """Of the institution; -1 when nothing was ever recorded for it."""
        self._nodes: dict[int, Node | None] = {}

    def __enter__(self) -> Self:
        self.connection.execute("BEGIN")
        try:
            self.number = self._find()
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        return self

    def _find(self) -> int:
        """Number of the institution."""
        if self._sealer is not None:
            number = find_institution(self.connection, self._institution, self._sealer)
        else:
            number = self.connection.execute("SELECT max(number) FROM institution WHERE id = ?", (self._institution,)).fetchone()[0]
        return -1 if number is None else number

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def node(self, id: str) -> int | None:
        """Number of the entity with this id, None when it does not exist at the moment."""
        row = self.connection.execute("SELECT number FROM entity WHERE id = ? AND institution = ?", (id, self.number)).fetchone()
        return None if row is None or self.load([row[0]]).get(row[0]) is None else int(row[0])

    def nodes(self, ids: Sequence[str]) -> dict[str, int]:
        """Numbers of the entities with these ids that exist at the moment."""
        found: dict[str, int] = {}
        for start in range(0, len(ids), 250):
            some = list(ids[start : start + 250])
            sql = f"SELECT id, number FROM entity WHERE id IN ({marks(some)}) AND institution = ?"
            found |= dict(self.connection.execute(sql, [*some, self.number]))
        loaded = self.load(found.values())
        return {name: number for name, number in found.items() if number in loaded}

    def load(self, numbers: Iterable[int], *, profiles: bool = False) -> dict[int, Node]:
        """What the moment says of these entities' places in the graph; entities that do not exist then are left out.

        With `profiles` what `entities` needs is read in the same statement.
        """
        wanted = list(dict.fromkeys(numbers))
        known = self._nodes
        fresh = [number for number in wanted if number not in known]
        if fresh:
            at, known_at = self.moment.at, self.moment.known_at
            columns, join = (f", {_PROFILE}", _DESCRIBED) if profiles else ("", "")
            inexact: list[Node] = []
            for chunk in chunks(fresh):
                known |= dict.fromkeys(chunk)
                for row in self.connection.execute(
                    f"""SELECT e.number, e.id, n.facts, n.first_at, n.last_at, n.reach, n.degrees, n.latest_at, n.changed_at{columns}
                    FROM entity e CROSS JOIN node n ON n.entity = e.number{join}
                    WHERE e.number IN ({marks(chunk)}) AND e.institution = ?""",
                    [*chunk, self.number],
                ):
                    number, name, facts, first_at, last_at, reach, degrees, latest_at, changed_at = row[:9]
                    node = Node(number, name, facts > 0, first_at, last_at, reach, dict(STREAMS(degrees)), None, row[9:] or None)
                    known[number] = node
                    if latest_at > at or changed_at > known_at:
                        inexact.append(node)
            settle(self.connection, inexact, self.moment)
        return {number: found for number in wanted if (found := known[number]) is not None and found.exists}

    def adjacent(
        self, nodes: Sequence[int], limit: int, kinds: frozenset[TieKind] | None = None, deadline: float | None = None
    ) -> dict[int, Adjacency]:
        """For each node its at most `limit` newest ties that hold, and how many more there are; ties with itself are not walked."""
        only = tie_numbers(kinds)
        small: list[Node] = []
        around: dict[int, Adjacency] = {}
        for number, node in self.load(nodes).items():
            degree = node.degree(only)
            if degree == 0:
                around[number] = NO_TIES
            elif degree <= limit:
                small.append(node)
            elif deadline is None or time.monotonic() < deadline:
                around[number] = self._newest(node, limit, degree, only)
        for start in range(0, len(small), CHUNK):
            if deadline is not None and time.monotonic() >= deadline:
                break
            around |= self._whole(small[start : start + CHUNK], only)
        return around

    def entities(self, numbers: Iterable[int]) -> dict[int, Entity]:
        """The entities that exist at the moment, with reach and all that is said of them then."""
        nodes = self.load(numbers, profiles=True)
        self._read_profiles([node for node in nodes.values() if node.profile is None])
        paid_out = self._paid_out(nodes)
        inexact = [number for number, node in nodes.items() if node.folded is not None]
        folded = fold_descriptions(self.connection, inexact, self.moment)
        found: dict[int, Entity] = {}
        for number, node in nodes.items():
            assert node.profile is not None, "all were read"
            key, label, value, subject_key, said, blocked, standing, fields = node.profile
            if node.folded is not None:
                said, blocked, stands, shown = folded.get(number, NOTHING_SAID)
            elif standing is None or fields is None:
                stands, shown = Standing.CLEAR, {}
            else:
                stands, shown = _STANDINGS[standing], unpack_fields(fields)
            kind = kind_of(number)
            if value is not None:
                shown = _shown(kind, shown, value)
            if kind is EntityKind.LOAN:
                shown = _loan_fields(shown, paid_out.get(number))
            found[number] = _entity(
                node.id, kind, key, said or label, node.first_at, node.last_at, bool(blocked), stands, node.reach, shown, subject_key
            )
        return found

    def degrees(self, numbers: Iterable[int]) -> dict[int, dict[int, int]]:
        """How many ties that hold each entity has, by `rows.stream`."""
        return {number: node.degrees for number, node in self.load(numbers).items()}

    def weight(self, row: TieRow) -> float:
        """The tie's weight as of the moment (see `graph.weighing`); call `load` with all ends first to read them at once."""
        ends = self.load((row.from_, row.to))
        from_degree = ends[row.from_].degrees.get(stream(row.kind, False, row.to), 0)
        to_degree = ends[row.to].degrees.get(stream(row.kind, True, row.from_), 0)
        return weighing.weight(tie_kind(row), from_degree, to_degree)

    def to_tie(self, row: TieRow) -> Tie:
        """The row as the graph's word."""
        ends = self.load((row.from_, row.to))
        from_id, to_id, kind = ends[row.from_].id, ends[row.to].id, tie_kind(row)
        return Tie(
            tie_id(kind, from_id, to_id), kind, from_id, to_id, self.weight(row),
            row.first_at, row.last_at, row.recorded_at, row.ended_at, row.times, row.total, row.share,
        )  # fmt: skip

    def tie_order(self, row: TieRow) -> tuple[Instant, Instant, str]:
        """By which ties are newest first when sorted in reverse."""
        ends = self.load((row.from_, row.to))
        return row.last_at, row.recorded_at, tie_id(tie_kind(row), ends[row.from_].id, ends[row.to].id)

    def newest_first(self, ties: list[TieRow]) -> list[TieRow]:
        """The ties in that order. Ids sort like kind, kinds of both ends, then their ids: so ends are read only where all else is equal."""
        if len(ties) < 2:
            return ties
        nearly = [(tie[5], tie[6], tie[1] << 8 | (tie[2] & 15) << 4 | tie[3] & 15) for tie in ties]
        if len(set(nearly)) == len(ties):
            return [tie for _, tie in sorted(zip(nearly, ties, strict=True), reverse=True)]
        self.load({end for tie in ties for end in (tie.from_, tie.to)})
        return sorted(ties, key=self.tie_order, reverse=True)

    def transfers(
        self, accounts: Sequence[int], *, incoming: bool, after: Instant, until: Instant, limit: int, deadline: float | None = None
    ) -> dict[int, tuple[MovementRow, ...]]:
        """For each account its newest standing transfers with `after < occurred_at <= until`: `limit`, and one more if more follow."""
        found: dict[int, tuple[MovementRow, ...]] = {}
        for account in accounts:
            if deadline is not None and time.monotonic() >= deadline:
                break
            rows = self.connection.execute(
                f"""SELECT account, incoming, occurred_at, recorded_at, other, amount, kind FROM movement
                WHERE account = ? AND incoming = ? AND occurred_at > ? AND occurred_at <= ? AND {STANDS}
                ORDER BY occurred_at DESC, recorded_at DESC, fact DESC LIMIT ?""",
                (account, incoming, after, min(until, self.moment.at), *self.stands, limit + 1),
            )
            found[account] = tuple(MovementRow(*row) for row in rows)
        return found

    def to_transfer(self, row: MovementRow) -> Transfer:
        """The row as the graph's word."""
        ends = self.load((row.account, row.other))
        account, other = ends[row.account].id, ends[row.other].id
        from_id, to_id = (other, account) if row.incoming else (account, other)
        return Transfer(from_id, to_id, row.amount, TRANSFER_KINDS[row.kind], row.occurred_at, row.recorded_at)

    @property
    def stands(self) -> tuple[Instant, Instant, Instant]:
        """What the question marks of `STANDS` stand for."""
        return self.moment.known_at, self.moment.known_at, self.moment.at

    def _whole(self, nodes: Sequence[Node], only: frozenset[int] | None) -> dict[int, Adjacency]:
        """All ties of entities that have few, read at once: a probe for each entity, direction and kind that it has."""
        found: dict[int, list[TieRow]] = {}
        probes: dict[tuple[bool, int], set[tuple[int, int]]] = {(exact, way): set() for exact in (True, False) for way in (0, 1)}
        for node in nodes:
            number, exact = node.number, node.folded is None
            found[number] = self._folded(node, only)
            for code in node.degrees:
                if only is None or code >> 5 in only:
                    probes[exact, code >> 4 & 1].add((number, code >> 5))
        for (exact, incoming), wanted in probes.items():
            end = _TO if incoming else _FROM
            bounds = () if exact else (self.moment.at, self.moment.known_at)
            for chunk in _padded(sorted(wanted)):
                sql = _probing(len(chunk), bool(incoming), exact)
                for tie in map(_as_tie, self.connection.execute(sql, [*chain.from_iterable(chunk), *bounds])):
                    found[end(tie)].append(tie)
        return {number: Adjacency(tuple(self.newest_first(ties)), 0) for number, ties in found.items()}

    def _folded(self, node: Node, only: frozenset[int] | None) -> list[TieRow]:
        """An entity's ties that hold of those whose cached rows are not exact."""
        if not node.folded:
            return []
        ties = [tie for tie in node.folded.values() if tie is not None and tie.holds and tie.from_ != tie.to]
        return ties if only is None else [tie for tie in ties if tie.kind in only]

    def _newest(self, node: Node, limit: int, degree: int, only: frozenset[int] | None) -> Adjacency:
        """The newest ties of a hub, or of an entity whose cached rows are not exact: the newest of each stream, merged."""
        ties = self._folded(node, only)
        exact = "" if node.folded is None else " AND t.latest_at <= ? AND t.changed_at <= ?"
        bounds = () if node.folded is None else (self.moment.at, self.moment.known_at)
        for kind, incoming in sorted({stream_parts(code)[:2] for code in node.degrees}):
            if only is not None and kind not in only:
                continue
            end, index, other = ("to_", "tie_to", "from_") if incoming else ("from_", "tie_from", "to_")
            rows = self.connection.execute(
                f"""SELECT {TIE_COLUMNS} FROM tie t INDEXED BY {index} CROSS JOIN entity e ON e.number = t.{other}
                WHERE t.{end} = ? AND t.kind = ?{exact} AND t.count > 0 AND t.ended_at IS NULL AND t.from_ <> t.to_
                ORDER BY t.last_at DESC, t.recorded_at DESC, e.id DESC LIMIT ?""",
                (node.number, kind, *bounds, limit),
            )
            ties += map(_as_tie, rows)
        newest = self.newest_first(ties)[:limit]
        return Adjacency(tuple(newest), degree - len(newest))

    def _read_profiles(self, nodes: Sequence[Node]) -> None:
        """What entities are and what is said of them now, of nodes that were read without."""
        wanted = {node.number: node for node in nodes}
        for chunk in chunks(wanted):
            sql = f"SELECT e.number, {_PROFILE} FROM entity e{_DESCRIBED} WHERE e.number IN ({marks(chunk)})"
            for number, *profile in self.connection.execute(sql, chunk):
                wanted[number].profile = tuple(profile)

    def _paid_out(self, nodes: dict[int, Node]) -> dict[int, int]:
        """Sums of the standing pay-outs of loans that have any."""
        only = frozenset({_PAID_OUT_TO})
        loans = [number for number, node in nodes.items() if number & 15 == _LOAN and node.degree(only)]
        around = self.adjacent(loans, MAXIMUM_PAY_OUT_ACCOUNTS, frozenset({TieKind.PAID_OUT_TO})) if loans else {}
        return {loan: sum(tie.total or 0 for tie in found.ties) for loan, found in around.items()}


STANDS: Final = "known_from <= ? AND (known_until IS NULL OR known_until > ?) AND (hidden_at IS NULL OR hidden_at > ?)"
"""That a movement which has occurred stands at a snapshot's moment; its values are `Snapshot.stands`."""

MAXIMUM_PAY_OUT_ACCOUNTS: Final = 1_000
"""Accounts over which one loan's pay-outs are summed."""


def _padded(probes: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The probes in lists whose lengths are powers of four, filled up with ones that find nothing: few statements are ever prepared."""
    for start in range(0, len(probes), CHUNK):
        some = list(probes[start : start + CHUNK])
        width = 1
        while width < len(some):
            width *= 4
        yield some + [_NOWHERE] * (width - len(some))


@cache
def _probing(width: int, incoming: bool, exact: bool) -> str:
    """The statement for so many pairs of an entity and a kind of tie; without `exact` of those alone whose cached row is.

    What must hold of the tie names the probe as well, or the planner may build a filter over all ties first.
    """
    end, index = ("to_", "tie_to") if incoming else ("from_", "tie_from")
    touched = "" if exact else "t.latest_at <= ? AND t.changed_at <= ? AND "
    return f"""WITH probe (entity, kind) AS (VALUES {",".join(["(?,?)"] * width)})
        SELECT {TIE_COLUMNS} FROM probe CROSS JOIN tie t INDEXED BY {index} ON t.{end} = probe.entity AND t.kind = probe.kind
        WHERE iif(probe.kind < 0, 0, {touched}t.count > 0 AND t.ended_at IS NULL AND t.from_ <> t.to_)"""


_as_tie: Final[Callable[[tuple[Any, ...]], TieRow]] = partial(tuple.__new__, TieRow)
"""`TieRow._make` without its check of the length."""

_FROM: Final[Callable[[TieRow], int]] = attrgetter("from_")
_TO: Final[Callable[[TieRow], int]] = attrgetter("to")

_NOWHERE: Final = (-1, -1)
"""A probe that finds nothing."""


def _shown(kind: EntityKind, fields: dict[str, FieldValue], value: bytes) -> dict[str, FieldValue]:
    """The fields with the identifier that the entity is known by, and with what is in clear of a document."""
    if kind is EntityKind.DOCUMENT:
        document_kind, issued_by = value.decode().split(":")
        return {"document_kind": document_kind, "issued_by": issued_by, **fields}
    if kind in VALUE_FIELDS:
        return {VALUE_FIELDS[kind]: Sealed(VALUE_FIELDS[kind], value), **fields}
    return fields


def _loan_fields(fields: dict[str, FieldValue], paid_out: int | None) -> dict[str, FieldValue]:
    """A loan's fields with its state (semantics 9) and what was paid out."""
    state = LoanState.APPLIED if paid_out is None else LoanState.PAID_OUT
    return {"state": state.value} | fields | ({} if paid_out is None else {"paid_out": paid_out})
