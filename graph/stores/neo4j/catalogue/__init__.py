"""Every query that is ever sent to the server, by name. Each is of one institution: each pattern that finds or makes something says so.

Rows come as lists of maps and are taken apart by `UNWIND`. A map's null sets nothing. What `{ties}` stands for are the types of all
kinds of tie, or of those asked for: relationships of other types, money among them, are then not looked at.
"""

from __future__ import annotations

from graph.flows.scope import Order
from graph.model import TieKind
from graph.stores.neo4j.catalogue import (
    asking,
    emptying,
    erasing,
    flowing,
    foreseeing,
    institutions,
    lifting,
    moments,
    phrases,
    recording,
    transferring,
)


def every() -> dict[str, str]:
    """Every query that can be sent, by name: those above, and what the functions make of each kind and direction."""
    found = {
        name: text
        for module in (institutions, recording, moments, asking, foreseeing, flowing, emptying, erasing, lifting, transferring)
        for name, text in vars(module).items()
        if isinstance(text, str) and name.isupper() and not name.startswith("_") and name not in vars(phrases) and name != "FOLDED"
    }
    all_, some = phrases.ALL_TIES, phrases.types(frozenset({TieKind.OWNS, TieKind.HOLDS}))
    both = (True, False)
    found |= {f"newest {kind} incoming {incoming}": asking.newest(kind, incoming) for kind in TieKind for incoming in both}
    found |= {
        f"{name} {ties}": of(ties)
        for name, of in (("adjacent", asking.adjacent), ("listed", asking.listed_ties), ("torn", moments.torn))
        for ties in (all_, some)
    }
    found |= {f"moved incoming {incoming} only {only}": asking.moved(incoming, only) for incoming in both for only in both}
    found |= {f"reported incoming {incoming}": transferring.reported(incoming) for incoming in both}
    found |= {f"moved within incoming {incoming}": flowing.moved_within(incoming) for incoming in both}
    found |= {f"moved first {order} incoming {incoming}": flowing.moved_first(incoming, order) for incoming in both for order in Order}
    found |= {f"ties from {kind} incoming {incoming}": flowing.ties_from(kind, incoming) for kind in TieKind for incoming in both}
    return found | {
        f"ball {depth} {crowd}": foreseeing.ball((all_,) * depth, crowd) for depth in range(1, 5) for crowd in ("reach", "crowd")
    }
