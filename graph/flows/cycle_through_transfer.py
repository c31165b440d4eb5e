"""Does a transfer close a circle of three accounts? (LDBC FinBench, complex read 4)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from graph.flows.figures import Totals, by_other
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way


class Circle(NamedTuple):
    """A circle closed by a third account."""

    third: str
    back: Totals
    """From the third to the payer."""
    to_third: Totals
    """From the payee to the third."""


@dataclass(frozen=True, slots=True)
class CycleThroughTransfer:
    """Third accounts that the payee paid and that paid the payer, all in the window, when the payer paid the payee in it too.

    The three are different accounts; no order in time is asked for; no hub is cut.
    """

    payer: str
    payee: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[Circle, ...]:
        """By what came back, then by what the third got, both descending, then by id; empty when the payer did not pay the payee."""
        scope = replace(self.scope, per_step=None)
        paid = money.moved({self.payer, self.payee}, Way.OUT, scope, TRANSFERS)
        if all(movement.other != self.payee for movement in paid.get(self.payer, ())):
            return ()
        back = by_other(money.moved([self.payer], Way.IN, scope, TRANSFERS).get(self.payer, ()))
        on = by_other(paid.get(self.payee, ()))
        thirds = (back.keys() & on.keys()) - {self.payer, self.payee}
        circles = [Circle(third, back[third], on[third]) for third in thirds]
        return tuple(sorted(circles, key=lambda circle: (-circle.back.total, -circle.to_third.total, circle.third)))
