"""Money that could not be followed to its end."""

from __future__ import annotations

from rules.model import Material, Reading


def money_unfollowed(material: Material) -> Reading:
    """Whether more money moved around the household within 30 days than the questions about it read: what they did not find may be there.

    Only movements of more than a twentieth of what is asked for are read, at most 2,000, and 40 other borrowers' loans.
    """
    cut = not material.findings.complete
    return Reading(cut, material.accounts if cut else ())
