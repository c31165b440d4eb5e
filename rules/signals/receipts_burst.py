"""More receipts than usual."""

from __future__ import annotations

from graph.measures.receipt_burst import receipt_burst
from rules.model import Material, Reading


def receipts_burst(material: Material) -> Reading:
    """Receipts a day in the last 7 days as a multiple of those a day before.

    Absent, and 1, without at least 14 days of receipts before the last week.
    """
    times = receipt_burst(material.receipts, material.application.at)
    return Reading(1.0 if times is None else round(times, 2), material.accounts, absent=times is None)
