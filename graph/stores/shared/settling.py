"""Entities' places in the graph at a moment for which their cached rows are not exact; many at once, in as few statements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence

from graph.model import Instant
from graph.stores.shared.rows import Node, TieRow, stream
from graph.stores.shared.tables import Row, TieHead


class Settling(ABC):
    """What settling reads of a store, as of a moment."""

    @abstractmethod
    def touched(self, numbers: Sequence[int]) -> Sequence[Row]:
        """number, kind, from, to, count and ended_at, as cached, of these entities' ties whose cached rows are not exact."""

    @abstractmethod
    def fold_ties(self, heads: Sequence[TieHead]) -> Mapping[int, TieRow | None]:
        """Ties as their rows say at the moment, by number; None for one that nothing says then."""

    @abstractmethod
    def ties_of_pairs(self, pairs: Sequence[tuple[int, int]]) -> Iterable[Row]:
        """number, from, to, count and ended_at, as cached, of all ties between the two of each pair, in either direction."""

    @abstractmethod
    def named(self, numbers: Sequence[int]) -> Mapping[int, tuple[Instant, Instant]]:
        """First and last moment at which a fact that stands names each entity; left out when none does."""


def settle(snapshot: Settling, nodes: Sequence[Node]) -> None:
    """Fold what was touched after the moment: ties that are not exact, and by them degrees, reach, first and last mention."""
    if not nodes:
        return
    by_number = {node.number: node for node in nodes}
    cached = snapshot.touched(list(by_number))
    folded = snapshot.fold_ties([TieHead(*row[:4]) for row in cached]) if cached else {}
    changed: dict[int, set[int]] = {}
    for node in nodes:
        node.folded = {}
    for row in cached:
        number, _, from_, to, _, _ = row
        for end in {from_, to} & by_number.keys():
            by_number[end].folded[number] = folded[number]  # type: ignore[index]  # just made
            other = _recount(by_number[end], row, folded[number])
            if other is not None:
                changed.setdefault(end, set()).add(other)
    changes = _reach_changes(snapshot, changed, folded)
    named = snapshot.named(list(by_number))
    for number, node in by_number.items():
        node.degrees = {code: count for code, count in node.degrees.items() if count}
        node.reach += changes.get(number, 0)
        node.exists = number in named
        if node.exists:
            node.first_at, node.last_at = named[number]


def _recount(node: Node, cached: Row, tie: TieRow | None) -> int | None:
    """Count a tie of the node as it was at the moment; the other end when it holds then and not now, or the reverse."""
    _, kind, from_, to, count, ended_at = cached
    held, holds = count > 0 and ended_at is None, tie is not None and tie.holds
    if from_ == to or held == holds:
        return None
    incoming = to == node.number
    other: int = from_ if incoming else to
    code = stream(kind, incoming, other)
    node.degrees[code] = node.degrees.get(code, 0) + holds - held
    return other


def _reach_changes(snapshot: Settling, changed: Mapping[int, Collection[int]], folded: Mapping[int, TieRow | None]) -> dict[int, int]:
    """How many more of these others each entity is tied to at the moment than the cache says."""
    held: set[tuple[int, int]] = set()
    holds: set[tuple[int, int]] = set()
    pairs = {(min(node, other), max(node, other)) for node, others in changed.items() for other in others}
    for number, from_, to, count, ended_at in snapshot.ties_of_pairs(sorted(pairs)) if pairs else ():
        pair = (min(from_, to), max(from_, to))
        was = count > 0 and ended_at is None
        tie = folded.get(number)
        if was:
            held.add(pair)
        if (tie is not None and tie.holds) if number in folded else was:
            holds.add(pair)
    return {
        node: sum(((pair := (min(node, other), max(node, other))) in holds) - (pair in held) for other in others)
        for node, others in changed.items()
    }
