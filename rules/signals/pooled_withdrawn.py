"""Cash pooled from many."""

from __future__ import annotations

from rules.model import Material, Reading


def pooled_withdrawn(material: Material) -> Reading:
    """What other accounts that gathered money from many withdrew to cards of the household within 30 days."""
    found = material.findings
    return Reading(found.withdrawn, (*found.pools, *material.accounts) if found.pools else ())
