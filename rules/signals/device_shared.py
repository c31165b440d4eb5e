"""Others at the same devices."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.model import EntityKind
from rules.model import Material, Reading


def device_shared(material: Material) -> Reading:
    """About how many other companies came to the household's devices within 7 days of it; less, the more others share them.

    Absent, and 0, when nobody else shares one.
    """
    found = lockstep(material.picture, material.household, EntityKind.DEVICE)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=found.shared_by == 0)
