"""How much a tie says that two entities belong together: its kind's base times the scarcity of what is shared.

weight = BASE[kind] x min(scarcity(d_from), scarcity(d_to)), where d_from counts the entities of the `to` end's kind that the
`from` end is tied to by this kind of tie, and d_to those of the `from` end's kind tied to the `to` end. A phone of one person and
their spouse is worth as much as a phone of one; a market's Wi-Fi with 900 users a thirtieth. Nothing is cut off, because
the largest device farms are hubs too. The square root is the usual middle between counting shared things fully and
dividing by their number (Adamic and Adar 2003 use a logarithm for the same end, resource allocation 1/d).
"""

from __future__ import annotations

import math
from typing import Final

from graph.model import TieKind

BASE: Final[dict[TieKind, float]] = {
    TieKind.OWNS: 1.0,
    TieKind.APPLIED_FOR: 1.0,
    TieKind.IDENTIFIED_BY: 0.95,
    TieKind.HOLDS: 0.9,
    TieKind.PAID_OUT_TO: 0.9,
    TieKind.USES_DEVICE: 0.8,
    TieKind.REACHED_AT: 0.8,
    TieKind.SHOWS_FACE: 0.8,
    TieKind.GUARANTEES: 0.7,
    TieKind.INVESTS_IN: 0.6,
    TieKind.LOCATED_AT: 0.5,
    TieKind.REPAYS: 0.5,
    TieKind.CONNECTS_FROM: 0.3,
    TieKind.PAYS: 0.3,
    TieKind.ONBOARDED_BY: 0.2,
}
"""Weight of a tie that nobody else shares, by kind: an expert's order, from ownership down to an agent's signature."""


def scarcity(degree: int) -> float:
    """1 for something that at most two share, then 1/sqrt(degree - 1): 0.707 for three, 0.1 for 101."""
    return 1.0 if degree <= 2 else 1.0 / math.sqrt(degree - 1)


def weight(kind: TieKind, from_degree: int, to_degree: int) -> float:
    """Weight from 0 to 1 of a tie whose ends have these degrees (see above)."""
    return BASE[kind] * min(scarcity(from_degree), scarcity(to_degree))
