"""Money that ends at blocked devices."""

from __future__ import annotations

from rules.model import Material, Reading


def blocked_reached(material: Material) -> Reading:
    """Blocked devices, phones, mailboxes and connections of other accounts that the household's money got to within 30 days."""
    found = material.findings.blocked_things
    return Reading(len(found), (*found, *material.accounts) if found else ())
