"""Who else, tied to the household, applied just before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.bonds import bonds
from graph.measures.household import Household
from graph.measures.picture import DAY, HOUR, Picture, entity, whole_number
from graph.model import Instant

MINIMUM_BOND: Final = 0.01
"""Least weight of a bond that counts: one device among up to 60 parties, one address among up to 25, one IP address among up
to 10, and any two of a rarer kind. Strangers at a larger market stay below it."""


@dataclass(frozen=True, slots=True)
class ApplicationNear:
    """An application of a company that is bound to the household."""

    loan: str
    party: str
    """The company, as `Bond.party`."""
    before: Instant
    """Milliseconds before this application; 0 when at once."""
    weight: float
    """Of the bond."""
    families: int
    """Independent kinds of tie in the bond."""


@dataclass(frozen=True, slots=True)
class ApplicationsAround:
    """Applications of bound companies before this one."""

    all: tuple[ApplicationNear, ...]
    """Newest first, then by id."""
    bond_ties: tuple[tuple[str, tuple[str, ...]], ...]
    """For each company the ties of its bond."""

    def within(self, window: Instant) -> tuple[ApplicationNear, ...]:
        """Those of the last `window` milliseconds, newest first."""
        return tuple(near for near in self.all if near.before <= window)

    def parties(self, window: Instant) -> int:
        """Different companies that applied within the window."""
        return len({near.party for near in self.within(window)})

    def weight(self, window: Instant) -> float:
        """Sum of their bonds' weights: a farm's many weak bonds add up, a market's do not."""
        best = {near.party: near.weight for near in self.within(window)}
        return sum(best[party] for party in sorted(best))

    @property
    def in_hour(self) -> int:
        """Companies that applied in the hour before."""
        return self.parties(HOUR)

    @property
    def in_day(self) -> int:
        """Companies that applied in the 24 hours before."""
        return self.parties(DAY)

    @property
    def in_week(self) -> int:
        """Companies that applied in the seven days before."""
        return self.parties(7 * DAY)

    def evidence(self, window: Instant) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Entities (loan, then company, at most 10) and ties (at most 20) of the weightiest within the window."""
        found = sorted(self.within(window), key=lambda near: (-near.weight, near.before, near.loan))
        through = dict(self.bond_ties)
        ids = dict.fromkeys(one for near in found for one in (near.party, near.loan))
        ties = dict.fromkeys(tie for near in found for tie in through[near.party][:2])
        return tuple(ids)[:10], tuple(ties)[:20]


def applications_around(
    picture: Picture, household: Household, *, minimum_bond: float = MINIMUM_BOND, horizon: Instant = 7 * DAY
) -> ApplicationsAround:
    """Applications of other companies bound to the household, in the `horizon` milliseconds before its own.

    A bond through a plain hub is lighter than `minimum_bond` and does not count. Counts what is in sight: loans at the last
    distance of a walk included. O(bonds + loans). Velocity counts as in any card system, taken over bonds instead of one key.

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> applications_around(empty, household(empty)).in_week
    0
    """
    found: list[ApplicationNear] = []
    through: list[tuple[str, tuple[str, ...]]] = []
    for bond in bonds(picture, household).all:
        loans = household.loans.get(bond.party, ())
        if bond.weight < minimum_bond or not loans:
            continue
        through.append((bond.party, bond.ties))
        for loan in loans:
            applied_at = whole_number(entity(picture, loan), "applied_at")
            if applied_at is not None and loan != household.loan and 0 <= household.applied_at - applied_at <= horizon:
                found.append(ApplicationNear(loan, bond.party, household.applied_at - applied_at, bond.weight, len(bond.families)))
    found.sort(key=lambda near: (near.before, near.loan))
    return ApplicationsAround(tuple(found), tuple(through))
