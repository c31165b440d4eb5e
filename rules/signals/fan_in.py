"""Many payers at once."""

from __future__ import annotations

from graph.measures.fan_in import fan_in as widest
from graph.measures.picture import HOUR
from rules.model import Material, Reading


def fan_in(material: Material) -> Reading:
    """Most different accounts that paid one of the household's accounts within any 24 hours of the last 30 days.

    Absent, and 0, when nobody paid. Many payers are what a shop hopes for: only with `pass_through` they say something.
    """
    found = widest(material.flows, material.accounts, window=24 * HOUR)
    return Reading(found.payers, found.entities, absent=found.payers == 0)
