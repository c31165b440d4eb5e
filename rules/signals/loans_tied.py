"""Loans of others at once."""

from __future__ import annotations

from graph.measures.loans_at_once import loans_at_once
from rules.model import Material, Reading


def loans_tied(material: Material) -> Reading:
    """Open loans and fresh applications of other companies that are bound closely to the household."""
    found = loans_at_once(material.picture, material.household)
    entities = tuple(one for one in found.entities if one not in found.own)
    return Reading(len(found.tied), entities, found.ties)
