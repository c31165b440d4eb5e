"""How many ties a walk left unread at entities that have more than it may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from graph.ids import TIE_KINDS
from graph.model import TieKind
from graph.stores.shared.rows import Node, TieRow
from graph.stores.shared.snapshot import Snapshot


class Cut(NamedTuple):
    """An entity of which not all ties were read."""

    unread: int
    """Ties counted there and not read of it."""
    read: frozenset[int]
    """Numbers of the ties that were."""
    kinds: frozenset[TieKind] | None
    """Those asked for; None: all."""

    def hides(self, row: TieRow) -> bool:
        """Whether the tie, which is one of this entity's, is among those counted and not read of it."""
        return row.number not in self.read and (self.kinds is None or TIE_KINDS[row.kind] in self.kinds)


def count_unread(
    snapshot: Snapshot, cuts: Mapping[int, Cut], read: Mapping[int, TieRow], passes: Callable[[TieRow], bool] = lambda row: True
) -> int:
    """Different ties that were counted at crowded entities and read from neither end.

    `read` are all ties read from any end, `passes` the walk's filter. Exact: a tie that its other end gave is not unread, and one
    between two crowded entities counts once; these are looked up by a probe for each pair that could have one.
    """
    unread = sum(cut.unread for cut in cuts.values())
    if not unread:
        return 0
    for row in read.values():
        for end in (row.from_, row.to):
            if end in cuts and cuts[end].hides(row):
                unread -= 1
    twice = (
        row for row in between(snapshot, cuts, cuts) if row.number not in read and cuts[row.from_].hides(row) and cuts[row.to].hides(row)
    )
    return unread - sum(passes(row) for row in twice)


def between(snapshot: Snapshot, some: Iterable[int], others: Iterable[int]) -> list[TieRow]:
    """Ties that hold between one of some entities and one of others, in either direction: a probe for each pair that could have one."""
    nodes, far = snapshot.load(some), snapshot.load(others)
    found: dict[int, TieRow] = {}
    for from_, to in ((nodes, far), (far, nodes)):
        starts, ends = _with_ties(from_, to, incoming=False), _with_ties(to, from_, incoming=True)
        if starts and ends:
            found |= {row.number: row for row in snapshot.ties_across(starts, ends)}
    folded = {number: row for node in nodes.values() for number, row in (node.folded or {}).items()}
    now = (folded.get(number, row) for number, row in found.items())
    return [row for row in now if row is not None and row.holds and row.from_ != row.to]


def _with_ties(nodes: Mapping[int, Node], others: Iterable[int], *, incoming: bool) -> list[int]:
    """Those of the nodes that have a tie in this direction to an entity of a kind that is among the others."""
    kinds = {number & 15 for number in others}
    return [n for n, node in nodes.items() if any(code & 15 in kinds and bool(code & 16) == incoming for code in node.degrees)]
