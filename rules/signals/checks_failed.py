"""Failed identity checks."""

from __future__ import annotations

from rules.model import Material, Reading


def checks_failed(material: Material) -> Reading:
    """Identity checks of the merchant or the applicant that failed: numbers without their check digit, documents that say otherwise ...

    Absent, and 0, when neither was ever verified.
    """
    known = material.history.identities
    return Reading(sum(len(one.failed) for one in known), material.history.verified(material.application), absent=not known)
