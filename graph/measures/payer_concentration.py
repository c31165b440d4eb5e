"""How much of the receipts one payer makes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from graph.measures.picture import DAY, Flows, transfers
from graph.model import Instant, Receipts, Transfer, TransferKind


def payer_concentration(receipts: Receipts) -> float | None:
    """Part of 90 days' receipts that the largest payer made, 0 to 1; None without receipts. O(1).

    >>> payer_concentration(Receipts(3, 30, 4, 40, 2, 30, 0, 10, 1, 9, 4, True))
    0.75
    """
    return receipts.largest_payer_90 / receipts.amount_90 if receipts.amount_90 > 0 else None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The payer who paid most often within one window."""

    payer: str | None
    """None without receipts."""
    times: int
    """Payments of that payer within the window."""
    amount: int
    """Minor units of them."""


def repeated_payer(flows: Flows, accounts: Collection[str], *, window: Instant = DAY) -> Repeated:
    """Who paid the accounts most often within one window, and how often. O(n log n).

    A person buys at a shop a few times a day; wash traders were seen to pay one shop 209 times in a day.

    >>> from graph.measures.picture import as_flows
    >>> paid = [Transfer("acc_a", "acc_x", 10, TransferKind.PAYMENT, i, i) for i in range(4)]
    >>> repeated_payer(as_flows(paid), ["acc_x"]).times
    4
    """
    own = frozenset(accounts)
    by_payer: dict[str, list[Transfer]] = {}
    for transfer in transfers(flows):
        if transfer.to_id in own and transfer.from_id not in own and transfer.kind is TransferKind.PAYMENT:
            by_payer.setdefault(transfer.from_id, []).append(transfer)
    best = Repeated(None, 0, 0)
    for payer, paid in sorted(by_payer.items()):
        start = 0
        for end, transfer in enumerate(paid):
            while paid[start].occurred_at < transfer.occurred_at - window:
                start += 1
            if end - start + 1 > best.times:
                best = Repeated(payer, end - start + 1, sum(t.amount for t in paid[start : end + 1]))
    return best
