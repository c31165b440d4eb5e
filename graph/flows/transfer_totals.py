"""How much came in and went out? (LDBC FinBench, simple read 2)"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.flows.figures import Totals, total
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way


@dataclass(frozen=True, slots=True)
class InAndOut:
    """An account's transfers in the window."""

    received: Totals
    sent: Totals


@dataclass(frozen=True, slots=True)
class TransferTotals:
    """Number, sum and largest of an account's transfers in and out; no hub is cut (FinBench: largest -1 where there is none)."""

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> InAndOut:
        """Both totals."""
        scope = replace(self.scope, per_step=None)
        into, out = (money.moved([self.account], way, scope, TRANSFERS).get(self.account, ()) for way in (Way.IN, Way.OUT))
        return InAndOut(total(into), total(out))
