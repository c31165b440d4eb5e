"""The strongest chains of ties between two entities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from graph.chains import Chains
from graph.ids import TIE_KINDS
from graph.model import Path, PathSearch, Tie, TieKind, Truncation, TruncationCause
from graph.stores.shared.crowding import Cut, between, count_unread
from graph.stores.shared.rows import TieRow
from graph.stores.shared.snapshot import Snapshot
from graph.stores.shared.walking import late, tie_of, weigh

TIES_PER_ENTITY: Final = 500
"""Ties followed from one entity, newest first."""

ENTITIES: Final = 3_000
"""Entities that one search reads, half of them from either end."""

LOOKS: Final = 50_000
"""Partial chains looked at in one search."""


def search(
    snapshot: Snapshot,
    from_: int,
    to: int,
    *,
    kinds: frozenset[TieKind] | None = None,
    maximum_length: int = 4,
    maximum_paths: int = 5,
    deadline: float | None = None,
) -> PathSearch:
    """The strongest simple chains of at most `maximum_length` ties between two entities that exist; `GraphStore.paths` is the contract.

    A walk from either end, each half as deep, meets in the middle: every chain of that length lies in the ties that both read. Among
    these the search is exact (`graph.chains`). Bounds: 500 ties an entity, newest first (TIES_PER_ENTITY; those to what the other
    walk met are read however old), 3,000 entities (ENTITIES), 50,000 partial chains (TIES), and `deadline`, a reading of
    `time.monotonic()`; each that was met is said, with the ties seen and left out, and what was found until then is returned. None
    from an entity to itself.
    """
    if from_ == to:
        return PathSearch(())
    half = (maximum_length + 1) // 2
    out = _Side(snapshot, from_, kinds, deadline)
    back = _Side(snapshot, to, kinds, deadline)
    for step in range(half):
        out.step()
        if step < maximum_length - half:
            back.step()
    _bridge(snapshot, out, back, kinds)
    causes = out.causes | back.causes
    ties = _on_the_way(snapshot, out, back, maximum_length)
    chains = Chains(out.id, back.id, ties, maximum_length)
    ways: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    while len(ways) < maximum_paths and (way := chains.next(lambda: chains.looks < LOOKS and not late(deadline))):
        ways.append(way)
    if len(ways) < maximum_paths and chains.unfinished:
        causes.add(TruncationCause.DEADLINE if late(deadline) else TruncationCause.TIES)
    return PathSearch(_paths(snapshot, ways, ties), _truncation(snapshot, causes, out, back))


class _Side:
    """A walk from one end."""

    def __init__(self, snapshot: Snapshot, start: int, kinds: frozenset[TieKind] | None, deadline: float | None) -> None:
        self.snapshot = snapshot
        self.kinds = kinds
        self.deadline = deadline
        self.start = start
        self.id = snapshot.load([start])[start].id
        self.inside = {start}
        self.level = [start]
        self.rows: dict[int, TieRow] = {}
        self.left_out: dict[int, TieRow] = {}
        self.cuts: dict[int, Cut] = {}
        self.causes: set[TruncationCause] = set()

    def step(self) -> None:
        """One distance further, entities by their ids."""
        nodes = self.snapshot.load(self.level)
        level = sorted(self.level, key=lambda number: nodes[number].id)
        around = self.snapshot.adjacent(level, TIES_PER_ENTITY, self.kinds, self.deadline)
        self.level = []
        for node in level:
            if node not in around:
                self.causes.add(TruncationCause.DEADLINE)
                continue
            found = around[node]
            if found.left_out:
                self.cuts[node] = Cut(found.left_out, frozenset(row.number for row in found.ties), self.kinds)
            for row in found.ties:
                self._meet(row, row.other(node))

    def _meet(self, row: TieRow, other: int) -> None:
        if other not in self.inside:
            if len(self.inside) >= ENTITIES // 2:
                self.causes.add(TruncationCause.ENTITIES)
                self.left_out[row.number] = row
                return
            self.inside.add(other)
            self.level.append(other)
        self.rows[row.number] = row


def _bridge(snapshot: Snapshot, out: _Side, back: _Side, kinds: frozenset[TieKind] | None) -> None:
    """Of entities with more ties than were read, those to the other side's entities, however old: a hub is crossed where it matters."""
    for side, other in ((out, back), (back, out)):
        if side.cuts and not late(side.deadline):
            found = between(snapshot, side.cuts, other.inside)
            side.rows |= {row.number: row for row in found if kinds is None or TIE_KINDS[row.kind] in kinds}


def _on_the_way(snapshot: Snapshot, out: _Side, back: _Side, length: int) -> list[Tie]:
    """Ties that a chain of at most this length can take, weighed."""
    rows = (out.rows | back.rows).values()
    beside: dict[int, list[int]] = {}
    for row in rows:
        beside.setdefault(row.from_, []).append(row.to)
        beside.setdefault(row.to, []).append(row.from_)
    near, far = _distances(out.start, beside, length), _distances(back.start, beside, length)
    beyond = length + 1

    def through(one: int, other: int) -> int:
        return near.get(one, beyond) + 1 + far.get(other, beyond)

    taken = [row for row in rows if min(through(row.from_, row.to), through(row.to, row.from_)) <= length]
    nodes = snapshot.load({end for row in taken for end in (row.from_, row.to)})
    return sorted((tie_of(row, nodes, weigh(row, nodes)) for row in taken), key=lambda tie: tie.id)


def _distances(start: int, beside: Mapping[int, Sequence[int]], most: int) -> dict[int, int]:
    """Fewest ties from the start to each entity within `most`."""
    distances, level = {start: 0}, [start]
    for distance in range(1, most + 1):
        level = list({other for number in level for other in beside.get(number, ()) if other not in distances})
        distances.update(dict.fromkeys(level, distance))
    return distances


def _paths(snapshot: Snapshot, ways: Sequence[tuple[tuple[str, ...], tuple[str, ...]]], ties: Sequence[Tie]) -> tuple[Path, ...]:
    """The chains with their entities and ties."""
    by_id = {tie.id: tie for tie in ties}
    numbers = snapshot.nodes(sorted({name for entities, _ in ways for name in entities}))
    known = snapshot.entities(numbers.values())
    return tuple(
        Path(
            math.prod(by_id[tie].weight for tie in used),
            tuple(known[numbers[name]] for name in entities),
            tuple(by_id[tie] for tie in used),
        )
        for entities, used in ways
    )


def _truncation(snapshot: Snapshot, causes: set[TruncationCause], out: _Side, back: _Side) -> Truncation | None:
    """Which bounds were met; crowded entities whose other ends gave all their ties cut nothing."""
    read = out.rows | back.rows | out.left_out | back.left_out
    unread = count_unread(snapshot, out.cuts | back.cuts, read)
    if unread:
        causes.add(TruncationCause.TIES_PER_ENTITY)
    if not causes:
        return None
    shown = tuple(cause for cause in TruncationCause if cause in causes)
    left_out = (out.left_out | back.left_out).keys() - out.rows.keys() - back.rows.keys()
    return Truncation(shown, None if TruncationCause.DEADLINE in causes else len(left_out) + unread)
