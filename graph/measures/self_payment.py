"""How much of the receipts the household paid itself."""

from __future__ import annotations

from graph.model import Receipts


def self_payment(receipts: Receipts) -> float | None:
    """Part of 90 days' receipts that came from accounts of the merchant, its owners or the applicant, 0 to 1; None without. O(1).

    >>> self_payment(Receipts(3, 30, 4, 40, 2, 30, 10, 10, 1, 9, 4, True))
    0.25
    """
    return receipts.self_paid_90 / receipts.amount_90 if receipts.amount_90 > 0 else None
