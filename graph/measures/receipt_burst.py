"""How much the last week's receipts outdo the weeks before."""

from __future__ import annotations

from typing import Final

from graph.measures.picture import DAY
from graph.model import Instant, Receipts

LEAST_DAYS: Final = 14
"""Days of receipts before the last week that are needed for a comparison."""


def receipt_burst(receipts: Receipts, at: Instant) -> float | None:
    """Receipts a day in the last 7 days divided by those a day in the time before, back to 90 days or the first receipt.

    None without at least 14 days of receipts before the last week. Above 1 is more than usual: a raised limit is prepared by days
    of wash trading. O(1).

    >>> receipt_burst(Receipts(30, 7_000, 90, 15_300, 9, 900, 0, 7_000, 0, 90 * DAY, 90, True), 90 * DAY)
    10.0
    """
    if receipts.first_at is None:
        return None
    before = min(90 * DAY, at - receipts.first_at) / DAY - 7
    usual = receipts.amount_90 - receipts.amount_7
    if before < LEAST_DAYS or usual <= 0:
        return None
    return (receipts.amount_7 / 7) / (usual / before)
