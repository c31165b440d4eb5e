"""Which blocked accounts were paid by the same payers? (LDBC FinBench, simple read 6)"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way


@dataclass(frozen=True, slots=True)
class BlockedWithSamePayers:
    """Blocked accounts, other than the one asked about, that some payer of this account paid as well, both in the window."""

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[str, ...]:
        """Their ids, in order; no hub is cut."""
        scope = replace(self.scope, per_step=None)
        payers = {movement.other for movement in money.moved([self.account], Way.IN, scope, TRANSFERS).get(self.account, ())}
        paid = {movement.other for movements in money.moved(payers, Way.OUT, scope, TRANSFERS).values() for movement in movements}
        return tuple(sorted(money.blocked(paid - {self.account})))
