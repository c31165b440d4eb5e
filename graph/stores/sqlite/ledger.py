"""The cached rows that one call of recording reads, changes and writes back: identities, nodes and ties.

What is needed is read before (`find`, `pairs`), in few statements; what was not foreseen is read when it is asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from graph.errors import RingfenceError
from graph.ids import TIE_NUMBERS
from graph.masking import label
from graph.merging import VALUE_FIELDS
from graph.model import KEYED_KINDS, MONEY_TIES, EntityKind, Instant
from graph.sealing import Sealer
from graph.stores.sqlite.folding import chunks, marks
from graph.stores.sqlite.rows import MAXIMUM_TOTAL, TieRow, entity_number, pack_degrees, stream, unpack_degrees

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

    def __init__(
        self, number: int, kind: int, from_: int, to: int, first_at: Instant = 0, last_at: Instant = 0, recorded_at: Instant = 0,
        ended_at: Instant | None = None, times: int = 0, total: int | None = None, share: float | None = None, latest_at: Instant = 0,
        changed_at: Instant = 0, simple: int = True, *, new: bool = False,
    ) -> None:  # fmt: skip
        self.number = number
        self.kind = kind
        self.from_ = from_
        self.to = to
        self.first_at = first_at
        self.last_at = last_at
        self.recorded_at = recorded_at
        self.ended_at = ended_at
        self.times = times
        self.total = 0 if new and kind in MONEY else total
        self.share = share
        self.latest_at = latest_at
        self.changed_at = changed_at
        self.simple = bool(simple)
        self.new = new
        self.held = times > 0 and ended_at is None
        """Whether it held before the batch."""

    def see(self, occurred_at: Instant, recorded_at: Instant, amount: int | None) -> None:
        """Fold one more plain observation in, which stands."""
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
        if occurred_at > self.latest_at:
            self.latest_at = occurred_at
        if recorded_at > self.changed_at:
            self.changed_at = recorded_at

    @property
    def plain(self) -> bool:
        """Whether it is a sum of plain observations that say no share: nothing but sums and moments changes in its row."""
        return self.simple and self.share is None

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

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._next: dict[str, int] = {}

    def next(self, table: str) -> int:
        """The next number of a table; of entities their sequence."""
        if table not in self._next:
            greatest = self._connection.execute(f"SELECT max(number) FROM {table}").fetchone()[0] or 0
            self._next[table] = greatest >> 4 if table == "entity" else greatest
        self._next[table] += 1
        return self._next[table]


class Ledger:
    """Identities, nodes and ties of one institution within one call."""

    def __init__(self, connection: sqlite3.Connection, institution: int, sealer: Sealer, sequences: Sequences) -> None:
        self.connection = connection
        self.institution = institution
        self.sealer = sealer
        self.sequences = sequences
        self.numbers: dict[str, int] = {}
        """Of entities found or made, by id."""
        self.ids: dict[int, str] = {}
        self._keys: dict[int, bytes | None] = {}
        self._made: list[tuple[object, ...]] = []
        self._fresh: set[int] = set()
        """Numbers of entities made by this call: no earlier rows are of them."""
        self.nodes: dict[int, NodeState] = {}
        self.ties: dict[tuple[int, int], list[TieState]] = {}
        """By both ends, of each kind one."""
        self._touched: dict[int, TieState] = {}
        self.unsure: set[int] = set()
        """Entities whose first and last mention must be looked up again."""

    def find(self, named: Mapping[str, str | None]) -> None:
        """Read which of these entities, their keys by id, are known already."""
        wanted = [id_ for id_ in named if id_ not in self.numbers]
        # An id that was made of a key is of this institution; one that was given may be another's.
        own = f" AND institution = {self.institution:d}" if None in named.values() else ""
        for start in range(0, len(wanted), 1024):
            some = wanted[start : start + 1024]
            some += some[-1:] * ((16 if len(some) <= 16 else 1024) - len(some))
            for id_, number in self.connection.execute(f"SELECT id, number FROM entity WHERE id IN ({marks(some)}){own}", some):
                self.numbers[id_] = number
                self.ids[number] = id_

    def make(self, id_: str, key: str | None) -> int:
        """Number of a new entity, whose identity is written when the ledger is."""
        kind = EntityKind(id_[:3])
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
        self._made.append((number, self.institution, id_, own_key, label(kind, key), token, version, value, subject_key))
        self.nodes[number] = NodeState(0, 0, 0, 0, 0, 0, b"")
        self._fresh.add(number)
        return number

    def seal(self, number: int, field: str, value: str) -> bytes:
        """Ciphertext of an entity's personal field."""
        if number not in self._keys:
            self._keys[number] = self.connection.execute("SELECT subject_key FROM entity WHERE number = ?", (number,)).fetchone()[0]
        key = self._keys[number]
        if key is None:
            raise RingfenceError(f"entity {self.ids[number]} has no key of its own: it was erased, and nothing personal is kept of it")
        return self.sealer.seal(key, self.id_of(number), field, value)

    def read_nodes(self, numbers: Iterable[int]) -> None:
        """Read these nodes."""
        for chunk in chunks(sorted(number for number in set(numbers) if number not in self.nodes), 1024):
            for number, *row in self.connection.execute(
                f"""SELECT entity, facts, first_at, last_at, latest_at, changed_at, reach, degrees
                FROM node WHERE entity IN ({marks(chunk)})""",
                chunk,
            ):
                self.nodes[number] = NodeState(*row)

    def id_of(self, number: int) -> str:
        """Id of an entity."""
        if number not in self.ids:
            id_ = self.connection.execute("SELECT id FROM entity WHERE number = ?", (number,)).fetchone()[0]
            self.ids[number], self.numbers[id_] = id_, number
        return self.ids[number]

    def node(self, number: int) -> NodeState:
        """An entity's node."""
        if number not in self.nodes:
            self.read_nodes((number,))
        return self.nodes[number]

    def name(self, numbers: Iterable[int], occurred_at: Instant, changed_at: Instant, stands: bool) -> None:
        """Note that a fact names these entities."""
        nodes = self.nodes
        for number in numbers:
            node = nodes.get(number) or self.node(number)
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
        """Read the ties from the first to the second of each pair."""
        ties = self.ties
        wanted = sorted({pair for pair in pairs if pair not in ties})
        for pair in wanted:
            ties[pair] = []
        for start in range(0, len(wanted), 256):
            some = wanted[start : start + 256]
            width = 1 if len(some) == 1 else 16 if len(some) <= 16 else 256
            some += [(0, 0)] * (width - len(some))  # a pair that nobody is
            for row in self.connection.execute(
                f"""WITH pair (a, b) AS (VALUES {",".join(["(?,?)"] * width)})
                SELECT t.number, t.kind, t.from_, t.to_, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.count, t.total, t.share,
                t.latest_at, t.changed_at, t.simple FROM pair p CROSS JOIN tie t INDEXED BY tie_pair ON t.from_ = p.a AND t.to_ = p.b""",
                [number for pair in some for number in pair],
            ):
                ties[row[2], row[3]].append(TieState(*row))

    def tie(self, kind: int, from_: int, to: int) -> TieState:
        """A tie to be changed; a new one when there is none yet."""
        pair = (from_, to)
        between = self.ties.get(pair)
        if between is None:
            if from_ in self._fresh or to in self._fresh:
                self.ties[pair] = []
            else:
                self.read_pairs((pair,))
            between = self.ties[pair]
        for tie in between:
            if tie.kind == kind:
                break
        else:
            tie = TieState(self.sequences.next("tie"), kind, from_, to, new=True)
            between.append(tie)
        self._touched[tie.number] = tie
        return tie

    def tie_by_number(self, number: int) -> TieState:
        """A tie to be changed."""
        if number not in self._touched:
            kind, from_, to = self.connection.execute("SELECT kind, from_, to_ FROM tie WHERE number = ?", (number,)).fetchone()
            return self.tie(kind, from_, to)
        return self._touched[number]

    def write(self) -> None:
        """Write everything back, degrees and reach with it."""
        self._count()
        many = self.connection.executemany
        many("INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._made)
        many(
            "INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(n, s.facts, s.first_at, s.last_at, s.latest_at, s.changed_at, s.reach, bytearray(s.degrees))
             for n, s in sorted(self.nodes.items())],
        )  # fmt: skip
        old = sorted((tie for tie in self._touched.values() if not tie.new), key=lambda t: t.number)
        self.enter_ties()
        plain = [t for t in old if t.plain]
        many(
            """UPDATE tie SET first_at = ?, last_at = ?, recorded_at = ?, count = ?, total = ?, latest_at = ?, changed_at = ?
            WHERE number = ?""",
            [(t.first_at, t.last_at, t.recorded_at, t.times, t.total, t.latest_at, t.changed_at, t.number) for t in plain],
        )
        many(
            """UPDATE tie SET first_at = ?, last_at = ?, recorded_at = ?, ended_at = ?, count = ?, total = ?, share = ?, latest_at = ?,
            changed_at = ?, simple = ? WHERE number = ?""",
            [(t.first_at, t.last_at, t.recorded_at, t.ended_at, t.times, t.total, t.share, t.latest_at, t.changed_at, t.simple, t.number)
             for t in old if not t.plain],
        )  # fmt: skip

    def enter_ties(self) -> None:
        """Write rows of new ties, so that statements find them; they are written again if they change."""
        new = sorted((tie for tie in self._touched.values() if tie.new), key=lambda t: (t.from_, t.to))
        many = self.connection.executemany
        many(
            "INSERT INTO tie VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, NULL, ?, ?, 1)",
            [(t.number, t.kind, t.from_, t.to, t.first_at, t.last_at, t.recorded_at, t.times, t.total, t.latest_at, t.changed_at)
             for t in new if t.plain],
        )  # fmt: skip
        many(
            "INSERT INTO tie VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(t.number, t.kind, t.from_, t.to, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.times, t.total, t.share, t.latest_at,
              t.changed_at, t.simple) for t in new if not t.plain],
        )  # fmt: skip
        for tie in new:
            tie.new = False

    def _count(self) -> None:
        """Bring degrees and reach to what now holds."""
        turned: set[tuple[int, int]] = set()
        steps: dict[int, dict[int, int]] = {}
        for tie in self._touched.values():
            from_, to, held = tie.from_, tie.to, tie.held
            if (tie.times > 0 and tie.ended_at is None) is not held and from_ != to:
                for end, code in ((from_, stream(tie.kind, False, to)), (to, stream(tie.kind, True, from_))):
                    of = steps.get(end)
                    if of is None:
                        of = steps[end] = {}
                    of[code] = of.get(code, 0) + (-1 if held else 1)
                turned.add((from_, to) if from_ < to else (to, from_))
        self.read_nodes(steps)
        nodes = self.nodes
        for number, of in steps.items():
            node = nodes[number]
            degrees = unpack_degrees(node.degrees)
            for code, step in of.items():
                degrees[code] = degrees.get(code, 0) + step
            node.degrees = pack_degrees(degrees)
        self.read_pairs([pair for a, b in turned if may_turn(a, b) for pair in ((a, b), (b, a))])
        for a, b in turned:  # reach counts an entity once, however many ties there are between
            before = after = False
            for between in (self.ties.get((a, b), ()), self.ties.get((b, a), ())):
                for tie in between:
                    before = before or tie.held
                    after = after or (tie.times > 0 and tie.ended_at is None)
            if before is not after:
                nodes[a].reach += after - before
                nodes[b].reach += after - before


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
