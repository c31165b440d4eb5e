"""One snapshot as questions about money read it: `graph.flows.reader.MoneyReader` over the rows of the embedded store.

An account's movements lie together in the order of time, so that a window of it is one range of an index. Accounts with more movements
than a step looks at are found first, without reading them; all others are read many at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from graph.flows.scope import Cut, Movement, Order, Scope, Way
from graph.ids import TIE_NUMBERS
from graph.model import Entity, Instant, TieKind, TransferKind
from graph.stores.shared.folding import BLOCKED
from graph.stores.shared.money import MAXIMUM_READ, RELATIONS, BoundedReader, limits
from graph.stores.shared.snapshot import TRANSFER_KINDS
from graph.stores.shared.tables import TieHead
from graph.stores.sqlite.folding import chunks, fold_ties, marks
from graph.stores.sqlite.movements import STANDS
from graph.stores.sqlite.reading import SqliteSnapshot

_RANKS: Final = {
    Order.NEWEST: "m.occurred_at DESC, m.amount DESC, e.id",
    Order.OLDEST: "m.occurred_at, m.amount DESC, e.id",
    Order.LARGEST: "m.amount DESC, m.occurred_at DESC, e.id",
    Order.SMALLEST: "m.amount, m.occurred_at DESC, e.id",
}
"""`Scope.choose` in SQL."""


class Money(BoundedReader):
    """A `MoneyReader`; `deadline` is a reading of `time.monotonic()`."""

    def __init__(self, snapshot: SqliteSnapshot, deadline: float | None, most: int = MAXIMUM_READ) -> None:
        super().__init__(deadline, most)
        self._snapshot = snapshot
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}

    def moved(self, accounts: Collection[str], way: Way, scope: Scope, kinds: frozenset[TransferKind]) -> Mapping[str, Sequence[Movement]]:
        """See `MoneyReader.moved`."""
        found: dict[str, list[Movement]] = {account: [] for account in accounts}
        numbers = self._known(accounts)
        crowded = [] if scope.per_step is None else self._crowded(numbers, way, kinds, scope.per_step)
        if crowded:
            self.note(Cut.PER_STEP)
        hubs = set(crowded)
        moves = f"m.incoming = {int(way is Way.IN)} AND m.occurred_at <= ? AND {STANDS}{_kinds(kinds)}"
        after, before, over = limits(scope)
        for chunk in chunks(number for number in numbers if number not in hubs):
            rows = self._read(
                f"""SELECT m.account, m.other, m.amount, m.occurred_at FROM movement m WHERE m.account IN ({marks(chunk)})
                AND m.occurred_at > ? AND m.occurred_at < ? AND {moves} AND m.amount > ?""",
                [*chunk, after, before, self._snapshot.moment.at, *self._snapshot.stands, over],
            )
            self._name(row[1] for row in rows)
            for account, other, amount, at in rows:
                found[self._ids[account]].append(Movement(self._ids[other], amount, at))
        for hub in crowded:
            rows = self._read(
                f"""SELECT account, other, amount, occurred_at FROM (
                    SELECT m.account, m.other, m.amount, m.occurred_at FROM movement m CROSS JOIN entity e ON e.number = m.other
                    WHERE m.account = ? AND {moves} ORDER BY {_RANKS[scope.order]} LIMIT ?
                ) WHERE occurred_at > ? AND occurred_at < ? AND amount > ?""",
                [hub, self._snapshot.moment.at, *self._snapshot.stands, scope.per_step, after, before, over],
            )
            self._name(row[1] for row in rows)
            found[self._ids[hub]] += [Movement(self._ids[other], amount, at) for _, other, amount, at in rows]
        return found

    def seen(self, entities: Collection[str], kind: TieKind, way: Way, scope: Scope) -> Mapping[str, Sequence[Movement]]:
        """See `MoneyReader.seen`."""
        found: dict[str, list[Movement]] = {entity: [] for entity in entities}
        ties = {number: (entity, other) for entity, number, other in self._ties(entities, kind, way, holding=kind in RELATIONS)}
        # What is chosen of many is chosen of all of them, so that the window is applied by the statement only where nothing is chosen.
        after, before, _ = limits(scope if scope.per_step is None else Scope())
        at, known = self._snapshot.moment.at, self._snapshot.stands
        for chunk in chunks(ties):
            rows = self._read(
                f"""SELECT tie, coalesce(amount, 0), occurred_at FROM observation WHERE tie IN ({marks(chunk)})
                AND occurred_at > ? AND occurred_at < ? AND occurred_at <= ? AND ended = 0 AND {STANDS}""",
                [*chunk, after, before, at, *known],
            )
            for tie, amount, seen_at in rows:
                entity, other = ties[tie]
                found[entity].append(Movement(other, amount, seen_at))
        return self._choose(found, scope)

    def tied(self, entities: Collection[str], kind: TieKind, way: Way) -> Mapping[str, Sequence[str]]:
        """See `MoneyReader.tied`."""
        found: dict[str, list[str]] = {entity: [] for entity in entities}
        for entity, _, other in self._ties(entities, kind, way, holding=True):
            found[entity].append(other)
        return {entity: sorted(others) for entity, others in found.items()}

    def blocked(self, entities: Collection[str]) -> frozenset[str]:
        """See `MoneyReader.blocked`: the latest that is said of each, straight from the statements."""
        moment = self._snapshot.moment
        latest: dict[int, tuple[tuple[Instant, str], bytes]] = {}
        for chunk in chunks(self._known(entities)):
            if self._late():
                break
            for entity, occurred_at, rank, value in self._snapshot.connection.execute(
                f"""SELECT entity, occurred_at, rank, value FROM statement WHERE entity IN ({marks(chunk)}) AND what = {BLOCKED}
                AND visible_at <= ? AND known_from <= ? AND (known_until IS NULL OR known_until > ?)""",
                [*chunk, moment.at, moment.known_at, moment.known_at],
            ):
                said = ((occurred_at, rank), value)
                if entity not in latest or said > latest[entity]:
                    latest[entity] = said
        return frozenset(self._ids[entity] for entity, (_, value) in latest.items() if value == b"1")

    def entities(self, ids: Collection[str]) -> Mapping[str, Entity]:
        """See `MoneyReader.entities`."""
        if self._late():
            return {}
        return {entity.id: entity for entity in self._snapshot.entities(self._known(ids)).values()}

    def _ties(self, entities: Collection[str], kind: TieKind, way: Way, *, holding: bool) -> Iterator[tuple[str, int, str]]:
        """Of each entity its ties of the kind, by number, with the other end: those that hold at the moment, or all there ever were."""
        end, index, other_end = ("to_", "tie_to", "from_") if way is Way.IN else ("from_", "tie_from", "to_")
        at, known_at = self._snapshot.moment.at, self._snapshot.moment.known_at
        unsure: dict[int, tuple[TieHead, int, int]] = {}
        for chunk in chunks(self._known(entities)):
            rows = self._read(
                f"""SELECT t.{end}, t.{other_end}, t.number, t.kind, t.from_, t.to_, t.count, t.ended_at,
                t.latest_at <= ? AND t.changed_at <= ?
                FROM tie t INDEXED BY {index} WHERE t.{end} IN ({marks(chunk)}) AND t.kind = {TIE_NUMBERS[kind]:d}""",
                [at, known_at, *chunk],
            )
            self._name(row[1] for row in rows)
            for entity, other, number, kind_number, from_, to, count, ended_at, exact in rows:
                if holding and not exact:
                    unsure[number] = (TieHead(number, kind_number, from_, to), entity, other)
                elif not holding or (count > 0 and ended_at is None):
                    yield self._ids[entity], number, self._ids[other]
        folded = fold_ties(self._snapshot.connection, [head for head, _, _ in unsure.values()], self._snapshot.moment)
        for number, (_, entity, other) in unsure.items():
            tie = folded[number]
            if tie is not None and tie.holds:
                yield self._ids[entity], number, self._ids[other]

    def _crowded(self, accounts: Iterable[int], way: Way, kinds: frozenset[TransferKind], most: int) -> list[int]:
        """Accounts that have more than `most` such movements: counted in the index, and not read."""
        crowded: list[int] = []
        for chunk in chunks(accounts):
            if self._late():
                break
            rows = self._snapshot.connection.execute(
                f"""WITH asked (account) AS (VALUES {",".join(["(?)"] * len(chunk))}) SELECT DISTINCT account FROM asked WHERE EXISTS (
                    SELECT 1 FROM movement m WHERE m.account = asked.account AND m.incoming = {int(way is Way.IN)} AND m.occurred_at <= ?
                    AND {STANDS}{_kinds(kinds)} LIMIT 1 OFFSET ?)""",
                [*chunk, self._snapshot.moment.at, *self._snapshot.stands, most],
            )
            crowded += [account for (account,) in rows]
        return crowded

    def _read(self, sql: str, values: Sequence[object]) -> list[tuple[int, ...]]:
        """A statement's rows: as many as may still be read, and none once the deadline has come."""
        if self._late():
            return []
        return self._take(self._snapshot.connection.execute(f"{sql} LIMIT ?", [*values, self._left + 1]).fetchall())

    def _known(self, ids: Collection[str]) -> list[int]:
        """Numbers of entities of this institution, by id."""
        fresh = sorted(id_ for id_ in ids if id_ not in self._numbers)
        for start in range(0, len(fresh), 256):
            some = fresh[start : start + 256]
            sql = f"SELECT id, number FROM entity WHERE id IN ({marks(some)}) AND institution = ?"
            for id_, number in self._snapshot.connection.execute(sql, [*some, self._snapshot.number]):
                self._numbers[id_], self._ids[number] = number, id_
        return [self._numbers[id_] for id_ in sorted(ids) if id_ in self._numbers]

    def _name(self, numbers: Iterable[int]) -> None:
        """Learn the ids of entities met."""
        for chunk in chunks({number for number in numbers if number not in self._ids}):
            for number, id_ in self._snapshot.connection.execute(f"SELECT number, id FROM entity WHERE number IN ({marks(chunk)})", chunk):
                self._numbers[id_], self._ids[number] = number, id_


def _kinds(kinds: frozenset[TransferKind]) -> str:
    """That a movement is of one of the kinds."""
    if len(kinds) == len(TRANSFER_KINDS):
        return ""
    return f" AND m.kind IN ({','.join(str(TRANSFER_KINDS.index(kind)) for kind in sorted(kinds))})"
