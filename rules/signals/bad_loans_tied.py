"""How loans of others turned out."""

from __future__ import annotations

from graph.measures.loan_outcomes import loan_outcomes
from rules.model import Material, Reading


def bad_loans_tied(material: Material) -> Reading:
    """Loans of other companies that are bound closely to the household, late or defaulted."""
    found = loan_outcomes(material.picture, material.household)
    return Reading(len(found.bad), found.entities, found.ties)
