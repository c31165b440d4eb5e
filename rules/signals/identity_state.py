"""Where verification stands."""

from __future__ import annotations

from typing import Final

from rules.model import Material, Reading

WORST_FIRST: Final = ("REJECTED", "EXPIRED", "REFERRED", "CHECKING", "WAITING_FOR_EVIDENCE", "OPENED", "VERIFIED")


def identity_state(material: Material) -> Reading:
    """Where the newest verification of the merchant or the applicant stands, the worse of the two (VERIFIED, REFERRED, REJECTED ...).

    Absent, and empty, when neither was ever begun.
    """
    states = [one.state for one in material.history.identities]
    return Reading(min(states, key=WORST_FIRST.index, default=""), material.history.verified(material.application), absent=not states)
