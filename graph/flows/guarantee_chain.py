"""Whom does this person vouch for, directly or through others, and what did they borrow? (LDBC FinBench, complex read 11)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from graph.flows.figures import lent
from graph.flows.reader import MoneyReader
from graph.flows.scope import Cut, Scope, Way
from graph.model import EntityKind, TieKind

MAXIMUM_PEOPLE: Final = 10_000
"""People in one chain."""


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """People vouched for, and what they borrowed."""

    people: tuple[str, ...]
    """Nearest first, then by id; the person asked about is among them when the chain comes back."""
    loans: int
    """Different loans that they applied for."""
    total: int
    """Sum of those loans, minor units."""


@dataclass(frozen=True, slots=True)
class GuaranteeChain:
    """Guarantees of people for people seen in the window, followed until there are no more."""

    person: str
    scope: Scope

    def answer(self, money: MoneyReader) -> Guaranteed:
        """The people and their loans; beyond 10,000 people the nearest, by id within a step."""
        people: list[str] = []
        met: set[str] = set()
        step = [self.person]
        scope = replace(self.scope, over=None)
        while step:
            seen = money.seen(step, TieKind.GUARANTEES, Way.OUT, scope)
            others = {movement.other for movements in seen.values() for movement in movements} - met
            step = sorted(other for other in others if other.startswith(_PEOPLE))
            if len(people) + len(step) > MAXIMUM_PEOPLE:
                money.note(Cut.ENTITIES)
                step = step[: MAXIMUM_PEOPLE - len(people)]
            met.update(step)
            people += step
        applied = money.tied(met, TieKind.APPLIED_FOR, Way.OUT)
        loans = money.entities({loan for some in applied.values() for loan in some})
        return Guaranteed(tuple(people), len(loans), sum(map(lent, loans.values())))


_PEOPLE: Final = f"{EntityKind.PERSON.value}_"
