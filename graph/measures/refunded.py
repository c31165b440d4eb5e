"""Money that a merchant gave back."""

from __future__ import annotations

from collections.abc import Collection

from graph.measures.picture import Flows, transfers
from graph.model import TransferKind


def refunded(flows: Flows, accounts: Collection[str]) -> float:
    """Refunds from the accounts to others as a part of the payments that came into them, 0 to 1; 0 without payments. O(n log n).

    >>> from graph.measures.picture import as_flows
    >>> from graph.model import Transfer
    >>> paid = Transfer("acc_a", "acc_x", 100, TransferKind.PAYMENT, 1, 1)
    >>> back = Transfer("acc_x", "acc_a", 25, TransferKind.REFUND, 2, 2)
    >>> refunded(as_flows([paid, back]), ["acc_x"])
    0.25
    """
    own = frozenset(accounts)
    paid = given = 0
    for transfer in transfers(flows):
        if transfer.to_id in own and transfer.from_id not in own and transfer.kind is TransferKind.PAYMENT:
            paid += transfer.amount
        elif transfer.from_id in own and transfer.to_id not in own and transfer.kind is TransferKind.REFUND:
            given += transfer.amount
    return min(1.0, given / paid) if paid else 0.0
