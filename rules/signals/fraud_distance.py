"""How near confirmed fraud is."""

from __future__ import annotations

from graph.measures.nearest_fraud import nearest_fraud
from rules.model import Material, Reading

NOWHERE = 99
"""Its value when no confirmed fraud is in sight."""


def fraud_distance(material: Material) -> Reading:
    """Ties from the household to confirmed fraud along the strongest chain; 0 when merchant, owner or applicant is it.

    Absent, and 99, when no confirmed fraud is in sight.
    """
    nearest = nearest_fraud(material.picture, material.household).nearest
    if nearest is None:
        return Reading(NOWHERE, absent=True)
    return Reading(nearest.distance, tuple(reversed(nearest.entities)), nearest.ties)
