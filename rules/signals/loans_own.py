"""Loans of one's own at once."""

from __future__ import annotations

from graph.measures.loans_at_once import loans_at_once
from rules.model import Material, Reading


def loans_own(material: Material) -> Reading:
    """Other open loans and fresh applications of the merchant, its owners, the applicant, and the other shops of these."""
    found = loans_at_once(material.picture, material.household)
    return Reading(len(found.own), found.own, found.ties)
