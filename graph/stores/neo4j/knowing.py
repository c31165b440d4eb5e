"""What one transaction knows without asking: what was foreseen under the institution's lock, and what it wrote since.

Nobody else writes meanwhile, so what is foreseen and what is written are all that there is. What is taken back (a report withdrawn, a loan
derived again) is not followed here: from then on nothing is known, and the server is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from graph.ids import TIE_NUMBERS
from graph.model import Instant, TieKind
from graph.stores.neo4j.catalogue import recording
from graph.stores.neo4j.folding import Fold, fold
from graph.stores.shared.claims import LOAN
from graph.stores.shared.encoding import Kept, read_kept
from graph.stores.shared.folding import Description, describe
from graph.stores.shared.rows import KIND_BITS, TieRow
from graph.stores.shared.tables import Row, TieHead

_PAYS: Final = TIE_NUMBERS[TieKind.PAYS]
_OWNS: Final = TIE_NUMBERS[TieKind.OWNS]
_TIE_COLUMNS: Final = 14
"""Of a tie with its fold, those that are its own."""


class Known:
    """What one transaction knows of its institution."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._whole = True
        """Whether nothing was taken back."""
        self._last = 2**63
        """The last entity that was made before, by its place."""
        self._facts: dict[int, Row] = {}
        """Those that this transaction recorded, by number."""
        self._users: dict[tuple[int, str], list[int]] = {}
        """Facts that this transaction recorded, by the key that they use."""
        self._between: dict[tuple[int, int], dict[int, Row]] = {}
        """Ties between these two, by kind, of each pair that was read."""
        self._kept_ties: set[int] = set()
        """Ties that were there before."""
        self._folds: dict[int, Fold] = {}
        """What all rows of a tie said before."""
        self._observed: dict[int, list[Row]] = {}
        """What this transaction saw of each tie."""
        self._said: dict[int, list[Row]] = {}
        """Statements of an entity: occurred_at, rank, what and value."""
        self._heard: set[int] = set()
        """Entities of which all statements were read."""
        self._owned: dict[int, list[Row]] = {}
        """What was said of a merchant's owners before."""
        self._derived: set[int] = set()
        """Loans of which this transaction derived rows."""

    def hear(self, entities: Collection[int], statements: Sequence[Row]) -> None:
        """Be told all that was said of these entities: entity, occurred_at, rank, what, value."""
        self._heard |= set(entities)
        for entity, *said in statements:
            self._said.setdefault(entity, []).append(tuple(said))

    def own(self, merchants: Collection[int], rows: Sequence[Row]) -> None:
        """Be told all that was said of these merchants' owners: merchant, then as `Tables.owned`, source and its id in one."""
        self._owned |= {merchant: [] for merchant in merchants}
        for merchant, *row in rows:
            self._owned[merchant].append(tuple(row))

    def meet(self, pairs: Collection[tuple[int, int]], rows: Sequence[Row]) -> None:
        """Be told all ties from the first to the second of these pairs; one that was folded says so by more columns."""
        for pair in pairs:
            self._between.setdefault(pair, {})
        for row in rows:
            self._kept_ties.add(row[0])
            self._between[row[2], row[3]][row[1]] = tuple(row[:_TIE_COLUMNS])
            if len(row) > _TIE_COLUMNS and row[_TIE_COLUMNS] is not None:
                self._folds[row[0]] = Fold(*row[_TIE_COLUMNS])

    def count(self, last: int) -> None:
        """Be told how many entities there were before: those that come after are this transaction's, and nothing was said of them."""
        self._last = last

    def _new(self, entity: int) -> bool:
        return entity >> KIND_BITS > self._last

    def record(self, facts: Sequence[Row], claims: Sequence[Row]) -> None:
        """Be told of facts that are new, and of the keys they use."""
        self._facts |= {row[0]: row for row in facts}
        for space, key, fact in claims:
            self._users.setdefault((space, key), []).append(fact)

    def observe(self, rows: Sequence[Row]) -> None:
        """Be told of observations that are new, in the columns of `recording.OBSERVATION`."""
        for row in rows:
            self._observed.setdefault(row[0], []).append(row)
            if row[_LOAN] is not None:
                self._derived.add(row[_LOAN])

    def say(self, rows: Sequence[Row]) -> None:
        """Be told of statements that are new, in the columns of `recording.STATEMENT`."""
        for row in rows:
            if row[_UNTIL] is None:
                self._said.setdefault(row[0], []).append((row[5], row[6], row[8], row[9]))
            if row[-1] is not None:
                self._derived.add(row[-1])

    def forget(self) -> None:
        """Be told that something was taken back."""
        self._whole = False

    def met(self, pair: tuple[int, int]) -> bool:
        """Whether the ties from the first to the second are known: they were read, or there can be none yet."""
        return pair in self._between or self._new(pair[0]) or self._new(pair[1])

    def ties(self, pair: tuple[int, int]) -> Iterator[Row]:
        """Ties from the first to the second, as they were before."""
        yield from self._between.get(pair, {}).values()

    def fold_ties(self, heads: Sequence[TieHead]) -> dict[int, TieRow | None] | None:
        """See `Tables.fold_ties`; None when the server must be asked. Transfers are always folded there."""
        if not self._whole or any(head.kind == _PAYS or (head.number in self._kept_ties) > (head.number in self._folds) for head in heads):
            return None
        return {head.number: fold(head, [*self._before(head.number), *map(_fold, self._standing(head.number))]) for head in heads}

    def _before(self, tie: int) -> Iterator[Fold]:
        if tie in self._folds:
            yield self._folds[tie]

    def _standing(self, tie: int) -> Iterator[Row]:
        """What this transaction saw of a tie and is still known when all is."""
        return (row for row in self._observed.get(tie, ()) if row[_KNOWN_UNTIL] is None and row[_HIDDEN] is None)

    def fold_descriptions(self, entities: Sequence[int]) -> dict[int, Description] | None:
        """See `Tables.fold_descriptions`; None when the server must be asked."""
        if not self._whole or not all(entity in self._heard or self._new(entity) for entity in entities):
            return None
        return {entity: describe(self._said[entity]) for entity in entities if self._said.get(entity)}

    def kept(self, numbers: Collection[int]) -> list[Kept] | None:
        """See `Tables.kept`; None when the server must be asked."""
        if not self._whole or not self._facts.keys() >= set(numbers):
            return None
        return [read_kept(self._fact_columns(self._facts[number])) for number in numbers]

    def _fact_columns(self, row: Row) -> Row:
        number, id_, source_id, kind, occurred_at, recorded_at, withdrawn_at, _, content = row
        return (number, id_, self._source, source_id, kind, occurred_at, recorded_at, withdrawn_at, content)

    def loan_users(self, key: str) -> list[Row] | None:
        """See `Tables.users`, of a loan that this transaction made; None when the server must be asked."""
        if not self._whole or not self._new(int(key)):
            return None
        rows = [self._facts[number] for number in sorted(self._users.get((LOAN, key), ()))]
        return [(key, row[0], *row[3:]) for row in rows]

    def nothing_of(self, loan: int) -> bool:
        """Whether no row can have been derived of a loan: this transaction made it."""
        return self._new(loan) and loan not in self._derived

    def owned(self, merchant: int, until: Instant) -> list[Row] | None:
        """What is said of a merchant's owners up to a moment, source and its id in one; None when the server must be asked."""
        if not self._whole or not (merchant in self._owned or self._new(merchant)):
            return None
        seen = [row for rows in self._observed.values() for row in rows if row[_KIND] == _OWNS and row[_TO] == merchant]
        own = [(row[_FROM], row[1], row[3], row[_KNOWN_UNTIL], row[_ENDED], row[_SHARE], row[_RANK]) for row in seen]
        return [row for row in [*self._owned.get(merchant, ()), *own] if row[1] <= until]


def place(columns: Sequence[str], name: str) -> int:
    """Where a column stands."""
    return columns.index(name)


_LOAN, _KIND, _FROM, _TO, _KNOWN_UNTIL, _HIDDEN, _ENDED, _SHARE, _RANK, _AMOUNT = (
    place(recording.OBSERVATION, name)
    for name in ("loan", "kind", "from_", "to_", "known_until", "hidden_at", "ended", "share", "rank", "amount")
)
_UNTIL: Final = place(recording.STATEMENT, "known_until")


def _fold(row: Row) -> Fold:
    """One observation as the fold of itself."""
    at, known_from, recorded_at, share = row[1], row[3], row[4], row[_SHARE]
    if row[_ENDED]:
        return Fold(0, None, None, None, 0, 0, [at], [])
    amount = row[_AMOUNT] or 0
    shares = [] if share is None else [[at, row[_RANK], share]]
    return Fold(1, at, at, known_from if recorded_at is None else recorded_at, amount >> 24, amount & 0xFFFFFF, [], shares)
