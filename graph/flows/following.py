"""Money followed forwards and backwards in time, account by account: what several questions share.

Along a chain of transfers times rise strictly. To know which accounts can be reached it is enough to keep, for each account and number of
steps, the earliest moment at which money can have got there: whatever goes on from a later arrival goes on from the earliest too.
"""

from __future__ import annotations

from collections.abc import Collection

from graph.flows.reader import MoneyReader
from graph.flows.scope import STEPS, TRANSFERS, Scope, Way
from graph.model import Instant


def arrivals(money: MoneyReader, accounts: Collection[str], scope: Scope, steps: int = STEPS) -> list[dict[str, Instant]]:
    """For each number of steps from 1 the accounts that money from these can reach in exactly so many, with the earliest arrival."""
    reached: list[dict[str, Instant]] = []
    out = money.moved(accounts, Way.OUT, scope, TRANSFERS)
    before: dict[str, Instant | None] = dict.fromkeys(accounts)
    for step in range(steps):
        if step:
            out = money.moved(reached[-1], Way.OUT, scope, TRANSFERS)
            before = {**reached[-1]}
        earliest: dict[str, Instant] = {}
        for account, since in before.items():
            for other, _, at in out.get(account, ()):
                if (since is None or at > since) and at < earliest.get(other, at + 1):
                    earliest[other] = at
        reached.append(earliest)
    return reached


def departures(money: MoneyReader, accounts: Collection[str], scope: Scope, steps: int = STEPS) -> list[dict[str, Instant]]:
    """The reverse: accounts whose money can get to these in exactly so many steps, with the latest moment at which it can leave."""
    reached: list[dict[str, Instant]] = []
    into = money.moved(accounts, Way.IN, scope, TRANSFERS)
    after: dict[str, Instant | None] = dict.fromkeys(accounts)
    for step in range(steps):
        if step:
            into = money.moved(reached[-1], Way.IN, scope, TRANSFERS)
            after = {**reached[-1]}
        latest: dict[str, Instant] = {}
        for account, until in after.items():
            for other, _, at in into.get(account, ()):
                if (until is None or at < until) and at > latest.get(other, at - 1):
                    latest[other] = at
        reached.append(latest)
    return reached
