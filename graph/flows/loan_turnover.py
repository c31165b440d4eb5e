"""Is borrowed money turned round at an account? (LDBC FinBench, complex read 9)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from graph.flows.figures import ratio, total
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Movement, Scope, Way
from graph.model import TieKind


@dataclass(frozen=True, slots=True)
class Turnover:
    """Ratios of borrowed and other money through an account; each None when its divisor is nothing (FinBench: -1)."""

    paid_out_to_repaid: Decimal | None
    """Loan money received divided by repayments made."""
    paid_out_to_sent: Decimal | None
    """Loan money received divided by transfers out."""
    received_to_sent: Decimal | None
    """Transfers in divided by transfers out."""


@dataclass(frozen=True, slots=True)
class LoanTurnover:
    """Pay-outs to an account, repayments from it and its transfers, each over the amount and in the window."""

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> Turnover:
        """The three ratios."""
        paid_out = self._sum(money.seen([self.account], TieKind.PAID_OUT_TO, Way.IN, self.scope))
        repaid = self._sum(money.seen([self.account], TieKind.REPAYS, Way.OUT, self.scope))
        received = self._sum(money.moved([self.account], Way.IN, self.scope, TRANSFERS))
        sent = self._sum(money.moved([self.account], Way.OUT, self.scope, TRANSFERS))
        return Turnover(ratio(paid_out, repaid), ratio(paid_out, sent), ratio(received, sent))

    def _sum(self, movements: Mapping[str, Sequence[Movement]]) -> int:
        return total(movements.get(self.account, ())).total
