"""One snapshot as questions about money read it: `graph.flows.reader.MoneyReader` over the rows of the server store.

One round trip a step: an account's movements are found through an index in the order of time, chosen and bounded where they lie. A
question whose time is up is interrupted in the middle of a statement too, and its answer is what was found until then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from graph.errors import RingfenceError
from graph.flows.scope import WITHDRAWALS, Cut, Movement, Scope, Way
from graph.model import Entity, Instant, TieKind, TransferKind
from graph.stores.neo4j.catalogue import flowing
from graph.stores.neo4j.reading import ServerSnapshot
from graph.stores.neo4j.warming import several
from graph.stores.shared.folding import BLOCKED
from graph.stores.shared.money import MAXIMUM_READ, RELATIONS, BoundedReader, limits
from graph.stores.shared.snapshot import TRANSFER_KINDS
from graph.stores.shared.tables import Row, TieHead

T = TypeVar("T")

TOGETHER: Final = 500
"""Entities in one statement."""

_ALL_KINDS: Final = list(range(len(TRANSFER_KINDS)))
_WHOLE: Final = [TRANSFER_KINDS.index(kind) for kind in sorted(WITHDRAWALS)]
"""Kinds of which a decision asks whatever the amount."""


class Interrupted(RingfenceError):
    """The deadline came in the middle of a statement, so that its transaction is over; what was found goes on with this."""

    def __init__(self, found: object) -> None:
        self.found = found
        super().__init__("the deadline came in the middle of a statement")


class ServerMoney(BoundedReader):
    """A `MoneyReader`; `deadline` is a reading of `time.monotonic()`."""

    def __init__(self, snapshot: ServerSnapshot, deadline: float | None, most: int = MAXIMUM_READ) -> None:
        super().__init__(deadline, most)
        self._snapshot = snapshot
        self.interrupted = False
        """Whether the deadline came in the middle of a statement."""
        self._accounts: frozenset[str] = frozenset()
        """A household's, whose money was foreseen."""
        self._moved: dict[Way, list[Row]] = {}
        """What was foreseen of them: account, other, amount, occurred_at, kind."""
        self._over = 0
        """Of an amount over this, and withdrawals of any."""
        self._window: tuple[Instant, Instant] | None = None
        self._vouched: dict[str, list[Row]] = {}
        """Guarantees by each person that were foreseen."""

    def foresee(self, people: Collection[str], accounts: Collection[str], scope: Scope) -> None:
        """See `graph.flows.reader.BoundedReader`: one round trip; nothing of a household of which there is too much for that."""
        after, before, over = limits(scope)
        rows = self._in_time(
            lambda: self._snapshot.ask(
                flowing.HOUSEHOLD,
                accounts=several([*accounts], ""),
                people=several([*people], ""),
                after=after,
                before=before,
                over=over,
                kinds=_ALL_KINDS,
                whole=_WHOLE,
                most=self._left + 1,
            )
        )
        if not rows or any(len(some) > self._left for some in rows[0]):
            return
        out, into, guarantees = rows[0]
        self._accounts, self._window, self._over = frozenset(accounts), (after, before), over
        self._moved = {Way.OUT: out, Way.IN: into}
        self._vouched = {person: [one for one in guarantees if one[0] == person] for person in people}

    def _foreseen(self, accounts: Collection[str], way: Way, scope: Scope, kinds: frozenset[TransferKind]) -> list[Row] | None:
        """Movements as `moved_within` gives them, None when they were not foreseen."""
        after, before, over = limits(scope)
        among = {TRANSFER_KINDS.index(kind) for kind in kinds}
        if scope.per_step is not None or not self._accounts >= set(accounts) or self._window != (after, before):
            return None
        if over < self._over and not among <= set(_WHOLE):
            return None
        rows = [
            (account, False, other, amount, at)
            for account, other, amount, at, kind in self._moved[way]
            if account in accounts and kind in among and amount > over
        ]
        return rows if len(rows) <= self._left else None

    def moved(self, accounts: Collection[str], way: Way, scope: Scope, kinds: frozenset[TransferKind]) -> Mapping[str, Sequence[Movement]]:
        """See `MoneyReader.moved`."""
        found: dict[str, list[Movement]] = {account: [] for account in accounts}
        incoming = way is Way.IN
        query = flowing.moved_within(incoming) if scope.per_step is None else flowing.moved_first(incoming, scope.order)
        after, before, over = limits(scope)
        among = [TRANSFER_KINDS.index(kind) for kind in sorted(kinds)]
        foreseen = self._foreseen(accounts, way, scope, kinds) if accounts else None
        for some in _parts(accounts):
            rows = foreseen if foreseen is not None else self._read(
                query, len(some), accounts=some, after=after, before=before, over=over, kinds=among, step=scope.per_step or 0
            )  # fmt: skip
            if any(row[1] for row in rows):
                self.note(Cut.PER_STEP)
            for account, _, other, amount, at in self._take([row for row in rows if row[2] is not None]):
                found[account].append(Movement(other, amount, at))
        return found

    def seen(self, entities: Collection[str], kind: TieKind, way: Way, scope: Scope) -> Mapping[str, Sequence[Movement]]:
        """See `MoneyReader.seen`."""
        found: dict[str, list[Movement]] = {entity: [] for entity in entities}
        ties = {number: (entity, other) for entity, number, other in self._ties(entities, kind, way, holding=kind in RELATIONS)}
        # What is chosen of many is chosen of all of them, so that the window is applied by the statement only where nothing is chosen.
        after, before, _ = limits(scope if scope.per_step is None else Scope())
        for some in _parts(ties):
            for tie, amount, seen_at in self._take(self._read(flowing.SIGHTINGS, ties=some, after=after, before=before)):
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
        latest: dict[str, tuple[tuple[Instant, str], bytes]] = {}
        for some in _parts(entities):
            for entity, occurred_at, rank, value in self._read(flowing.BLOCKS, entities=some, what=BLOCKED):
                said = ((occurred_at, rank), value)
                if entity not in latest or said > latest[entity]:
                    latest[entity] = said
        return frozenset(entity for entity, (_, value) in latest.items() if value == b"1")

    def entities(self, ids: Collection[str]) -> Mapping[str, Entity]:
        """See `MoneyReader.entities`."""
        found: dict[str, Entity] = {}
        for some in _parts(ids):
            read = self._in_time(partial(self._entities, some)) or {}
            found |= {entity.id: entity for entity in read.values()}
        return found

    def _entities(self, ids: Sequence[str]) -> Mapping[int, Entity]:
        return self._snapshot.entities(self._snapshot.identify(ids).values())

    def _ties(self, entities: Collection[str], kind: TieKind, way: Way, *, holding: bool) -> Iterator[tuple[str, int, str]]:
        """Of each entity its ties of the kind, by number, with the other end: those that hold at the moment, or all there ever were."""
        unsure: dict[int, tuple[TieHead, str, str]] = {}
        query = flowing.ties_from(kind, way is Way.IN)
        foreseen = kind is TieKind.GUARANTEES and way is Way.OUT and self._vouched.keys() >= set(entities)
        for some in _parts(entities):
            rows = [row for entity in some for row in self._vouched[entity]] if foreseen else self._read(query, entities=some)
            for entity, number, other, kind_number, from_, to, holds, exact in self._take(rows):
                if holding and not exact:
                    unsure[number] = (TieHead(number, kind_number, from_, to), entity, other)
                elif holds or not holding:
                    yield entity, number, other
        folded = self._in_time(lambda: self._snapshot.fold_ties([head for head, _, _ in unsure.values()])) if unsure else None
        for number, (_, entity, other) in unsure.items():
            tie = None if folded is None else folded[number]
            if tie is not None and tie.holds:
                yield entity, number, other

    def _read(self, query: str, spare: int = 0, /, **parameters: Any) -> list[Row]:  # noqa: ANN401 - parameters are of any kind
        """A query's rows, one more than may still be read and `spare` others; none once the deadline has come."""
        return self._in_time(lambda: self._snapshot.ask(query, most=self._left + 1 + spare, **parameters)) or []

    def _in_time(self, work: Callable[[], T]) -> T | None:
        """What the work finds; None when it is too late, or is too late in the middle of it."""
        if self.interrupted or self._late():
            return None
        try:
            return work()
        except TimeoutError:
            self.interrupted = True
            self.note(Cut.DEADLINE)
            return None


def _parts(all_: Collection[T]) -> Iterator[list[T]]:
    """What is asked for, in lists that one statement takes."""
    some = list(all_)
    for start in range(0, len(some), TOGETHER):
        yield some[start : start + TOGETHER]
