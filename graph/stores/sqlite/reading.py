"""One snapshot of the embedded store: `graph.stores.shared.snapshot.Snapshot` in one short read transaction.

    with SqliteSnapshot(connection, institution, moment) as snapshot:
        centre = snapshot.node("mer_...")          # a number, or None

Where nothing has touched an entity after the moment, cached rows are exact and found through an index with a LIMIT.
With a `Memory`, exact entities that have not changed since an earlier snapshot are taken from there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from types import TracebackType
from typing import Any, Final, Self

from graph.flows.scope import Way, Window
from graph.model import Entity, Instant, Moment, TieKind
from graph.sealing import Sealer
from graph.store import HeldTies
from graph.stores.shared.encoding import Kept
from graph.stores.shared.folding import Description
from graph.stores.shared.rows import Adjacency, Node, TieRow, stream_parts, tie_numbers
from graph.stores.shared.snapshot import NO_TIES, Counted, Moved, Position, Reported, Snapshot
from graph.stores.shared.tables import Row, TieHead
from graph.stores.sqlite import lists, movements, settling, transfers
from graph.stores.sqlite.folding import CHUNK, TIE_COLUMNS, chunks, fold_descriptions, fold_ties, marks
from graph.stores.sqlite.institutions import find_institution
from graph.stores.sqlite.probing import padded, probing
from graph.stores.sqlite.remembering import Memory, Remembered

_PROFILE: Final = "e.key, e.label, e.value, e.subject_key, d.label, d.blocked, d.standing, d.fields"
_DESCRIBED: Final = " LEFT JOIN description d ON d.entity = e.number"


class SqliteSnapshot(Snapshot):
    """One institution at one moment, in one short read transaction; not to be shared between threads.

    With a `sealer` its keys are compared with those that the institution was written with (`WrongKeys`).
    """

    def __init__(
        self, connection: sqlite3.Connection, institution: str, moment: Moment, sealer: Sealer | None = None, memory: Memory | None = None
    ) -> None:
        super().__init__(moment)
        self._sealer = sealer
        self._memory = memory
        self._remembered: dict[int, Remembered] = {}
        """Of this snapshot's entities those that are exact."""
        self._revisions: dict[int, Instant] = {}
        """Of nodes that were just read."""
        self.connection = connection
        self._institution = institution
        self.number = -1
        """Of the institution; -1 when nothing was ever recorded for it."""

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

    def newest(self) -> Instant:
        """The newest recording that is seen, of any institution."""
        moment: Instant = self.connection.execute("SELECT value FROM meta WHERE name = 'recorded_at'").fetchone()[0]
        return moment

    def identify(self, ids: Sequence[str]) -> dict[str, int]:
        """See `Snapshot.identify`."""
        found: dict[str, int] = {}
        for start in range(0, len(ids), 250):
            some = list(ids[start : start + 250])
            sql = f"SELECT id, number FROM entity WHERE id IN ({marks(some)}) AND institution = ?"
            found |= dict(self.connection.execute(sql, [*some, self.number]))
        return found

    def read_nodes(self, numbers: Sequence[int], *, profiles: bool) -> Iterator[Row]:
        """See `Snapshot.read_nodes`."""
        columns, join = (f", {_PROFILE}", _DESCRIBED) if profiles else ("", "")
        revisions = self._revisions
        for chunk in chunks(numbers):
            for row in self.connection.execute(
                f"""SELECT e.number, e.id, n.facts, n.first_at, n.last_at, n.reach, n.degrees, n.latest_at, n.changed_at{columns},
                n.revision
                FROM entity e CROSS JOIN node n ON n.entity = e.number{join}
                WHERE e.number IN ({marks(chunk)}) AND e.institution = ?""",
                [*chunk, self.number],
            ):
                revisions[row[0]] = row[-1]
                yield row[:-1]

    def recall(self, numbers: Sequence[int]) -> Sequence[int]:
        """Take what is remembered of these entities and still holds; those of which nothing is."""
        if self._memory is None:
            return numbers
        at, known_at, institution = self.moment.at, self.moment.known_at, self.number
        maybe: dict[int, Remembered] = {}
        for number in numbers:
            one = self._memory.get(number)
            if one is not None and one.latest_at <= at and one.changed_at <= known_at and one.institution == institution:
                maybe[number] = one
        nodes, remembered = self._nodes, self._remembered
        for chunk in chunks(maybe):
            for number, revision in self.connection.execute(f"SELECT entity, revision FROM node WHERE entity IN ({marks(chunk)})", chunk):
                one = maybe[number]
                if one.revision == revision:
                    nodes[number] = one.node
                    remembered[number] = one
        return [number for number in numbers if number not in remembered]

    def remember(self, node: Node, latest_at: Instant, changed_at: Instant) -> None:
        """Remember an entity that was just read and is exact."""
        if self._memory is not None:
            number = node.number
            one = self._remembered[number] = Remembered(self.number, self._revisions[number], latest_at, changed_at, node)
            self._memory.put(number, one)

    def entities(self, numbers: Iterable[int]) -> dict[int, Entity]:
        """See `Snapshot.entities`; those that are remembered are not made again."""
        found: dict[int, Entity] = {}
        unmade: dict[int, Node] = {}
        remembered = self._remembered
        for number, node in self.load(numbers, profiles=True).items():
            one = remembered.get(number)
            if one is not None and one.entity is not None:
                found[number] = one.entity
            else:
                unmade[number] = node
        if not unmade:
            return found
        for number, entity in self._make(unmade).items():
            found[number] = entity
            if (one := remembered.get(number)) is not None:
                one.entity = entity
        return found

    @property
    def stands(self) -> tuple[Instant, Instant, Instant]:
        """What the question marks of `movements.STANDS` stand for."""
        return self.moment.known_at, self.moment.known_at, self.moment.at

    def adjacent(
        self, nodes: Sequence[int], limit: int, kinds: frozenset[TieKind] | None = None, deadline: float | None = None
    ) -> dict[int, Adjacency]:
        """See `Snapshot.adjacent`."""
        only = tie_numbers(kinds)
        small: list[Node] = []
        around: dict[int, Adjacency] = {}
        remembered, key = self._remembered, (limit, only)
        for number, node in self.load(nodes).items():
            one = remembered.get(number)
            if one is not None and (ties := one.lists.get(key)) is not None:
                around[number] = ties
                continue
            degree = node.degree(only)
            if degree == 0:
                around[number] = NO_TIES
            elif degree <= limit:
                small.append(node)
            elif deadline is None or time.monotonic() < deadline:
                self._keep(number, key, around, self._newest(node, limit, degree, only))
        for start in range(0, len(small), CHUNK):
            if deadline is not None and time.monotonic() >= deadline:
                break
            for number, ties in self._whole(small[start : start + CHUNK], only).items():
                self._keep(number, key, around, ties)
        return around

    def _keep(self, number: int, key: tuple[int, frozenset[int] | None], around: dict[int, Adjacency], ties: Adjacency) -> None:
        """Answer with an entity's ties, and remember them with it."""
        around[number] = ties
        if (one := self._remembered.get(number)) is not None:
            one.list(*key, ties)

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
            for chunk in padded(sorted(wanted)):
                sql = probing(len(chunk), bool(incoming), exact)
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

    def read_profiles(self, nodes: Sequence[Node]) -> None:
        """See `Snapshot.read_profiles`."""
        wanted = {node.number: node for node in nodes}
        for chunk in chunks(wanted):
            sql = f"SELECT e.number, {_PROFILE} FROM entity e{_DESCRIBED} WHERE e.number IN ({marks(chunk)})"
            for number, *profile in self.connection.execute(sql, chunk):
                wanted[number].profile = tuple(profile)

    def fold_descriptions(self, numbers: Sequence[int]) -> dict[int, Description]:
        """See `Snapshot.fold_descriptions`."""
        return fold_descriptions(self.connection, numbers, self.moment)

    def ties_across(self, starts: Sequence[int], ends: Sequence[int]) -> Iterator[TieRow]:
        """See `Snapshot.ties_across`."""
        for these in chunks(starts):
            for those in chunks(ends):
                sql = f"SELECT {TIE_COLUMNS} FROM tie t INDEXED BY tie_pair WHERE t.from_ IN ({marks(these)}) AND t.to_ IN ({marks(those)})"
                yield from map(_as_tie, self.connection.execute(sql, [*these, *those]))

    def listed_ties(self, number: int, kinds: Collection[int], start: Position, most: int) -> list[tuple[Position, TieRow]]:
        """See `Snapshot.listed_ties`."""
        mine = self.load([number])[number].id
        return lists.listed_ties(self.connection, self.moment, (number, mine), kinds, start, most)

    def applications(self, merchant: int, most: int) -> list[TieRow]:
        """See `Snapshot.applications`."""
        return lists.applications(self.connection, self.moment, merchant, most)

    def listed_facts(self, number: int, start: Position, most: int) -> list[tuple[Position, Kept]]:
        """See `Snapshot.listed_facts`."""
        return lists.listed_facts(self.connection, self.moment, number, start, most)

    def fact(self, id: str) -> Kept | None:
        """See `Snapshot.fact`."""
        return lists.find_fact(self.connection, self.moment, self.number, id)

    def tie(self, from_: int, to: int, kind: int) -> TieRow | None:
        """See `Snapshot.tie`."""
        sql = f"SELECT {TIE_COLUMNS} FROM tie t WHERE t.from_ = ? AND t.to_ = ? AND t.kind = ?"
        row = self.connection.execute(sql, (from_, to, kind)).fetchone()
        return None if row is None else TieRow(*row)

    def names(self, numbers: Sequence[int]) -> Iterator[tuple[int, str, str]]:
        """See `Snapshot.names`."""
        for chunk in chunks(numbers):
            yield from self.connection.execute(f"SELECT number, id, label FROM entity WHERE number IN ({marks(chunk)})", chunk)

    def moved(
        self, accounts: Sequence[int], *, incoming: bool, after: Instant, most: int, others: Collection[int] | None, deadline: float | None
    ) -> dict[int, Sequence[Moved]]:
        """See `Snapshot.moved`."""
        found: dict[int, Sequence[Moved]] = {}
        for account in accounts:
            if deadline is not None and time.monotonic() >= deadline:
                break
            found[account] = movements.moved(self.connection, self.moment, account, incoming, after, most, others)
        return found

    def reported(self, account: int, ways: Collection[Way], window: Window, start: Position, most: int) -> list[Reported]:
        """See `Snapshot.reported`."""
        return transfers.reported(self.connection, self.moment, account, ways, window, start, most)

    def report(self, fact: str) -> Reported | None:
        """See `Snapshot.report`."""
        return transfers.report(self.connection, self.moment, self.number, fact)

    def receipts(self, accounts: Sequence[int], own: Collection[int], at: Instant, most: int, *, newest: bool) -> Counted:
        """See `Snapshot.receipts`."""
        return movements.receipts(self.connection, self.moment, accounts, own, at, most, newest)

    def outermost_receipts(self, accounts: Sequence[int], at: Instant) -> tuple[Instant, Instant] | None:
        """See `Snapshot.outermost_receipts`."""
        return movements.outermost_receipts(self.connection, self.moment, accounts, at)

    def kept_after(self, after: int, first: int) -> list[Kept]:
        """See `Keeper.kept_after`."""
        return lists.kept_after(self.connection, self.number, after, first)

    def identities(self, numbers: Sequence[int]) -> Iterator[Row]:
        """See `Keeper.identities`."""
        for chunk in chunks(numbers):
            sql = f"SELECT number, id, key, value, subject_key FROM entity WHERE number IN ({marks(chunk)})"
            yield from self.connection.execute(sql, chunk)

    def naming(self, number: int) -> Iterator[Kept]:
        """See `Keeper.naming`."""
        return lists.naming(self.connection, number)

    def newest_fact(self) -> int:
        """Number of the fact that was kept last, 0 when there is none."""
        sql = "SELECT number FROM fact WHERE institution = ? ORDER BY number DESC LIMIT 1"
        row = self.connection.execute(sql, (self.number,)).fetchone()
        return 0 if row is None else int(row[0])

    def held_ties(self, kinds: Collection[TieKind], after: int, first: int) -> HeldTies:
        """See `BulkStore.held_ties`."""
        return lists.held_ties(self.connection, self.number, kinds, after, first)

    def touched(self, numbers: Sequence[int]) -> list[Row]:
        """See `Settling.touched`."""
        return settling.touched(self.connection, numbers, self.moment)

    def fold_ties(self, heads: Sequence[TieHead]) -> dict[int, TieRow | None]:
        """See `Settling.fold_ties`."""
        return fold_ties(self.connection, heads, self.moment)

    def ties_of_pairs(self, pairs: Sequence[tuple[int, int]]) -> Iterator[Row]:
        """See `Settling.ties_of_pairs`."""
        return settling.ties_of_pairs(self.connection, pairs)

    def named(self, numbers: Sequence[int]) -> dict[int, tuple[Instant, Instant]]:
        """See `Settling.named`."""
        return settling.named(self.connection, numbers, self.moment)


_as_tie: Final[Callable[[tuple[Any, ...]], TieRow]] = partial(tuple.__new__, TieRow)
"""`TieRow._make` without its check of the length."""

_FROM: Final[Callable[[TieRow], int]] = attrgetter("from_")
_TO: Final[Callable[[TieRow], int]] = attrgetter("to")
