"""Do two people invest in the same companies? (LDBC FinBench, complex read 10)"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from graph.flows.figures import ratio
from graph.flows.reader import MoneyReader
from graph.flows.scope import Scope, Way, Window
from graph.model import TieKind


@dataclass(frozen=True, slots=True)
class InvestmentOverlap:
    """Merchants that both invested in within the window, divided by those that either did: the Jaccard similarity."""

    person: str
    other: str
    window: Window | None

    def answer(self, money: MoneyReader) -> Decimal:
        """0 to 1; 0 when neither invested. No hub is cut."""
        seen = money.seen({self.person, self.other}, TieKind.INVESTS_IN, Way.OUT, Scope(self.window, per_step=None))
        mine, theirs = ({movement.other for movement in seen.get(person, ())} for person in (self.person, self.other))
        return ratio(len(mine & theirs), len(mine | theirs)) or Decimal("0.000")
