"""Others at the same phones."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.measures.sharing import sharing
from graph.model import EntityKind
from rules.model import Material, Reading

_KINDS = frozenset({EntityKind.PHONE})


def phone_shared(material: Material) -> Reading:
    """About how many other companies came to the household's phones within 3 days of it; less, the more others share them.

    Absent, and 0, when nobody else shares one.
    """
    shared = sharing(material.picture, material.household, _KINDS)
    found = lockstep(shared)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=shared.count == 0)
