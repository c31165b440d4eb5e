"""Others with the same document."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.model import EntityKind
from rules.model import Material, Reading


def document_shared(material: Material) -> Reading:
    """About how many other companies show the household's identity or registration numbers; less, when only some are in sight.

    Absent, and 0, when nobody else shows one.
    """
    found = lockstep(material.picture, material.household, EntityKind.DOCUMENT, step=None)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=found.shared_by == 0)
