"""How many ties a walk left unread at entities that have more than it may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from graph.ids import TIE_KINDS
from graph.model import TieKind
from graph.stores.sqlite.folding import chunks, marks
from graph.stores.sqlite.reading import TIE_COLUMNS, Snapshot
from graph.stores.sqlite.rows import TieRow


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
        unread -= sum(end in cuts and cuts[end].hides(row) for end in (row.from_, row.to))
    twice = (row for row in _between(snapshot, cuts) if row.number not in read and cuts[row.from_].hides(row) and cuts[row.to].hides(row))
    return unread - sum(passes(row) for row in twice)


def _between(snapshot: Snapshot, numbers: Iterable[int]) -> list[TieRow]:
    """Ties that hold between two of these entities."""
    nodes = snapshot.load(numbers)
    kinds = {number & 15 for number in nodes}
    sides = {
        incoming: [n for n, node in nodes.items() if any(code & 15 in kinds and bool(code & 16) == incoming for code in node.degrees)]
        for incoming in (False, True)
    }
    found: list[TieRow] = []
    for starts in chunks(sides[False]):
        for ends in chunks(sides[True]):
            sql = f"SELECT {TIE_COLUMNS} FROM tie t WHERE t.from_ IN ({marks(starts)}) AND t.to_ IN ({marks(ends)})"
            found += [TieRow(*row) for row in snapshot.connection.execute(sql, [*starts, *ends])]
    folded = {number: row for node in nodes.values() for number, row in (node.folded or {}).items()}
    now = (folded.get(row.number, row) for row in found)
    return [row for row in now if row is not None and row.holds and row.from_ != row.to]
