"""Borrowed money that others hand on."""

from __future__ import annotations

from rules.model import Material, Reading


def borrowers_gathered(material: Material) -> Reading:
    """Other borrowers of whose loans at least half came on to the household's accounts within 30 days, directly or through others."""
    found = material.findings.borrowers
    return Reading(len(found), (*found, *material.accounts) if found else ())
