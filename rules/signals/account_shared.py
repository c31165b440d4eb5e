"""Others who hold the same account."""

from __future__ import annotations

from graph.measures.lockstep import lockstep
from graph.measures.sharing import sharing
from graph.model import EntityKind
from rules.model import Material, Reading

_KINDS = frozenset({EntityKind.ACCOUNT})


def account_shared(material: Material) -> Reading:
    """About how many other companies hold the household's accounts, whenever they came; less, when only some of them are in sight.

    Absent, and 0, when nobody else holds one.
    """
    found = lockstep(sharing(material.picture, material.household, _KINDS), step=None)
    return Reading(round(found.effective, 2), found.entities, found.ties, absent=not found.sharers)
