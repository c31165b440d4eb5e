"""How many different payers money comes from in a short time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass

from graph.measures.picture import DAY, Flows, transfers
from graph.model import Instant, Transfer


@dataclass(frozen=True, slots=True)
class FanIn:
    """The widest window of payers."""

    payers: int
    """Different accounts that paid within the window."""
    transfers: int
    amount: int
    """Minor units that came in within the window."""
    until: Instant | None
    """The window's last moment; None when nothing came in."""
    account: str | None
    """The account with the widest window."""
    entities: tuple[str, ...]
    """That account, then its largest payers in the window, at most 10."""


def fan_in(flows: Flows, accounts: Collection[str], *, window: Instant = DAY, after: Instant | None = None) -> FanIn:
    """The window of `window` milliseconds in which one of the accounts was paid by the most different payers.

    Payments between the accounts themselves do not count; with `after` nothing up to that moment does. Of equal windows the later
    one. Sliding window, O(n) after sorting. Fan-in is one of the shapes of Altman et al., AMLworld (2023).

    >>> from graph.measures.picture import as_flows
    >>> from graph.model import TransferKind
    >>> paid = [Transfer(f"acc_{i}", "acc_x", 100, TransferKind.PAYMENT, i * 60_000, 0) for i in range(5)]
    >>> fan_in(as_flows(paid), ["acc_x"], window=120_000).payers
    3
    """
    best = FanIn(0, 0, 0, None, None, ())
    coming: dict[str, list[Transfer]] = {account: [] for account in sorted(accounts)}
    for transfer in transfers(flows):
        if transfer.to_id in coming and transfer.from_id not in coming and (after is None or transfer.occurred_at > after):
            coming[transfer.to_id].append(transfer)
    for account, received in coming.items():
        widest = _widest(account, received, window)
        if (widest.payers, widest.until or 0) > (best.payers, best.until or 0):
            best = widest
    return best


def _widest(account: str, received: list[Transfer], window: Instant) -> FanIn:
    inside: deque[Transfer] = deque()
    payers: Counter[str] = Counter()
    most, until = 0, None
    for transfer in received:
        inside.append(transfer)
        payers[transfer.from_id] += 1
        while inside[0].occurred_at <= transfer.occurred_at - window - 1:
            gone = inside.popleft().from_id
            payers[gone] -= 1
            if not payers[gone]:
                del payers[gone]
        if len(payers) >= most:
            most, until = len(payers), transfer.occurred_at
    if until is None:
        return FanIn(0, 0, 0, None, None, ())
    shown = [t for t in received if until - window <= t.occurred_at <= until]
    paid: Counter[str] = Counter()
    for transfer in shown:
        paid[transfer.from_id] += transfer.amount
    largest = sorted(paid, key=lambda payer: (-paid[payer], payer))
    return FanIn(most, len(shown), sum(paid.values()), until, account, (account, *largest)[:10])
