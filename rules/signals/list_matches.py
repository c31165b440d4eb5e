"""Watchlists."""

from __future__ import annotations

from rules.model import Material, Reading


def list_matches(material: Material) -> Reading:
    """Matches of the merchant's or applicant's name with watchlists that stand: true, or judged by nobody yet.

    Absent, and 0, when neither was ever verified.
    """
    known = material.history.identities
    return Reading(sum(one.matches for one in known), material.history.verified(material.application), absent=not known)
