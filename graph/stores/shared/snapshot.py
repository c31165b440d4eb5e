"""The primitives of one snapshot: all that walks, paths, lists and surroundings are built of, on every store.

    centre = snapshot.node("mer_...")          # a number, or None
    around = snapshot.adjacent([centre], 50, kinds=None, deadline=deadline)
    ties = [snapshot.to_tie(row) for row in around[centre].ties]

Inside, entities are numbers. `load` reads what several entities need at once, so call `adjacent`, `entities` and `load` with all numbers
of one distance together. `deadline` is a reading of `time.monotonic()`; what it kept from being read is missing in the answer.
Where nothing has touched an entity after the moment, cached rows are exact; elsewhere the ties that were touched are folded from their
rows (`settling`). Methods wait for the store, so a snapshot is used on a thread that may wait, and by one alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from graph import weighing
from graph.flows.scope import Way, Window
from graph.ids import ENTITY_NUMBERS, TIE_NUMBERS, tie_id
from graph.merging import VALUE_FIELDS
from graph.model import (
    Entity,
    EntityKind,
    FieldValue,
    FlowBounds,
    Instant,
    LoanState,
    Moment,
    Sealed,
    Standing,
    Tie,
    TieKind,
    TransferKind,
    WalkBounds,
)
from graph.quickly import quickly
from graph.stores.shared.encoding import Kept
from graph.stores.shared.folding import NOTHING_SAID, Description
from graph.stores.shared.rows import STREAMS, Adjacency, Node, TieRow, kind_of, stream, tie_kind, unpack_fields
from graph.stores.shared.settling import Settling, settle
from graph.stores.shared.tables import Row

Position = tuple[Instant, Instant, str]
"""Place of an item in a list's order."""

TRANSFER_KINDS: Final = tuple(TransferKind)
NO_TIES: Final = Adjacency((), 0)
"""Of an entity that has none to be read."""

MAXIMUM_PAY_OUT_ACCOUNTS: Final = 1_000
"""Accounts over which one loan's pay-outs are summed."""

_STANDINGS: Final = {standing.value: standing for standing in Standing}
_PAID_OUT_TO: Final = TIE_NUMBERS[TieKind.PAID_OUT_TO]
_entity: Final = quickly(Entity)
_LOAN: Final = ENTITY_NUMBERS[EntityKind.LOAN]


class Moved(NamedTuple):
    """A transfer that stands, seen from one account."""

    fact: int
    """Which one: parallel transfers are equal in all else."""
    other: int
    amount: int
    kind: int
    """Place in `TRANSFER_KINDS`."""
    occurred_at: Instant
    recorded_at: Instant


class Reported(NamedTuple):
    """A transfer that is reported, whether it stands or was reversed."""

    fact: str
    """Id of the fact whose report of it is kept as the first."""
    key: str
    from_: str
    to: str
    """Ids of the two accounts."""
    amount: int
    kind: int
    """Place in `TRANSFER_KINDS`."""
    occurred_at: Instant
    recorded_at: Instant
    hidden_at: Instant | None
    """From when on it does not count, as is known by the moment."""


class Counted(NamedTuple):
    """Sums over the receipts of a window of 90 days: numbers of receipts, minor units, and payers."""

    count_90: int
    count_30: int
    amount_90: int
    amount_30: int
    amount_7: int
    payers_90: int
    largest_payer_90: int
    self_paid_90: int


