"""Does money pass straight through an account? (LDBC FinBench, complex read 7)"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from graph.flows.figures import ratio
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way


@dataclass(frozen=True, slots=True)
class PassedThrough:
    """Money that came in against money that went out."""

    payers: int
    """Different accounts that paid."""
    payees: int
    """Different accounts that were paid."""
    in_to_out: Decimal | None
    """In divided by out; None when nothing went out (FinBench: -1)."""


@dataclass(frozen=True, slots=True)
class PassThrough:
    """Transfers over the amount into and out of an account in the window."""

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> PassedThrough:
        """How many paid and were paid, and the ratio of the two sums."""
        into, out = (money.moved([self.account], way, self.scope, TRANSFERS).get(self.account, ()) for way in (Way.IN, Way.OUT))
        return PassedThrough(
            len({movement.other for movement in into}),
            len({movement.other for movement in out}),
            ratio(sum(movement.amount for movement in into), sum(movement.amount for movement in out)),
        )
