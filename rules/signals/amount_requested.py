"""The amount asked for."""

from __future__ import annotations

from rules.model import Material, Reading


def amount_requested(material: Material) -> Reading:
    """What the application asks for."""
    application = material.application
    return Reading(application.amount, (application.loan,))
