"""Paying oneself."""

from __future__ import annotations

from graph.measures.self_payment import self_payment
from rules.model import Material, Reading


def self_paid(material: Material) -> Reading:
    """Part of 90 days' receipts that came from accounts of the merchant, its owners or the applicant.

    Absent, and 0, without receipts.
    """
    part = self_payment(material.receipts)
    return Reading(round(part or 0.0, 4), material.accounts, absent=part is None)
