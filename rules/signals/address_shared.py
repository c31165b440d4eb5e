"""Others at the same place."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.model import EntityKind
from rules.model import Material, Reading


def address_shared(material: Material) -> Reading:
    """About how many other companies came to the household's addresses within 7 days of it; less, the more others are there.

    Absent, and 0, when nobody else is there.
    """
    found = lockstep(material.picture, material.household, EntityKind.PLACE)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=found.shared_by == 0)
