"""Receipts of 30 days."""

from __future__ import annotations

from rules.model import Material, Reading


def receipts_30(material: Material) -> Reading:
    """What the merchant's accounts received by payment in the 30 days before.

    Absent, and 0, when they never received a payment.
    """
    receipts = material.receipts
    return Reading(receipts.amount_30, material.accounts, absent=receipts.first_at is None)
