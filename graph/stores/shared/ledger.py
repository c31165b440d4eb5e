"""The cached rows that one call of recording reads, changes and writes back: identities, nodes and ties.

What is needed is read before (`find`, `pairs`), in few statements; what was not foreseen is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from graph.errors import RingfenceError
from graph.ids import TIE_NUMBERS
from graph.masking import label
from graph.merging import VALUE_FIELDS
from graph.model import KEYED_KINDS, MONEY_TIES, EntityKind, EntityName, Instant
from graph.sealing import Sealer
from graph.stores.shared.rows import MAXIMUM_TOTAL, TieRow, entity_number, pack_degrees, stream, unpack_degrees
from graph.stores.shared.tables import Row, Tables, TieHead

MONEY: Final = frozenset(TIE_NUMBERS[kind] for kind in MONEY_TIES)


class NodeState:
    """An entity's cached row while a batch is applied."""

    __slots__ = ("changed_at", "degrees", "facts", "first_at", "last_at", "latest_at", "reach")

    def __init__(
        self, facts: int, first_at: Instant, last_at: Instant, latest_at: Instant, changed_at: Instant, reach: int, degrees: bytes
    ) -> None:
        self.facts = facts
        self.first_at = first_at
        self.last_at = last_at
        self.latest_at = latest_at
        self.changed_at = changed_at
        self.reach = reach
        self.degrees = degrees


class TieState:
    """A tie's cached row while a batch is applied."""

    __slots__ = ("changed_at", "ended_at", "first_at", "from_", "held", "kind", "last_at", "latest_at", "new", "number", "recorded_at",
                 "share", "simple", "times", "to", "total")  # fmt: skip

    def __init__(self, number: int, kind: int, from_: int, to: int) -> None:
        self.number = number
        self.kind = kind
        self.from_ = from_
        self.to = to
        self.first_at: Instant = 0
        self.last_at: Instant = 0
        self.recorded_at: Instant = 0
        self.ended_at: Instant | None = None
        self.times = 0
        self.total: int | None = 0 if kind in MONEY else None
        self.share: float | None = None
        self.latest_at: Instant = 0
        self.changed_at: Instant = 0
        self.simple = True
        self.new = True
        self.held = False
        """Whether it held before the batch."""

    def see(self, occurred_at: Instant, recorded_at: Instant, amount: int | None) -> None:
        """Fold one more plain observation in."""
        if self.times == 0:
            self.first_at = self.last_at = occurred_at
            self.recorded_at = recorded_at
        else:
            if occurred_at < self.first_at:
                self.first_at = occurred_at
            if occurred_at > self.last_at:
                self.last_at = occurred_at
            if recorded_at < self.recorded_at:
                self.recorded_at = recorded_at
        self.times += 1
        if amount is not None:
            self.total = min((self.total or 0) + amount, MAXIMUM_TOTAL)

    def become(self, row: TieRow | None) -> None:
        """Take over what was folded from all rows."""
        self.simple = False
        if row is None:
            self.first_at = self.last_at = self.recorded_at = self.times = 0
            self.ended_at = self.share = None
            self.total = None if self.total is None else 0
        else:
            (self.first_at, self.last_at, self.recorded_at, self.ended_at, self.times, self.total, self.share) = row[4:]

    def touch(self, latest_at: Instant, changed_at: Instant) -> None:
        """Note when it was touched in the world and in recorded time."""
        if latest_at > self.latest_at:
            self.latest_at = latest_at
        if changed_at > self.changed_at:
            self.changed_at = changed_at


class Sequences:
    """Numbers for new rows of one transaction."""

    def __init__(self, greatest: Callable[[str], int]) -> None:
        """`greatest` reads the last number given so far in a table; of entities their sequence."""
        self._greatest = greatest
        self.last: dict[str, int] = {}
        """The last number of each table of which one was given."""

    def next(self, table: str) -> int:
        """The next number of a table: `entity`, `fact` or `tie`; of entities their sequence."""
        if table not in self.last:
            self.last[table] = self._greatest(table)
        self.last[table] += 1
        return self.last[table]


