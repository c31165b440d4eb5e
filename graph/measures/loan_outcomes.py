"""How the loans of those bound to the household turned out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.bonds import bonds
from graph.measures.household import Household
from graph.measures.picture import Picture, entity, loan_state
from graph.model import LoanState

_BAD: Final = frozenset({LoanState.LATE, LoanState.DEFAULTED})


@dataclass(frozen=True, slots=True)
class LoanOutcomes:
    """Outcomes around the household."""

    bad: int
    """Loans of bound companies that are late or defaulted."""
    good: int
    """Loans of bound companies that were repaid."""
    weight: float
    """0 to 1: weights of the bonds with a bad loan, joined as 1 - (1-a)(1-b)."""
    entities: tuple[str, ...]
    """Companies with a bad loan and these loans, weightiest bond first, at most 10."""
    ties: tuple[str, ...]
    """Of those bonds, at most 20."""


def loan_outcomes(picture: Picture, household: Household) -> LoanOutcomes:
    """How the loans of companies bound to the household turned out, weighted by the bonds. O(bonds + loans).

    One step of guilt by association (Koutra et al. 2011).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> loan_outcomes(empty, household(empty)).bad
    0
    """
    bad, good, apart = 0, 0, 1.0
    ids: list[str] = []
    ties: list[str] = []
    for bond in bonds(picture, household).all:
        loans = household.loans.get(bond.party, ())
        wrong = [loan for loan in loans if loan_state(entity(picture, loan)) in _BAD]
        good += sum(loan_state(entity(picture, loan)) is LoanState.REPAID for loan in loans)
        if wrong:
            bad += len(wrong)
            apart *= 1.0 - bond.weight
            ids.extend([bond.party, *wrong])
            ties.extend(bond.ties[:4])
    return LoanOutcomes(bad, good, 1.0 - apart, tuple(dict.fromkeys(ids))[:10], tuple(dict.fromkeys(ties))[:20])
