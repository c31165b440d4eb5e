"""One payer for all."""

from __future__ import annotations

from graph.measures.payer_concentration import payer_concentration as concentration
from rules.model import Material, Reading


def payer_concentration(material: Material) -> Reading:
    """Part of 90 days' receipts that the largest payer made.

    Absent, and 0, without receipts.
    """
    part = concentration(material.receipts)
    return Reading(round(part or 0.0, 4), material.accounts, absent=part is None)
