"""Others who hold the same account."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.measures.picture import DAY
from graph.model import EntityKind
from rules.model import Material, Reading


def account_shared(material: Material) -> Reading:
    """About how many other companies came to hold the household's accounts within 30 days of it; less, the more others hold them.

    Absent, and 0, when nobody else holds one.
    """
    found = lockstep(material.picture, material.household, EntityKind.ACCOUNT, step=30 * DAY)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=found.shared_by == 0)
