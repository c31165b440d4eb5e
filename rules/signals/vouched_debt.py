"""What others owe, and the household vouches for."""

from __future__ import annotations

from rules.model import Material, Reading


def vouched_debt(material: Material) -> Reading:
    """What those people borrowed for whom the applicant and the owners stand surety, directly or through a chain of sureties.

    Absent, and 0, when they stand surety for nobody.
    """
    found = material.findings
    return Reading(found.vouched, found.vouched_for, absent=not found.vouched_for)
