"""Ties folded from their rows by the server, as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from graph.ids import TIE_NUMBERS
from graph.model import MONEY_TIES, Instant, Moment, TieKind
from graph.stores.neo4j.catalogue import moments
from graph.stores.neo4j.warming import NOBODY, several
from graph.stores.shared.rows import MAXIMUM_TOTAL, TieRow
from graph.stores.shared.tables import Row, TieHead

_MONEY: Final = frozenset(TIE_NUMBERS[kind] for kind in MONEY_TIES)
_PAYS: Final = TIE_NUMBERS[TieKind.PAYS]


class Fold(NamedTuple):
    """What some rows of a tie say together."""

    times: int
    first_at: Instant | None
    last_at: Instant | None
    recorded_at: Instant | None
    high: int
    """The sum of amounts without their last 24 bits, and of those bits: sums that stay within 64 bits."""
    low: int
    ends: Sequence[Instant]
    """When it was said to have ended."""
    shares: Sequence[Sequence[Any]]
    """occurred_at, rank and share."""


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
        for number, *found in ask(query, ties=several(ties, NOBODY), at=moment.at, known_at=moment.known_at):
            if number in wanted:
                folded[number] = fold(wanted[number], [Fold(*found)])
    return folded


def fold(head: TieHead, folds: Iterable[Fold]) -> TieRow | None:
    """A tie of the folds of parts of its rows, in any order; None when nothing says it."""
    said = [one for one in folds if one.times or one.ends]
    seen = [one for one in said if one.times]
    if not seen:
        return None
    first_at, last_at = min(one.first_at or 0 for one in seen), max(one.last_at or 0 for one in seen)
    recorded_at = min(one.recorded_at or 0 for one in seen)
    total = min(sum((one.high << 24) + one.low for one in seen), MAXIMUM_TOTAL) if head.kind in _MONEY else None
    ended_at = min((at for one in said for at in one.ends if at >= last_at), default=None)
    shares = [tuple(share) for one in seen for share in one.shares]
    return TieRow(
        *head, first_at, last_at, recorded_at, ended_at, sum(one.times for one in seen), total, max(shares)[2] if shares else None
    )
