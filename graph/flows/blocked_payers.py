"""How much of what an account received came from blocked accounts? (LDBC FinBench, simple read 3)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from graph.flows.figures import ratio
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way


@dataclass(frozen=True, slots=True)
class BlockedPayers:
    """Part of all its incoming transfers, by number, that came from blocked accounts in the window and over the amount."""

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> Decimal | None:
        """The part; None when it never received any. The divisor is all transfers ever, neither window nor amount applies to it."""
        everything = money.moved([self.account], Way.IN, Scope(per_step=None), TRANSFERS).get(self.account, ())
        asked = replace(self.scope, per_step=None)
        near = [movement for movement in everything if asked.keeps(movement)]
        blocked = money.blocked({movement.other for movement in near})
        return ratio(sum(movement.other in blocked for movement in near), len(everything))
