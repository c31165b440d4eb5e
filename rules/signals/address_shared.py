"""Others at the same place."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.measures.sharing import sharing
from graph.model import EntityKind
from rules.model import Material, Reading

_KINDS = frozenset({EntityKind.PLACE})


def address_shared(material: Material) -> Reading:
    """About how many other companies came to the household's addresses within 3 days of it; less, the more others are there.

    Absent, and 0, when nobody else is there.
    """
    shared = sharing(material.picture, material.household, _KINDS)
    found = lockstep(shared)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=shared.count == 0)
