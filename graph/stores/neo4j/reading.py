"""One snapshot of the server store: `graph.stores.shared.snapshot.Snapshot` in one transaction that reads.

The server is read-committed: what another commits in between may be seen. Rows carry when they were last touched, and what was touched
after the moment is folded from rows that carry when they were known, so that later commits change nothing of an answer. One that
comes between two queries of a snapshot, so that a tie is newer than its ends, is noticed, and all is read
again (`graph.stores.neo4j.rereading`).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from graph.flows.scope import Way, Window
from graph.ids import TIE_KINDS, TIE_NUMBERS
from graph.model import FlowBounds, Instant, Moment, TieKind, TransferKind, WalkBounds
from graph.stores.neo4j import transfers
from graph.stores.neo4j.catalogue import asking, foreseeing, moments, phrases
from graph.stores.neo4j.folding import fold_ties
from graph.stores.neo4j.transacting import Transaction
from graph.stores.neo4j.warming import NOBODY, kinds_of_a_walk, of_a_walk, several
from graph.stores.shared.encoding import Kept, read_kept
from graph.stores.shared.folding import Description, describe
from graph.stores.shared.rows import Adjacency, Node, TieRow, stream_parts, tie_numbers
from graph.stores.shared.snapshot import NO_TIES, TRANSFER_KINDS, Counted, Moved, Position, Reported, Snapshot
from graph.stores.shared.tables import Row, TieHead

DAY: Final = 24 * 60 * 60 * 1000
"""Milliseconds."""

FORESEEN_DEPTH: Final = 4
"""Walks that go further are read distance by distance."""

CROWDED: Final = 200
"""Ties of an entity above which it is a hub: its newest are found through an index instead of among all."""

NAMING_TOGETHER: Final = 100
"""Facts that name one entity in one round trip."""

_PAYMENT: Final = TRANSFER_KINDS.index(TransferKind.PAYMENT)
_BEYOND: Final[Position] = (2**63 - 1, 0, "")


class Torn(Exception):
    """Somebody committed between two queries of a snapshot, and what they gave does not belong together."""


class ServerSnapshot(Snapshot):
    """One institution at one moment; used on a worker thread."""

    def __init__(self, transaction: Transaction, institution: int, moment: Moment) -> None:
        """`institution` is its number, -1 when nothing was ever recorded for it."""
        super().__init__(moment)
        self._transaction = transaction
        self._institution = institution
        self._foreseen_walk: tuple[str, WalkBounds] | None = None
        self._numbers: dict[str, int] = {}
        self._rows: dict[int, Row] = {}
        """Nodes with profiles, foreseen and not yet asked for."""
        self._around: dict[int, tuple[frozenset[int] | None, tuple[TieRow, ...]]] = {}
        """Newest ties of an entity, foreseen, of these kinds."""
        self._ids: dict[int, str] = {}
        """Of entities at the other end of those transfers."""
        self._received: dict[tuple[tuple[int, ...], frozenset[int], Instant, int], tuple[Counted, list[Instant]]] = {}
        """Receipts foreseen, and moments of the first and last ones of each account."""
        self._changed_at: dict[int, Instant] = {}
        """When each entity had last been touched when it was read."""
        self._followed: set[TieKind] | None = set()
        """Kinds of tie that were asked for; None: all."""
        self._quiet = False
        """Whether nobody had committed after the moment when all ties had been read."""
        self._money: dict[tuple[bool, int, Instant, int], Sequence[Moved]] = {}
        """Newest transfers into or out of an account since a moment, foreseen: so many and one more."""

    def foresee(self, centre: str, bounds: WalkBounds) -> None:
        """See `Snapshot.foresee`: all of it in one round trip, as far as no hub is on the way."""
        if (centre, bounds) == self._foreseen_walk or bounds.depth > FORESEEN_DEPTH or (query := of_a_walk(bounds)) is None:
            return
        self._foreseen_walk = (centre, bounds)
        kinds = kinds_of_a_walk(bounds)
        self._follow(bounds.kinds)
        rows = self._ask(
            query, centre=centre, limit=bounds.ties_per_entity, crowded=CROWDED, most=bounds.entities, **self._moment()
        )  # fmt: skip
        for found, nodes in rows:
            for row in nodes:
                self._rows[row[0]] = tuple(row)
                self._numbers[row[1]] = row[0]
                self._changed_at[row[0]] = row[8]
            for only, level in zip(kinds, found, strict=True):
                for number, ties in level:
                    self._around[number] = (tie_numbers(only), tuple(TieRow(*tie) for tie in ties))

    def foresee_money(self, accounts: Sequence[int], receiving: Sequence[int], bounds: FlowBounds) -> None:
        """See `Snapshot.foresee_money`."""
        if not accounts:
            return
        at, most = self.moment.at, bounds.receipts + 1
        after, limit = at - bounds.days * DAY, bounds.transfers_per_account + 1
        ((out, into, sums, outermost, newest),) = self._ask(
            foreseeing.MONEY,
            accounts=several(accounts, NOBODY), after=after, limit=limit, followed=bounds.followed,
            receiving=several(receiving, NOBODY), own=several(accounts, NOBODY), most=most, **_windows(at), **self._moment(),
        )  # fmt: skip
        self._quiet = newest <= self.moment.known_at
        for incoming, all_ in ((False, out), (True, into)):
            for account, rows in all_:
                self._money[incoming, account, after, limit] = [Moved(*row[:6]) for row in rows]
                self._ids.update((row[1], row[6]) for row in rows)
        received = [moment for some in outermost for moment in some]
        self._received[tuple(receiving), frozenset(accounts), at, most] = (Counted(*sums), received)

    def ids(self, numbers: Iterable[int]) -> dict[int, str]:
        """See `Snapshot.ids`."""
        wanted = list(numbers)
        known = {number: self._ids[number] for number in wanted if number in self._ids}
        return known | super().ids(number for number in wanted if number not in known)

    def identify(self, ids: Sequence[str]) -> dict[str, int]:
        """See `Snapshot.identify`."""
        known = {id_: self._numbers[id_] for id_ in ids if id_ in self._numbers}
        unknown = [id_ for id_ in ids if id_ not in known]
        return known | dict(self._ask(asking.IDENTIFY, ids=unknown)) if unknown else known

    def read_nodes(self, numbers: Sequence[int], *, profiles: bool) -> Iterable[Row]:
        """See `Snapshot.read_nodes`."""
        foreseen = [self._rows.pop(number) for number in numbers if number in self._rows]
        known = {row[0] for row in foreseen}
        unknown = [number for number in numbers if number not in known]
        if not unknown:
            return foreseen
        found = self._ask(asking.PLACES_WITH_PROFILES if profiles else asking.PLACES, numbers=unknown)
        self._changed_at.update((row[0], row[8]) for row in found)
        return [*foreseen, *found]

    def read_profiles(self, nodes: Sequence[Node]) -> None:
        """See `Snapshot.read_profiles`."""
        wanted = {node.number: node for node in nodes}
        if wanted:
            for number, *profile in self._ask(asking.PROFILES, numbers=list(wanted)):
                wanted[number].profile = tuple(profile)

    def fold_descriptions(self, numbers: Sequence[int]) -> dict[int, Description]:
        """See `Snapshot.fold_descriptions`."""
        said: dict[int, list[Any]] = {}
        if numbers:
            for entity, *statement in self._ask(moments.STATEMENTS, entities=list(numbers), **self._moment()):
                said.setdefault(entity, []).append(tuple(statement))
        return {entity: describe(statements) for entity, statements in said.items()}

    def adjacent(
        self, nodes: Sequence[int], limit: int, kinds: frozenset[TieKind] | None = None, deadline: float | None = None
    ) -> dict[int, Adjacency]:
        """See `Snapshot.adjacent`."""
        self._follow(kinds)
        only = tie_numbers(kinds)
        few: list[Node] = []
        hubs: list[tuple[Node, int]] = []
        around: dict[int, Adjacency] = {}
        late = deadline is not None and time.monotonic() >= deadline
        for number, node in self.load(nodes).items():
            degree = node.degree(only)
            if degree == 0:
                around[number] = NO_TIES
            elif late:
                continue
            elif (foreseen := self._foreseen(node, limit, degree, only)) is not None:
                around[number] = foreseen
            elif degree <= limit:
                few.append(node)
            else:
                hubs.append((node, degree))
        if hubs:
            around |= self._newest(hubs, limit, only)
        if few and not (deadline is not None and time.monotonic() >= deadline):
            around |= self._whole(few, kinds, only)
        return around

    def _foreseen(self, node: Node, limit: int, degree: int, only: frozenset[int] | None) -> Adjacency | None:
        """What was foreseen of an entity's ties of these kinds, None when it was not, or not enough."""
        if node.folded is not None or node.number not in self._around:
            return None
        kinds, ties = self._around[node.number]
        if kinds != only:
            if kinds is not None and (only is None or not only <= kinds):
                return None
            if len(ties) != node.degree(kinds):
                return None
            ties = tuple(tie for tie in ties if only is None or tie.kind in only)
        if len(ties) < min(limit, degree):
            return None
        newest = self.newest_first(list(ties))[:limit]
        return Adjacency(tuple(newest), degree - len(newest))

    def _whole(self, nodes: Sequence[Node], kinds: frozenset[TieKind] | None, only: frozenset[int] | None) -> dict[int, Adjacency]:
        """All ties of entities that have few."""
        found = {node.number: _folded(node, only) for node in nodes}
        query = asking.adjacent(phrases.types(kinds))
        for number, *row in self._ask(query, numbers=list(found), **self._moment()):
            found[number].append(TieRow(*row))
        return {number: Adjacency(tuple(self.newest_first(ties)), 0) for number, ties in found.items()}

    def _newest(self, hubs: Sequence[tuple[Node, int]], limit: int, only: frozenset[int] | None) -> dict[int, Adjacency]:
        """The newest ties of each hub: the newest of each kind and direction, merged."""
        found = {node.number: _folded(node, only) for node, _ in hubs}
        asked: dict[tuple[int, bool], list[int]] = {}
        for node, _ in hubs:
            for kind, incoming in {stream_parts(code)[:2] for code in node.degrees}:
                if only is None or kind in only:
                    asked.setdefault((kind, incoming), []).append(node.number)
        for (kind, incoming), numbers in sorted(asked.items()):
            for number, *row in self._ask(asking.newest(TIE_KINDS[kind], incoming), numbers=numbers, limit=limit, **self._moment()):
                found[number].append(TieRow(*row))
        newest = {node.number: (self.newest_first(found[node.number])[:limit], degree) for node, degree in hubs}
        return {number: Adjacency(tuple(ties), degree - len(ties)) for number, (ties, degree) in newest.items()}

    def ties_across(self, starts: Sequence[int], ends: Sequence[int]) -> list[TieRow]:
        """See `Snapshot.ties_across`."""
        self._follow(None)
        return [TieRow(*row) for row in self._ask(asking.TIES_ACROSS, starts=list(starts), ends=list(ends))]

    def listed_ties(self, number: int, kinds: Collection[int], start: Position, most: int) -> list[tuple[Position, TieRow]]:
        """See `Snapshot.listed_ties`."""
        self._follow(frozenset(TIE_KINDS[kind] for kind in kinds))
        if not kinds:
            return []
        query = asking.listed_ties(phrases.types(TIE_KINDS[kind] for kind in kinds))
        last, recorded, id_ = start
        rows = self._ask(query, number=number, last=last, recorded=recorded, id=id_, most=most, **self._moment())
        return [((row[0], row[1], row[2]), TieRow(*row[3:])) for row in rows]

    def applications(self, merchant: int, most: int) -> list[TieRow]:
        """See `Snapshot.applications`."""
        return [row for _, row in self.listed_ties(merchant, [TIE_NUMBERS[TieKind.APPLIED_FOR]], _BEYOND, most)]

    def listed_facts(self, number: int, start: Position, most: int) -> list[tuple[Position, Kept]]:
        """See `Snapshot.listed_facts`."""
        before, recorded, id_ = start
        until = min(before, self.moment.at)
        rows = self._ask(
            asking.LISTED_FACTS,
            number=number, until=until, before=before, recorded=recorded, id=id_, most=most, known_at=self.moment.known_at,
        )  # fmt: skip
        kept = [read_kept(row) for row in rows]
        return [((one.occurred_at, one.recorded_at, one.id), one) for one in kept]

    def fact(self, id: str) -> Kept | None:
        """See `Snapshot.fact`."""
        rows = self._ask(asking.FACT, id=id, known_at=self.moment.known_at)
        return read_kept(rows[0]) if rows else None

    def tie(self, from_: int, to: int, kind: int) -> TieRow | None:
        """See `Snapshot.tie`."""
        rows = self._ask(asking.TIE_BETWEEN, from_=from_, to=to, kind=kind)
        return TieRow(*rows[0]) if rows else None

    def names(self, numbers: Sequence[int]) -> Iterable[tuple[int, str, str]]:
        """See `Snapshot.names`."""
        return self._ask(asking.NAMES, numbers=list(numbers)) if numbers else ()

    def moved(
        self, accounts: Sequence[int], *, incoming: bool, after: Instant, most: int, others: Collection[int] | None, deadline: float | None
    ) -> dict[int, Sequence[Moved]]:
        """See `Snapshot.moved`."""
        if deadline is not None and time.monotonic() >= deadline:
            return {}
        known = (
            {}
            if others is not None
            else {
                account: self._money[incoming, account, after, most + 1]
                for account in accounts
                if (incoming, account, after, most + 1) in self._money
            }
        )
        found: dict[int, list[Moved]] = {account: [] for account in accounts if account not in known}
        if not found:
            return known
        rows = self._ask(
            asking.moved(incoming, others is not None),
            accounts=list(found), after=after, limit=most + 1, others=list(others or ()), **self._moment(),
        )  # fmt: skip
        for account, *row in rows:
            found[account].append(Moved(*row))
        return known | found

    def reported(self, account: int, ways: Collection[Way], window: Window, start: Position, most: int) -> list[Reported]:
        """See `Snapshot.reported`."""
        return transfers.reported(self.ask, self.moment.at, account, ways, window, start, most)

    def report(self, fact: str) -> Reported | None:
        """See `Snapshot.report`."""
        return transfers.report(self.ask, fact)

    def receipts(self, accounts: Sequence[int], own: Collection[int], at: Instant, most: int, *, newest: bool) -> Counted:
        """See `Snapshot.receipts`: always over the newest."""
        foreseen = self._received.get((tuple(accounts), frozenset(own), at, most))
        if foreseen is not None:
            return foreseen[0]
        rows = self._ask(
            asking.RECEIPTS, accounts=list(accounts), own=list(own), most=most, after=at - 90 * DAY, **_windows(at), **self._moment()
        )
        return Counted(*rows[0])

    def outermost_receipts(self, accounts: Sequence[int], at: Instant) -> tuple[Instant, Instant] | None:
        """See `Snapshot.outermost_receipts`."""
        for (receiving, _, until, _), (_, foreseen) in self._received.items():
            if receiving == tuple(accounts) and until == at:
                return (min(foreseen), max(foreseen)) if foreseen else None
        rows = self._ask(asking.OUTERMOST_RECEIPTS, accounts=list(accounts), kind=_PAYMENT, until=at, **self._moment())
        found = [moment for (some,) in rows for moment in some]
        return (min(found), max(found)) if found else None

    def kept_after(self, after: int, first: int) -> list[Kept]:
        """See `Keeper.kept_after`."""
        return [read_kept(row) for row in self._ask(asking.KEPT_AFTER, after=after, most=first)]

    def identities(self, numbers: Sequence[int]) -> list[Row]:
        """See `Keeper.identities`."""
        return self._ask(asking.IDENTITIES, numbers=list(numbers)) if numbers else []

    def naming(self, number: int) -> Iterator[Kept]:
        """See `Keeper.naming`: some at a time, since most often the first is enough."""
        skipped = 0
        while rows := self._ask(asking.NAMING, number=number, skipped=skipped, most=NAMING_TOGETHER):
            yield from map(read_kept, rows)
            skipped += len(rows)

    def newest_fact(self) -> int:
        """Number of the fact that was kept last, 0 when there is none."""
        rows = self._ask(asking.NEWEST_FACT)
        return int(rows[0][0]) if rows else 0

    def touched(self, numbers: Sequence[int]) -> list[Row]:
        """See `Settling.touched`. Raises `Torn` for an entity that was touched again since it was read."""
        found: dict[int, Row] = {}
        self._quiet = False
        for number, changed_at, ties in self._ask(moments.TOUCHED, numbers=list(numbers), **self._moment()):
            if changed_at != self._changed_at[number]:
                raise Torn
            found.update((tie[0], tuple(tie)) for tie in ties)
        return list(found.values())

    def fold_ties(self, heads: Sequence[TieHead]) -> dict[int, TieRow | None]:
        """See `Settling.fold_ties`."""
        return fold_ties(self._ask, heads, self.moment)

    def ties_of_pairs(self, pairs: Sequence[tuple[int, int]]) -> list[Row]:
        """See `Settling.ties_of_pairs`."""
        return self._ask(moments.TIES_OF_PAIRS, pairs=[list(pair) for pair in pairs])

    def named(self, numbers: Sequence[int]) -> dict[int, tuple[Instant, Instant]]:
        """See `Settling.named`."""
        found: dict[int, tuple[Instant, Instant]] = {}
        for number, told in self._ask(moments.NAMED, numbers=several(numbers, NOBODY), **self._moment()):
            if told:
                found[number] = min(told), max(told)
        return found

    def check_whole(self) -> None:
        """Raise `Torn` when a tie changed after the entity that it is of was read."""
        exact = [number for number, changed_at in self._changed_at.items() if changed_at <= self.moment.known_at]
        if self._quiet or not exact or self._followed == set():
            return
        if self._ask(moments.torn(phrases.types(self._followed)), numbers=several(exact, NOBODY), known_at=self.moment.known_at):
            raise Torn

    def _follow(self, kinds: frozenset[TieKind] | None) -> None:
        """Note which ties are asked for."""
        self._quiet = False
        self._followed = None if kinds is None or self._followed is None else self._followed | kinds

    def _moment(self) -> dict[str, Instant]:
        return {"at": self.moment.at, "known_at": self.moment.known_at}

    def hurry(self, until: float) -> None:
        """Wait for no answer beyond this reading of `time.monotonic()`: what comes later raises `TimeoutError`."""
        self._transaction.hurry(until)

    def ask(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of a query of the catalogue, as of the moment; for readers of their own kind."""
        return self._ask(query, **self._moment(), **parameters)

    def _ask(self, query: str, **parameters: Any) -> list[Row]:
        return self._transaction.ask(query, {"institution": self._institution} | parameters)


def _folded(node: Node, only: frozenset[int] | None) -> list[TieRow]:
    """An entity's ties that hold of those whose cached rows are not exact."""
    if not node.folded:
        return []
    ties = [tie for tie in node.folded.values() if tie is not None and tie.holds and tie.from_ != tie.to]
    return ties if only is None else [tie for tie in ties if tie.kind in only]


def _windows(at: Instant) -> dict[str, Instant]:
    """Where the windows of receipts that end at this moment begin."""
    return {"kind": _PAYMENT, "until": at, "after_90": at - 90 * DAY, "after_30": at - 30 * DAY, "after_7": at - 7 * DAY}
