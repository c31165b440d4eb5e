"""Sureties that go round."""

from __future__ import annotations

from graph.measures.guarantees import guarantees
from rules.model import Material, Reading


def sureties_round(material: Material) -> Reading:
    """Other companies in the shortest round of sureties: the household for one, that for the next, the last for the household.

    Absent, and 0, when the household gives no surety or has none.
    """
    found = guarantees(material.picture, material.household)
    if not (found.guarantors and found.guaranteed):
        return Reading(0, absent=True)
    return Reading(len(found.round), found.round, found.ties)
