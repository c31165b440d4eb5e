"""An application by other hands."""

from __future__ import annotations

from graph.measures.new_things import new_things
from rules.model import Material, Reading


def strange_hands(material: Material) -> Reading:
    """Kinds of thing (device, phone, e-mail, account) first seen with this application, though the household had others of them."""
    found = new_things(material.picture, material.household)
    return Reading(len(found.kinds), found.entities, found.ties)
