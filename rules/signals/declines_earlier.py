"""Earlier refusals."""

from __future__ import annotations

from rules.model import Material, Reading


def declines_earlier(material: Material) -> Reading:
    """Other loans of this merchant or applicant that were refused in the 90 days before.

    Absent, and 0, when none was decided.
    """
    history = material.history
    return Reading(history.declined_90, absent=history.decisions_90 == 0)
