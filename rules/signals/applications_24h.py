"""Applications around the merchant in the last 24 hours."""

from __future__ import annotations

from graph.measures.lockstep import applications_in_step
from graph.measures.picture import DAY
from rules.model import Material, Reading


def applications_24h(material: Material) -> Reading:
    """Other companies that applied in the 24 hours before, and came to what they share with the household in step with it.

    In step is within 7 days: a farm is, and clients of an accountant who happen to apply on one day are not.
    """
    found = applications_in_step(material.picture, material.household, DAY)
    return Reading(len(found.parties), found.entities, found.ties)
