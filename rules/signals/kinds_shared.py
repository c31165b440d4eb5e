"""Independent ties to one party."""

from __future__ import annotations

from graph.measures.bonds import bonds
from rules.model import Material, Reading


def kinds_shared(material: Material) -> Reading:
    """Independent kinds of tie (device, contact, whereabouts, account, document, direct) to the company that shares most of them.

    Absent, and 0, when nobody is bound to the household.
    """
    found = bonds(material.picture, material.household).all
    if not found:
        return Reading(0, absent=True)
    most = max(found, key=lambda bond: (len(bond.families), bond.weight, bond.party))
    return Reading(len(most.families), (most.party, *(most.sharer.identifiers if most.sharer else ())), most.ties)
