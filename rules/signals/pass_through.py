"""Money that does not stay."""

from __future__ import annotations

from graph.measures.pass_through import pass_through as passed_on
from graph.measures.picture import HOUR
from rules.model import Material, Reading


def pass_through(material: Material) -> Reading:
    """Part of what came into the household's accounts in 30 days that left them to others within 6 hours.

    Absent, and 0, when nothing came in.
    """
    found = passed_on(material.flows, material.accounts, window=6 * HOUR)
    return Reading(round(found.ratio, 4), found.entities, absent=found.received == 0)
