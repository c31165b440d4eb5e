"""Applications around the merchant in the last hour."""

from __future__ import annotations

from graph.measures.lockstep import applications_in_step
from graph.measures.picture import HOUR
from rules.model import Material, Reading


def applications_1h(material: Material) -> Reading:
    """Other companies that applied in the hour before, and came to what they share with the household in step with it.

    In step is within 7 days: a farm is, and clients of an accountant who happen to apply on one day are not.
    """
    found = applications_in_step(material.picture, material.household, HOUR)
    return Reading(len(found.parties), found.entities, found.ties)
