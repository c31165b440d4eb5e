"""How strongly the household is tied to confirmed fraud."""

from __future__ import annotations

from graph.measures.nearest_fraud import nearest_fraud
from rules.model import Material, Reading


def fraud_strength(material: Material) -> Reading:
    """How strongly the household is tied to confirmed fraud, 0 to 1.

    Weights along each chain are multiplied, and chains to different companies joined as 1 - (1-a)(1-b).

    Absent, and 0, when no confirmed fraud is in sight.
    """
    fraud = nearest_fraud(material.picture, material.household)
    entities = tuple(suspect.entity for suspect in fraud.suspects)
    ties = tuple(tie for suspect in fraud.suspects for tie in suspect.ties)
    return Reading(round(fraud.weight, 4), entities, ties, absent=not fraud.suspects)
