"""What is asked for, in months of receipts."""

from __future__ import annotations

from rules.limit import monthly_receipts
from rules.model import Material, Reading


def months_requested(material: Material) -> Reading:
    """The amount asked for as a multiple of one month's receipts that look real.

    Absent, and 0, when there are no such receipts.
    """
    monthly = monthly_receipts(material)
    if monthly <= 0:
        return Reading(0.0, absent=True)
    return Reading(round(material.application.amount / monthly, 2), (material.application.loan,))
