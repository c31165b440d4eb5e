"""What is owed together."""

from __future__ import annotations

from graph.measures.loans_at_once import loans_at_once
from rules.limit import monthly_receipts
from rules.model import Material, Reading

CLOSE = 2.0
"""Ten times the weight of a bond of several kinds that counts here, 0.2; one of a single kind never does (see `loans_at_once`)."""


def months_owed(material: Material) -> Reading:
    """What the household and those closely bound to it owe, with what is asked for, as a multiple of one month's real receipts.

    Absent, and 0, when there are no such receipts.
    """
    found = loans_at_once(material.picture, material.household, minimum_bond=CLOSE)
    monthly = monthly_receipts(material)
    if monthly <= 0:
        return Reading(0.0, found.entities, found.ties, absent=True)
    return Reading(round((found.amount + material.application.amount) / monthly, 2), found.entities, found.ties)
