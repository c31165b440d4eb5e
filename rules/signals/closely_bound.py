"""Others bound by several ties."""

from __future__ import annotations

from graph.measures.bonds import bonds
from rules.model import Material, Reading

LEAST = 0.05
"""Weight of a bond from which it is close: one scarce thing among fourteen, or two things among twenty-seven."""


def closely_bound(material: Material) -> Reading:
    """Other companies bound to the household by at least two independent kinds of tie, through things that few share.

    Absent, and 0, when nobody is bound to the household at all.
    """
    known = bonds(material.picture, material.household)
    close = [bond for bond in known.of_families(2) if bond.weight >= LEAST]
    ties = tuple(tie for bond in close for tie in bond.ties[:4])
    return Reading(len(close), tuple(bond.party for bond in close), ties, absent=not known.all)
