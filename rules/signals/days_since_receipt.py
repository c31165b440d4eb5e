"""Since when nothing came in."""

from __future__ import annotations

from graph.measures.picture import DAY
from rules.model import Material, Reading

NEVER = 9_999
"""Its value for a merchant that never received a payment."""


def days_since_receipt(material: Material) -> Reading:
    """Whole days since the last payment to the merchant's accounts.

    Absent, and 9,999, when they never received one.
    """
    last = material.receipts.last_at
    if last is None:
        return Reading(NEVER, absent=True)
    return Reading((material.application.at - last) // DAY, material.accounts)
