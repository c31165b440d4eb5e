"""Does money that flows into this person's accounts come from accounts funded by loans? (LDBC FinBench, complex read 2)

The pattern of a gang: straw borrowers take loans, and one person gathers the money.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from graph.flows.figures import lent, owed
from graph.flows.following import departures
from graph.flows.reader import MoneyReader
from graph.flows.scope import Scope, Way
from graph.model import TieKind


class LoanFundedSource(NamedTuple):
    """An account that loans were paid out to, upstream of the person's money."""

    account: str
    lent: int
    """Sum of its different loans' amounts, minor units."""
    balance: int
    """Sum of what is still owed on them, minor units."""


@dataclass(frozen=True, slots=True)
class GatheredFromBorrowers:
    """Transfers in the window are followed backwards from the accounts that the person holds, up to three steps, each strictly earlier than
    the one after it; of the accounts found those that a loan was paid out to in the window.
    """

    person: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[LoanFundedSource, ...]:
        """By the loans' amounts, descending, then by id. Each loan counts once for an account, however often it was paid out."""
        own = money.tied([self.person], TieKind.HOLDS, Way.OUT).get(self.person, ())
        upstream = {account for step in departures(money, own, self.scope) for account in step}
        paid_out = money.seen(upstream, TieKind.PAID_OUT_TO, Way.IN, replace(self.scope, over=None))
        loans = {account: {movement.other for movement in movements} for account, movements in paid_out.items() if movements}
        known = money.entities({loan for some in loans.values() for loan in some})
        found = [
            LoanFundedSource(account, *(sum(figure(known[loan]) for loan in some if loan in known) for figure in (lent, owed)))
            for account, some in loans.items()
        ]
        return tuple(sorted(found, key=lambda source: (-source.lent, source.account)))
