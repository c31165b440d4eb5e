"""How far one decision looks, the same on every store."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from graph.model import TieKind, WalkBounds

DECISION_KINDS: Final = frozenset(TieKind) - {TieKind.PAYS}
"""All but PAYS: money is read as flows."""

FURTHEST_KINDS: Final = frozenset({TieKind.OWNS, TieKind.APPLIED_FOR})
"""What is asked of those who share an identifier: whose they are and what they applied for."""

DECISION_BOUNDS: Final = WalkBounds(depth=4, ties_per_entity=30, entities=100, ties=200, kinds=DECISION_KINDS)
"""From the loan: its parties at 1, their identifiers at 2, who shares these at 3, what those own and applied for at 4."""


def around_a_loan(bounds: WalkBounds) -> WalkBounds:
    """Bounds of the walk around a loan that is to be decided: of a walk that deep, four tenths of the entities are kept for the last
    distance, which is reached by ownership and applications alone. Without this, a market's crowd at distance 3 hides the
    applications of a device's other users at 4.
    """
    if bounds.depth < DECISION_BOUNDS.depth:
        return bounds
    return replace(bounds, last_kinds=FURTHEST_KINDS, reserve=bounds.entities * 4 // 10)
