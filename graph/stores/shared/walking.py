"""The bounded piece of graph around an entity, breadth first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from graph import weighing
from graph.chains import strengths
from graph.ids import TIE_KINDS, tie_id
from graph.model import Neighbour, Neighbourhood, Tie, TieKind, Truncation, TruncationCause, WalkBounds
from graph.quickly import quickly
from graph.stores.shared.crowding import Cut, count_unread
from graph.stores.shared.rows import Adjacency, Node, TieRow, stream, stream_parts, tie_numbers
from graph.stores.shared.snapshot import NO_TIES, Snapshot

_tie: Final = quickly(Tie)
_neighbour: Final = quickly(Neighbour)
_BASE: Final = {number: weighing.BASE[kind] for number, kind in TIE_KINDS.items()}


def walk(snapshot: Snapshot, centre: int, bounds: WalkBounds, deadline: float | None = None) -> Neighbourhood:
    """The neighbourhood of the entity with this number, which must exist at the moment; `GraphStore.neighbourhood` is the contract.

    Level by level, strongest entity first (by the best chain that found it, then by id), each one's ties newest first: so what a bound
    cuts off is the weakest entities' oldest ties. An entity that found no place is not let in later. `deadline` is a reading of
    `time.monotonic()`; what was walked by then is returned. Reads O(entities) times `ties_per_entity` rows, hubs through an
    index, one statement a level for all others.
    """
    walked = _Walk(snapshot, centre, bounds, deadline)
    snapshot.foresee(walked.nodes[centre].id, bounds)
    walked.go()
    return walked.neighbourhood()


def tie_of(row: TieRow, nodes: Mapping[int, Node], weight: float) -> Tie:
    """A row as the graph's word; both ends must be among the nodes."""
    _, number, start, end, first_at, last_at, recorded_at, ended_at, times, total, share = row
    from_id, to_id, kind = nodes[start].id, nodes[end].id, TIE_KINDS[number]
    return _tie(
        tie_id(kind, from_id, to_id), kind, from_id, to_id, weight, first_at, last_at, recorded_at, ended_at, times, total, share,
    )  # fmt: skip


def weigh(row: TieRow, nodes: Mapping[int, Node]) -> float:
    """The weight of a tie between two of the nodes (see `graph.weighing`)."""
    kind, from_, to = row[1:4]
    from_degree = nodes[from_].degrees.get(stream(kind, False, to), 0)
    to_degree = nodes[to].degrees.get(stream(kind, True, from_), 0)
    # The lesser scarcity is that of the greater degree.
    degree = from_degree if from_degree > to_degree else to_degree
    return _BASE[kind] if degree <= 2 else _BASE[kind] * weighing.scarcity(degree)


def late(deadline: float | None) -> bool:
    """Whether the deadline, a reading of `time.monotonic()`, has come."""
    return deadline is not None and time.monotonic() >= deadline


