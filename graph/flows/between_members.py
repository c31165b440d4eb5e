"""How much money went between the members of a ring?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.flows.figures import Totals, total
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Way
from graph.model import TieKind


@dataclass(frozen=True, slots=True)
class BetweenMembers:
    """Number, sum and largest of the transfers from an account of one member to an account of another one.

    An account that both hold is nobody else's: what moves between it and their other accounts is not counted.
    """

    members: tuple[str, ...]
    scope: Scope

    def answer(self, money: MoneyReader) -> Totals:
        """The totals."""
        holders: dict[str, set[str]] = {}
        for member, accounts in money.tied(self.members, TieKind.HOLDS, Way.OUT).items():
            for account in accounts:
                holders.setdefault(account, set()).add(member)
        moved = money.moved(sorted(holders), Way.OUT, replace(self.scope, per_step=None), TRANSFERS)
        return total(
            movement
            for account, movements in moved.items()
            for movement in movements
            if movement.other in holders and holders[account].isdisjoint(holders[movement.other])
        )
