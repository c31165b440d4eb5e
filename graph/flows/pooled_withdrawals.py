"""Was money gathered from many and then cashed out here? (LDBC FinBench, complex read 6)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from graph.flows.figures import Totals, by_other, total
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, WITHDRAWALS, Scope, Way


class PooledWithdrawal(NamedTuple):
    """An account that gathered money and sent it on by withdrawal."""

    account: str
    gathered: Totals
    withdrawn: Totals


@dataclass(frozen=True, slots=True)
class PooledWithdrawals:
    """Accounts that withdrew more than `withdrawn_over` to this card in the window and got more than `gathered_from_over` transfers in the
    window, each more than the scope's amount.
    """

    card: str
    scope: Scope
    withdrawn_over: int | None = None
    """Minor units; None: all withdrawals."""
    gathered_from_over: int = 3

    def answer(self, money: MoneyReader) -> tuple[PooledWithdrawal, ...]:
        """By what was gathered, descending, then by id."""
        cashed = replace(self.scope, over=self.withdrawn_over)
        withdrawn = by_other(money.moved([self.card], Way.IN, cashed, WITHDRAWALS).get(self.card, ()))
        gathered = {account: total(some) for account, some in money.moved(withdrawn, Way.IN, self.scope, TRANSFERS).items()}
        pools = [
            PooledWithdrawal(account, got, withdrawn[account]) for account, got in gathered.items() if got.number > self.gathered_from_over
        ]
        return tuple(sorted(pools, key=lambda pool: (-pool.gathered.total, pool.account)))