class _Walk:
    """One walk under way: who is in, which ties are shown, what was left out."""

    def __init__(self, snapshot: Snapshot, centre: int, bounds: WalkBounds, deadline: float | None) -> None:
        self.snapshot = snapshot
        self.bounds = bounds
        self.deadline = deadline
        self.centre = centre
        self.nodes = snapshot.load([centre], profiles=True)
        self.inside = {centre: 0}
        """With the distance at which each was found."""
        self.shown: dict[int, TieRow] = {}
        self.weights: dict[int, float] = {}
        """Of the ties shown, by number."""
        self.fresh: list[tuple[int, TieRow]] = []
        """Ties that this level showed, each with the entity that showed it."""
        self.left_out: dict[int, TieRow] = {}
        """Ties read and not shown."""
        self.cut: dict[int, Cut] = {}
        """Entities with more ties than were read of them."""
        self.causes: set[TruncationCause] = set()
        self.beside: dict[int, list[int]] = {centre: []}
        """Kinds of the shown ties of each entity."""
        self.shortened = False
        """Whether a tie was shown that may bring entities nearer than they were found."""
        self.strengths = {centre: 1.0}
        """Of the best chain by which each entity was found so far."""

    def go(self) -> None:
        """Walk level by level."""
        level = [self.centre]
        for distance in range(self.bounds.depth):
            last = distance == self.bounds.depth - 1
            room = self.bounds.entities - (0 if last else self.bounds.reserve)
            kinds = self._kinds(last=last)
            around = self._around(level, kinds)
            reached: list[int] = []
            self.fresh = []
            for node in level:
                if node in around:
                    self._take(node, around[node], room, reached, distance)
                    if around[node].left_out:
                        self.cut[node] = Cut(around[node].left_out, frozenset(row.number for row in around[node].ties), kinds)
                else:
                    self.causes.add(TruncationCause.DEADLINE)
            self._weigh()
            level = sorted(reached, key=lambda number: (-self.strengths[number], self.nodes[number].id))
            if not level:
                break

    def _kinds(self, *, last: bool) -> frozenset[TieKind] | None:
        kinds = self.bounds.kinds
        if last and self.bounds.last_kinds is not None:
            return self.bounds.last_kinds if kinds is None else self.bounds.last_kinds & kinds
        return kinds

    def _around(self, level: list[int], kinds: frozenset[TieKind] | None) -> dict[int, Adjacency]:
        """What surrounds each entity of a level: its newest ties of at least the minimum weight."""
        limit = self.bounds.ties_per_entity
        if self.bounds.minimum_weight <= 0.0:
            only = tie_numbers(kinds)
            exhausted = {number: NO_TIES for number in level if self._all_shown(number, only, limit)}
            unread = [number for number in level if number not in exhausted]
            return exhausted | self.snapshot.adjacent(unread, limit, kinds, self.deadline)
        around = self._heavy_around(level, kinds)
        others = {row.other(node) for node, found in around.items() for row in found.ties}
        self.nodes |= self.snapshot.load(others.difference(self.nodes))
        heavy: dict[int, Adjacency] = {}
        for node, found in around.items():
            ties = [row for row in found.ties if weigh(row, self.nodes) >= self.bounds.minimum_weight]
            heavy[node] = Adjacency(tuple(ties[:limit]), max(0, len(ties) - limit))
        return heavy

    def _all_shown(self, number: int, only: frozenset[int] | None, limit: int) -> bool:
        """Whether every tie that would be read of this entity is shown already, by others."""
        shown = self.beside[number]
        count = len(shown) if only is None else sum([kind in only for kind in shown])
        return count <= limit and count == self.nodes[number].degree(only)

    def _heavy_around(self, level: list[int], kinds: frozenset[TieKind] | None) -> dict[int, Adjacency]:
        """All ties of each entity but those of kinds that its own degree makes lighter than the minimum: a hub's crowd is not read."""
        together: dict[frozenset[TieKind], list[int]] = {}
        for number, node in self.snapshot.load(level).items():
            heavy = frozenset(
                kind
                for code, degree in node.degrees.items()
                if weighing.weight(kind := TIE_KINDS[stream_parts(code)[0]], degree, 1) >= self.bounds.minimum_weight
            )
            together.setdefault(heavy if kinds is None else heavy & kinds, []).append(number)
        around: dict[int, Adjacency] = {}
        for only, numbers in together.items():
            most = max(sum(self.nodes[number].degrees.values()) for number in numbers)
            around |= self.snapshot.adjacent(numbers, max(most, 1), only, self.deadline)
        return around

    def _take(self, node: int, found: Adjacency, room: int, reached: list[int], distance: int) -> None:
        """Show the ties of an entity at this distance as far as the bounds allow."""
        shown, inside, most = self.shown, self.inside, self.bounds.ties
        for row in found.ties:
            number, kind, from_, to = row[:4]
            if number in shown:
                continue
            other = to if from_ == node else from_
            if len(shown) >= most:
                self.causes.add(TruncationCause.TIES)
                self.left_out[number] = row
                continue
            if other not in inside:
                if len(inside) >= room:
                    self.causes.add(TruncationCause.ENTITIES)
                    self.left_out[number] = row
                    continue
                inside[other] = distance + 1
                self.beside[other] = []
                reached.append(other)
            elif inside[other] < distance - 1:
                self.shortened = True
            shown[number] = row
            self.fresh.append((node, row))
            self.left_out.pop(number, None)
            self.beside[node].append(kind)
            self.beside[other].append(kind)

    def _weigh(self) -> None:
        """Weigh the ties that a level showed, and with them the chains by which it reached others."""
        nodes, known = self.nodes, self.strengths
        nodes |= self.snapshot.load([number for number in self.inside if number not in nodes], profiles=True)
        for node, row in self.fresh:
            weight = self.weights[row.number] = weigh(row, nodes)
            strength, other = known[node] * weight, row.other(node)
            if strength > known.get(other, 0.0):
                known[other] = strength

    def neighbourhood(self) -> Neighbourhood:
        """What was walked, in the contract's order."""
        weights = self.weights
        found = strengths(self.centre, [(row.from_, row.to, weights[number]) for number, row in self.shown.items()])
        entities = self.snapshot.entities(self.inside)
        distances = self._distances() if self.shortened else self.inside
        order = sorted([(distances[number], -found[number], entity.id, number) for number, entity in entities.items()])
        neighbours = [_neighbour(entities[number], distance, -minus) for distance, minus, _, number in order]
        ties = [tie_of(row, self.nodes, weights[number]) for number, row in self.shown.items()]
        ties.sort(key=lambda tie: (-tie.weight, tie.id))
        return Neighbourhood(self.nodes[self.centre].id, self.snapshot.moment, tuple(neighbours), tuple(ties), self._truncation())

    def _distances(self) -> dict[int, int]:
        """Fewest shown ties from the centre: a tie that only its far end showed may be a short cut."""
        beside: dict[int, list[int]] = {}
        for row in self.shown.values():
            beside.setdefault(row.from_, []).append(row.to)
            beside.setdefault(row.to, []).append(row.from_)
        distances, level = {self.centre: 0}, [self.centre]
        while level:
            reached = {other for number in level for other in beside.get(number, ()) if other not in distances}
            distances.update(dict.fromkeys(reached, distances[level[0]] + 1))
            level = list(reached)
        return distances

    def _truncation(self) -> Truncation | None:
        """Which bounds were met, and how many different ties were seen and left out."""
        unread = self._unread()
        if unread:
            self.causes.add(TruncationCause.TIES_PER_ENTITY)
        if not self.causes:
            return None
        causes = tuple(cause for cause in TruncationCause if cause in self.causes)
        return Truncation(causes, None if TruncationCause.DEADLINE in causes else len(self.left_out) + unread)

    def _unread(self) -> int:
        """Different ties of crowded entities that were counted and never read, from neither end."""
        read = self.left_out | self.shown
        return count_unread(self.snapshot, self.cut, read, self._passes)

    def _passes(self, row: TieRow) -> bool:
        return self.bounds.minimum_weight <= 0.0 or weigh(row, self.nodes) >= self.bounds.minimum_weight
