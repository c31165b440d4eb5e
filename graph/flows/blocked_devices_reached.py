"""Is money from this account reaching accounts that are used from a blocked device? (LDBC FinBench, complex read 1)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from graph.flows.following import arrivals
from graph.flows.reader import MoneyReader
from graph.flows.scope import Scope, Way
from graph.model import TieKind

MEDIA: Final = (TieKind.USES_DEVICE, TieKind.CONNECTS_FROM, TieKind.REACHED_AT)
"""How an account is used from something: a device, an IP address, a phone or e-mail."""


class BlockedDevice(NamedTuple):
    """An account reached, how far, and a blocked thing that it was used from."""

    distance: int
    """Steps from the account asked about, 1 to 3; an account may be reached at several."""
    account: str
    device: str


@dataclass(frozen=True, slots=True)
class BlockedDevicesReached:
    """Money is followed through up to three transfers in the window, each strictly later than the one before. Of the accounts reached (the
    one asked about among them, if money came back) those that were seen in the window on a device, IP address, phone or e-mail that
    is blocked; `per_step` sightings are looked at of each of these kinds of tie (FinBench has one kind for all).
    """

    account: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[BlockedDevice, ...]:
        """By distance, then the account's and the device's id."""
        steps = arrivals(money, [self.account], self.scope)
        reached = {account for step in steps for account in step}
        sightings = replace(self.scope, over=None)
        used: dict[str, set[str]] = {}
        for kind in MEDIA:
            for account, seen in money.seen(reached, kind, Way.OUT, sightings).items():
                used.setdefault(account, set()).update(movement.other for movement in seen)
        blocked = money.blocked({device for devices in used.values() for device in devices})
        found = (
            BlockedDevice(distance, account, device)
            for distance, step in enumerate(steps, 1)
            for account in step
            for device in used.get(account, set()) & blocked
        )
        return tuple(sorted(found))
