"""Who paid an account, and how much? (LDBC FinBench, simple read 5)"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.flows.figures import Counterparty, by_other, most_first
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way


@dataclass(frozen=True, slots=True)
class Payers:
    """Accounts that paid an account in the window by transfers over the amount; no hub is cut."""

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[Counterparty, ...]:
        """Each with number and sum; by sum, descending, then by id."""
        return most_first(
            by_other(money.moved([self.account], Way.IN, replace(self.scope, per_step=None), TRANSFERS).get(self.account, ()))
        )