class Snapshot(Settling, ABC):
    """One institution at one moment."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self._nodes: dict[int, Node | None] = {}

    @abstractmethod
    def identify(self, ids: Sequence[str]) -> Mapping[str, int]:
        """Numbers of the entities with these ids, whether or not they exist at the moment."""

    @abstractmethod
    def read_nodes(self, numbers: Sequence[int], *, profiles: bool) -> Iterable[Row]:
        """number, id, facts, first_at, last_at, reach, degrees, latest_at, changed_at, and with `profiles` what a `Profile` holds."""

    @abstractmethod
    def read_profiles(self, nodes: Sequence[Node]) -> None:
        """Fill in what entities are and what is said of them now, of nodes that were read without."""

    @abstractmethod
    def fold_descriptions(self, numbers: Sequence[int]) -> Mapping[int, Description]:
        """What is said of these entities at the moment; left out where nothing is."""

    @abstractmethod
    def adjacent(
        self, nodes: Sequence[int], limit: int, kinds: frozenset[TieKind] | None = None, deadline: float | None = None
    ) -> dict[int, Adjacency]:
        """For each node its at most `limit` newest ties that hold, and how many more there are; ties with itself are not walked."""

    @abstractmethod
    def ties_across(self, starts: Sequence[int], ends: Sequence[int]) -> Iterable[TieRow]:
        """Cached rows of the ties from one of these entities to one of those."""

    @abstractmethod
    def listed_ties(self, number: int, kinds: Collection[int], start: Position, most: int) -> Iterable[tuple[Position, TieRow]]:
        """An entity's ties whose cached rows are exact, ended ones and ties with itself among them, that come behind `start`: at least the
        first `most` in the order of lists, in any order; of these kinds.
        """

    @abstractmethod
    def applications(self, merchant: int, most: int) -> Iterable[TieRow]:
        """Of the merchant's ties to loans those whose cached rows are exact, at most so many, newest first."""

    @abstractmethod
    def listed_facts(self, number: int, start: Position, most: int) -> Iterable[tuple[Position, Kept]]:
        """Facts that name the entity, stand and come behind `start`: at least the first `most` in the order of lists, in any order."""

    @abstractmethod
    def fact(self, id: str) -> Kept | None:
        """The fact with this id that was recorded by then."""

    @abstractmethod
    def tie(self, from_: int, to: int, kind: int) -> TieRow | None:
        """The cached row of a tie."""

    @abstractmethod
    def names(self, numbers: Sequence[int]) -> Iterable[tuple[int, str, str]]:
        """number, id and label of entities, whether or not they exist at the moment."""

    @abstractmethod
    def moved(
        self, accounts: Sequence[int], *, incoming: bool, after: Instant, most: int, others: Collection[int] | None, deadline: float | None
    ) -> dict[int, Sequence[Moved]]:
        """Of each account its newest standing transfers after that moment, from or to `others` alone when they are given: `most`, and one
        more if more follow; by occurred_at, recorded_at, amount, id of the other account, descending.
        """

    @abstractmethod
    def reported(self, account: int, ways: Collection[Way], window: Window, start: Position, most: int) -> Iterable[Reported]:
        """An account's transfers in these directions and this time that come behind `start` (the id in it is a fact's): at least the first
        `most` in the order of lists, in any order.
        """

    @abstractmethod
    def report(self, fact: str) -> Reported | None:
        """The transfer whose first report is the fact with this id."""

    @abstractmethod
    def receipts(self, accounts: Sequence[int], own: Collection[int], at: Instant, most: int, *, newest: bool) -> Counted:
        """Sums over at most so many of the accounts' receipts in (at - 90 days, at], with `newest` over the newest ones."""

    @abstractmethod
    def outermost_receipts(self, accounts: Sequence[int], at: Instant) -> tuple[Instant, Instant] | None:
        """Moments of the first and the last receipt ever, by `at`."""

    def foresee(self, centre: str, bounds: WalkBounds) -> None:
        """Be told that a walk within these bounds will begin at this entity, so that what it reads can be read at once."""

    def foresee_money(self, accounts: Sequence[int], receiving: Sequence[int], bounds: FlowBounds) -> None:
        """Be told that the money around these accounts will be asked for, and the receipts of those."""

    def recall(self, numbers: Sequence[int]) -> Sequence[int]:
        """Take what is remembered of these entities into the snapshot, where a store remembers any; those that are still to be read."""
        return numbers

    def remember(self, node: Node, latest_at: Instant, changed_at: Instant) -> None:
        """Be told of an entity that was just read and whose cached rows are exact, with the moments of its latest change."""

    def ids(self, numbers: Iterable[int]) -> dict[int, str]:
        """Ids of entities that exist at the moment."""
        return {number: node.id for number, node in self.load(numbers).items()}

    def node(self, id: str) -> int | None:
        """Number of the entity with this id, None when it does not exist at the moment."""
        return self.nodes([id]).get(id)

    def nodes(self, ids: Sequence[str]) -> dict[str, int]:
        """Numbers of the entities with these ids that exist at the moment."""
        found = self.identify(ids)
        loaded = self.load(found.values())
        return {name: number for name, number in found.items() if number in loaded}

    def load(self, numbers: Iterable[int], *, profiles: bool = False) -> dict[int, Node]:
        """What the moment says of these entities' places in the graph; entities that do not exist then are left out.

        With `profiles` what `entities` needs is read in the same statement.
        """
        wanted = list(dict.fromkeys(numbers))
        known = self._nodes
        fresh = [number for number in wanted if number not in known]
        if fresh and (fresh := list(self.recall(fresh))):
            at, known_at = self.moment.at, self.moment.known_at
            inexact: list[Node] = []
            known |= dict.fromkeys(fresh)
            for row in self.read_nodes(fresh, profiles=profiles):
                number, name, facts, first_at, last_at, reach, degrees, latest_at, changed_at = row[:9]
                node = Node(number, name, facts > 0, first_at, last_at, reach, dict(STREAMS(degrees)), None, row[9:] or None)
                known[number] = node
                if latest_at > at or changed_at > known_at:
                    inexact.append(node)
                else:
                    self.remember(node, latest_at, changed_at)
            settle(self, inexact)
        return {number: found for number in wanted if (found := known[number]) is not None and found.exists}

    def entities(self, numbers: Iterable[int]) -> dict[int, Entity]:
        """The entities that exist at the moment, with reach and all that is said of them then."""
        return self._make(self.load(numbers, profiles=True))

    def _make(self, nodes: Mapping[int, Node]) -> dict[int, Entity]:
        """The entities of these nodes."""
        self.read_profiles([node for node in nodes.values() if node.profile is None])
        paid_out = self._paid_out(nodes)
        inexact = [number for number, node in nodes.items() if node.folded is not None]
        folded = self.fold_descriptions(inexact)
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

    def _paid_out(self, nodes: Mapping[int, Node]) -> dict[int, int]:
        """Sums of the standing pay-outs of loans that have any."""
        only = frozenset({_PAID_OUT_TO})
        loans = [number for number, node in nodes.items() if number & 15 == _LOAN and node.degree(only)]
        around = self.adjacent(loans, MAXIMUM_PAY_OUT_ACCOUNTS, frozenset({TieKind.PAID_OUT_TO})) if loans else {}
        return {loan: sum(tie.total or 0 for tie in found.ties) for loan, found in around.items()}


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
