"""How many loans the household and those bound to it have open at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.bonds import bonds
from graph.measures.household import Household
from graph.measures.latest import Latest
from graph.measures.picture import DAY, Picture, entity, loan_state, ties_of, whole_number
from graph.model import Entity, Instant, LoanState, TieKind

MINIMUM_BOND: Final = 0.1
"""Least weight of a bond that counts when it is of one family alone; one of two families counts from a tenth of it."""

_OPEN: Final = frozenset({LoanState.PAID_OUT, LoanState.LATE})


@dataclass(frozen=True, slots=True)
class LoansAtOnce:
    """Open loans and fresh applications beside this one."""

    own: tuple[str, ...]
    """Loans of the household and its affiliates, newest application first."""
    tied: tuple[str, ...]
    """Loans of companies bound to it, newest application first."""
    parties: int
    """Different companies that `tied` are of."""
    amount: int
    """Minor units: balance of what is paid out where known, else what was paid out; of an application what was requested."""
    entities: tuple[str, ...]
    """Own loans, then tied ones each after its company, at most 10."""
    ties: tuple[str, ...]
    """Ties of the bonds and of the loans, at most 20."""

    @property
    def count(self) -> int:
        """Loans in all, this one not counted."""
        return len(self.own) + len(self.tied)


_latest: Latest[Picture, dict[tuple[float, Instant], LoansAtOnce]] = Latest()


def loans_at_once(
    picture: Picture, household: Household, *, minimum_bond: float = MINIMUM_BOND, pending: Instant = 30 * DAY
) -> LoansAtOnce:
    """Loans that are open at once in the household, its affiliates and the companies bound to it.

    Open is what is paid out and not repaid or defaulted, and what was applied for within `pending` milliseconds before this
    application and has no outcome. O(bonds + loans); asked again for the same picture and bounds, the same answer is given.

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> loans_at_once(empty, household(empty)).count
    0
    """
    answers = _latest.get(picture, dict)
    found = answers.get((minimum_bond, pending))
    if found is None:
        found = answers[minimum_bond, pending] = _count(picture, household, minimum_bond, pending)
    return found


def _count(picture: Picture, household: Household, minimum_bond: float, pending: Instant) -> LoansAtOnce:
    own_parties = household.members.union(household.affiliates)
    own = [
        loan
        for id_, (merchant, applicant) in household.applied.items()
        if (merchant in own_parties or applicant in own_parties)
        and id_ != household.loan
        and _open(loan := entity(picture, id_), household.applied_at, pending)
    ]
    tied: list[tuple[Entity, str]] = []
    ties: list[str] = []
    taken = {loan.id for loan in own}
    for bond in bonds(picture, household).all:
        if not bond.is_close(minimum_bond):
            continue
        for loan in (entity(picture, one) for one in household.loans.get(bond.party, ())):
            if loan.id != household.loan and loan.id not in taken and _open(loan, household.applied_at, pending):
                taken.add(loan.id)
                tied.append((loan, bond.party))
                ties.extend(bond.ties[:2])
    own.sort(key=_newest)
    tied.sort(key=lambda pair: _newest(pair[0]))
    loans = [*own, *(loan for loan, _ in tied)]
    ties.extend(tie.id for loan in loans for _, tie in ties_of(picture, loan.id) if tie.kind is TieKind.APPLIED_FOR)
    beside = [one for loan, party in tied for one in (party, loan.id)]
    return LoansAtOnce(
        own=tuple(loan.id for loan in own),
        tied=tuple(loan.id for loan, _ in tied),
        parties=len({party for _, party in tied}),
        amount=sum(_owed(loan) for loan in loans),
        entities=tuple(dict.fromkeys([*(loan.id for loan in own), *beside]))[:10],
        ties=tuple(dict.fromkeys(ties))[:20],
    )


def _open(loan: Entity, at: Instant, pending: Instant) -> bool:
    state = loan_state(loan)
    if state in _OPEN:
        return True
    applied_at = whole_number(loan, "applied_at")
    return state is LoanState.APPLIED and applied_at is not None and applied_at >= at - pending


def _owed(loan: Entity) -> int:
    names = ("requested",) if loan_state(loan) is LoanState.APPLIED else ("balance", "paid_out", "requested")
    return next((amount for name in names if (amount := whole_number(loan, name)) is not None), 0)


def _newest(loan: Entity) -> tuple[int, str]:
    return -(whole_number(loan, "applied_at") or loan.first_at), loan.id