class Ledger:
    """Identities, nodes and ties of one institution within one call."""

    def __init__(self, tables: Tables, sealer: Sealer, sequences: Sequences) -> None:
        self.tables = tables
        self.sealer = sealer
        self.sequences = sequences
        self.numbers: dict[str, int] = {}
        """Of entities found or made, by id."""
        self.ids: dict[int, str] = {}
        self._keys: dict[int, bytes | None] = {}
        self._made: list[tuple[object, ...]] = []
        self.nodes: dict[int, NodeState] = {}
        self.ties: dict[tuple[int, int], dict[int, TieState]] = {}
        self._touched: dict[int, TieState] = {}
        self.unsure: set[int] = set()
        """Entities whose first and last mention must be looked up again."""
        tables.know_ties(self._head)

    def find(self, ids: Iterable[str]) -> None:
        """Read which of these entities are known already."""
        wanted = sorted(id_ for id_ in set(ids) if id_ not in self.numbers)
        for id_, number, key in self.tables.identities(wanted) if wanted else ():
            self.numbers[id_] = number
            self.ids[number] = id_
            self._keys[number] = key

    def make(self, id_: str, name: EntityName) -> int:
        """Number of a new entity, whose identity is written when the ledger is."""
        kind, key = name.kind, name.key
        assert key is not None, "an entity is made by its key"
        number = entity_number(self.sequences.next("entity"), kind)
        subject_key = None if kind in (EntityKind.DOCUMENT, EntityKind.MERCHANT, EntityKind.LOAN) else self.sealer.new_subject_key()
        self.numbers[id_] = number
        self.ids[number] = id_
        self._keys[number] = subject_key
        own_key: str | None = key
        token, version, value = None, None, None
        if kind not in KEYED_KINDS:
            own_key = None
            token, version = (made := self.sealer.token(kind, key)).digest, made.version
            if kind is EntityKind.DOCUMENT:
                value = key.rsplit(":", 1)[0].encode()  # which document and whose, never its number
            elif kind in VALUE_FIELDS:
                value = self.seal(number, VALUE_FIELDS[kind], key)
        self._made.append((number, id_, own_key, label(kind, key), token, version, value, subject_key))
        self.nodes[number] = NodeState(0, 0, 0, 0, 0, 0, b"")
        return number

    def seal(self, number: int, field: str, value: str) -> bytes:
        """Ciphertext of an entity's personal field."""
        if number not in self._keys:
            self._keys[number] = self.tables.identity(number)[1]
        key = self._keys[number]
        if key is None:
            raise RingfenceError(f"entity {self.ids[number]} has no key of its own: it was erased, and nothing personal is kept of it")
        return self.sealer.seal(key, self.id_of(number), field, value)

    def read_nodes(self, numbers: Iterable[int]) -> None:
        """Read these nodes."""
        wanted = sorted(number for number in set(numbers) if number not in self.nodes)
        for number, *row in self.tables.nodes(wanted) if wanted else ():
            self.nodes[number] = NodeState(*row)

    def id_of(self, number: int) -> str:
        """Id of an entity."""
        if number not in self.ids:
            id_ = self.tables.identity(number)[0]
            self.ids[number], self.numbers[id_] = id_, number
        return self.ids[number]

    def node(self, number: int) -> NodeState:
        """An entity's node."""
        if number not in self.nodes:
            self.read_nodes((number,))
        return self.nodes[number]

    def name(self, number: int, occurred_at: Instant, changed_at: Instant, stands: bool) -> None:
        """Note that a fact names an entity."""
        node = self.nodes.get(number) or self.node(number)
        if stands:
            if node.facts == 0:
                node.first_at = node.last_at = occurred_at
            elif occurred_at < node.first_at:
                node.first_at = occurred_at
            elif occurred_at > node.last_at:
                node.last_at = occurred_at
            node.facts += 1
        if occurred_at > node.latest_at:
            node.latest_at = occurred_at
        if changed_at > node.changed_at:
            node.changed_at = changed_at

    def touch(self, number: int, latest_at: Instant, changed_at: Instant) -> None:
        """Note that an entity was touched."""
        node = self.node(number)
        node.latest_at = max(node.latest_at, latest_at)
        node.changed_at = max(node.changed_at, changed_at)

    def read_pairs(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Read the ties between the ends of each pair, in both directions where there can be."""
        wanted = {pair for pair in pairs if pair not in self.ties}
        wanted |= {(to, from_) for from_, to in wanted if may_turn(from_, to) and (to, from_) not in self.ties}
        ordered = sorted(wanted)
        for pair in ordered:
            self.ties[pair] = {}
        for row in self.tables.ties(ordered) if ordered else ():
            tie = TieState(*row[:4])
            (
                tie.first_at,
                tie.last_at,
                tie.recorded_at,
                tie.ended_at,
                tie.times,
                tie.total,
                tie.share,
                tie.latest_at,
                tie.changed_at,
            ) = row[4:13]
            tie.simple, tie.new = bool(row[13]), False
            tie.held = tie.times > 0 and tie.ended_at is None
            self.ties[row[2], row[3]][row[1]] = tie

    def tie(self, kind: int, from_: int, to: int) -> TieState:
        """A tie to be changed; a new one when there is none yet."""
        pair = (from_, to)
        between = self.ties.get(pair)
        if between is None:
            self.read_pairs((pair,))
            between = self.ties[pair]
        tie = between.get(kind)
        if tie is None:
            tie = between[kind] = TieState(self.sequences.next("tie"), kind, from_, to)
        self._touched[tie.number] = tie
        return tie

    def tie_by_number(self, number: int) -> TieState:
        """A tie to be changed."""
        if number not in self._touched:
            return self.tie(*self.tables.tie(number))
        return self._touched[number]

    def _head(self, number: int) -> TieHead:
        """Which tie this is, of those that were touched."""
        tie = self._touched[number]
        return TieHead(number, tie.kind, tie.from_, tie.to)

    def enter_entities(self) -> None:
        """Write identities of new entities, so that rows that name them find them."""
        if self._made:
            self.tables.enter_entities(self._made)
            self._made = []

    def write(self) -> None:
        """Write everything back, degrees and reach with it."""
        self._count()
        self.read_nodes(end for tie in self._touched.values() for end in (tie.from_, tie.to))
        self.enter_entities()
        self.tables.put_nodes(
            [(n, s.facts, s.first_at, s.last_at, s.latest_at, s.changed_at, s.reach, s.degrees) for n, s in sorted(self.nodes.items())]
        )
        old = sorted((tie for tie in self._touched.values() if not tie.new), key=lambda t: t.number)
        self.enter_ties()
        if old:
            self.tables.change_ties([_tie_row(tie) for tie in old])

    def enter_ties(self) -> None:
        """Write rows of new ties, so that statements find them; they are written again if they change."""
        new = sorted((tie for tie in self._touched.values() if tie.new), key=lambda t: (t.from_, t.to))
        if new:
            self.tables.enter_ties([_tie_row(tie) for tie in new])
        for tie in new:
            tie.new = False

    def _count(self) -> None:
        """Bring degrees and reach to what now holds."""
        turned: dict[tuple[int, int], None] = {}
        changes: dict[int, dict[int, int]] = {}
        for tie in self._touched.values():
            from_, to = tie.from_, tie.to
            holds = tie.times > 0 and tie.ended_at is None
            if holds is not tie.held and from_ != to:
                step = 1 if holds else -1
                out, in_ = changes.setdefault(from_, {}), changes.setdefault(to, {})
                code = stream(tie.kind, False, to)
                out[code] = out.get(code, 0) + step
                code = stream(tie.kind, True, from_)
                in_[code] = in_.get(code, 0) + step
                turned[(from_, to) if from_ < to else (to, from_)] = None
        self.read_nodes(changes)
        for number, steps in changes.items():
            node = self.nodes[number]
            degrees = unpack_degrees(node.degrees)
            for code, step in steps.items():
                degrees[code] = degrees.get(code, 0) + step
            node.degrees = pack_degrees(degrees)
        for a, b in turned:  # reach counts an entity once, however many ties there are between
            between = [*self.ties.get((a, b), _NONE).values(), *self.ties.get((b, a), _NONE).values()]
            before = any(tie.held for tie in between)
            after = any(tie.times > 0 and tie.ended_at is None for tie in between)
            if before is not after:
                self.nodes[a].reach += after - before
                self.nodes[b].reach += after - before


def _tie_row(tie: TieState) -> Row:
    """A tie's columns as `Tables.ties` gives them."""
    return (
        tie.number, tie.kind, tie.from_, tie.to, tie.first_at, tie.last_at, tie.recorded_at, tie.ended_at, tie.times, tie.total, tie.share,
        tie.latest_at, tie.changed_at, tie.simple,
    )  # fmt: skip


_NONE: Final[Mapping[int, TieState]] = {}
_TURNING: Final = frozenset(
    {
        frozenset({EntityKind.ACCOUNT}),
        frozenset({EntityKind.PERSON}),
        frozenset({EntityKind.MERCHANT}),
        frozenset({EntityKind.PERSON, EntityKind.MERCHANT}),
        frozenset({EntityKind.LOAN, EntityKind.ACCOUNT}),
    }
)
_TURNING_PAIRS: Final = frozenset(
    (a & 15, b & 15) for kinds in _TURNING for a in (entity_number(0, k) for k in kinds) for b in (entity_number(0, k) for k in kinds)
)


def may_turn(from_: int, to: int) -> bool:
    """Whether two such entities can be tied in either direction; loan and account, and merchant and person, among them."""
    return (from_ & 15, to & 15) in _TURNING_PAIRS
