"""Where did the money of a loan go? (LDBC FinBench, complex read 8)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from graph.flows.figures import lent, ratio
from graph.flows.reader import MoneyReader
from graph.flows.scope import MOVEMENTS, STEPS, TRANSFERS, Movement, Scope, Way
from graph.model import TieKind


class TrailStop(NamedTuple):
    """An account that a loan's money reached."""

    account: str
    ratio: Decimal
    """What came to it along the trail divided by the loan's amount, rounded half up to three decimals."""
    distance: int
    """Fewest steps from the loan; the account paid out to is 1, and is a stop only when money came back to it."""


@dataclass(frozen=True, slots=True)
class LoanTrail:
    """From the accounts that the loan was paid out to in the window, transfers and withdrawals in it are followed up to three steps.

    One counts when it is more than `share_over` of all transfers into the account that it leaves, in the window and over the scope's amount
    (FinBench: the upstream); no order in time is asked for. With a loan whose amount nobody knows there are no ratios and no stops.
    """

    loan: str
    scope: Scope
    share_over: Decimal = Decimal(0)

    def answer(self, money: MoneyReader) -> tuple[TrailStop, ...]:
        """Farthest first, then by ratio, descending, then by id."""
        entity = money.entities([self.loan]).get(self.loan)
        amount = 0 if entity is None else lent(entity)
        if not amount:
            return ()
        paid_out = money.seen([self.loan], TieKind.PAID_OUT_TO, Way.OUT, replace(self.scope, over=None)).get(self.loan, ())
        step = {movement.other for movement in paid_out}
        left: set[str] = set()
        came: dict[str, int] = {}
        distance: dict[str, int] = {}
        for hop in range(2, STEPS + 2):
            left |= step
            step_on: set[str] = set()
            for movement in self._on(money, step):
                came[movement.other] = came.get(movement.other, 0) + movement.amount
                distance.setdefault(movement.other, hop)
                step_on.add(movement.other)
            step = step_on - left
        stops = [TrailStop(account, ratio(came[account], amount) or Decimal(0), distance[account]) for account in came]
        return tuple(sorted(stops, key=lambda stop: (-stop.distance, -stop.ratio, stop.account)))

    def _on(self, money: MoneyReader, accounts: set[str]) -> list[Movement]:
        """What leaves these accounts and counts."""
        out = money.moved(accounts, Way.OUT, self.scope, MOVEMENTS)
        into = money.moved(accounts, Way.IN, self.scope, TRANSFERS) if self.share_over else {}
        return [
            movement
            for account, movements in out.items()
            for movement in movements
            if movement.amount > self.share_over * sum(received.amount for received in into.get(account, ()))
        ]
