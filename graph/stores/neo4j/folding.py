"""Ties folded from their rows by the server, as of a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from graph.ids import TIE_NUMBERS
from graph.model import MONEY_TIES, Moment, TieKind
from graph.stores.neo4j.catalogue import moments
from graph.stores.neo4j.warming import NOBODY, several
from graph.stores.shared.rows import MAXIMUM_TOTAL, TieRow
from graph.stores.shared.tables import Row, TieHead

_MONEY: Final = frozenset(TIE_NUMBERS[kind] for kind in MONEY_TIES)
_PAYS: Final = TIE_NUMBERS[TieKind.PAYS]


class Ask(Protocol):
    """A query of the catalogue to one institution."""

    def __call__(self, query: str, **parameters: Any) -> list[Row]:
        """Its rows."""
        ...


def fold_ties(ask: Ask, heads: Sequence[TieHead], moment: Moment) -> dict[int, TieRow | None]:
    """The ties as their rows say at the moment, by number; None for one that nothing says then."""
    wanted = {head.number: head for head in heads}
    folded: dict[int, TieRow | None] = dict.fromkeys(wanted)
    paying = [number for number, head in wanted.items() if head.kind == _PAYS]
    others = [number for number, head in wanted.items() if head.kind != _PAYS]
    for query, ties in ((moments.FOLD_TIES, others), (moments.FOLD_MONEY, paying)):
        if not ties:
            continue
        for number, times, first_at, last_at, recorded_at, high, low, ends, shares in ask(
            query, ties=several(ties, NOBODY), at=moment.at, known_at=moment.known_at
        ):
            if times:
                head = wanted[number]
                total = min((high << 24) + low, MAXIMUM_TOTAL) if head.kind in _MONEY else None
                ended_at = min((at for at in ends if at >= last_at), default=None)
                share = max(shares)[2] if shares else None
                folded[number] = TieRow(*head, first_at, last_at, recorded_at, ended_at, times, total, share)
    return folded
