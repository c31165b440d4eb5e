"""How the loans of those bound to the household turned out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.bonds import bonds
from graph.measures.household import Household
from graph.measures.loans_at_once import MINIMUM_BOND
from graph.measures.picture import Picture, entity, loan_state, ties_of
from graph.model import LoanState, TieKind

_BAD: Final = frozenset({LoanState.LATE, LoanState.DEFAULTED})


@dataclass(frozen=True, slots=True)
class LoanOutcomes:
    """Outcomes around the household."""

    bad: tuple[str, ...]
    """Loans of bound companies that are late or defaulted, weightiest bond first."""
    good: int
    """Loans of bound companies that were repaid."""
    entities: tuple[str, ...]
    """Companies with a bad loan and these loans, weightiest bond first, at most 10."""
    ties: tuple[str, ...]
    """Of those bonds, and between those companies and their bad loans, at most 20."""


def loan_outcomes(picture: Picture, household: Household, *, minimum_bond: float = MINIMUM_BOND) -> LoanOutcomes:
    """How the loans of companies bound closely to the household turned out; close is what `Bond.is_close` says. O(bonds + loans).

    One step of guilt by association (Koutra et al. 2011).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> loan_outcomes(empty, household(empty)).bad
    ()
    """
    bad: list[str] = []
    ids: list[str] = []
    ties: list[str] = []
    good = 0
    for bond in bonds(picture, household).all:
        if not bond.is_close(minimum_bond):
            continue
        loans = household.loans.get(bond.party, ())
        wrong = [loan for loan in loans if loan_state(entity(picture, loan)) in _BAD]
        good += sum(loan_state(entity(picture, loan)) is LoanState.REPAID for loan in loans)
        if wrong:
            bad.extend(wrong)
            ids.extend([bond.party, *wrong])
            ties.extend(bond.ties[:4])
            ties.extend(tie.id for loan in wrong for _, tie in ties_of(picture, loan) if tie.kind is TieKind.APPLIED_FOR)
    return LoanOutcomes(tuple(bad), good, tuple(dict.fromkeys(ids))[:10], tuple(dict.fromkeys(ties))[:20])
