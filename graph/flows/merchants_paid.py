"""Which merchants did this person's accounts pay, and how much? (LDBC FinBench, complex read 12)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.flows.figures import Counterparty, by_other, most_first
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way
from graph.model import EntityKind, TieKind


@dataclass(frozen=True, slots=True)
class MerchantsPaid:
    """Accounts held by merchants that the person's accounts sent transfers to in the window."""

    person: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[Counterparty, ...]:
        """By sum, descending, then by id."""
        own = money.tied([self.person], TieKind.HOLDS, Way.OUT).get(self.person, ())
        paid = by_other(movement for movements in money.moved(own, Way.OUT, self.scope, TRANSFERS).values() for movement in movements)
        holders = money.tied(paid, TieKind.HOLDS, Way.IN)
        return most_first({account: totals for account, totals in paid.items() if any(map(_is_merchant, holders.get(account, ())))})


_MERCHANTS: Final = f"{EntityKind.MERCHANT.value}_"


def _is_merchant(holder: str) -> bool:
    return holder.startswith(_MERCHANTS)
