"""Others bound by several things."""

from __future__ import annotations

from graph.measures.lockstep import bound_in_step
from graph.measures.picture import DAY
from rules.model import Material, Reading


def closely_bound(material: Material) -> Reading:
    """Other companies that came to at least two independent kinds of thing that the household has, within 30 days of it.

    Independent are device, contact, whereabouts, account and document: neighbours at a market share one, an accountant's clients, a chain
    and its suppliers share several, but came over years.
    """
    found = bound_in_step(material.picture, material.household, step=30 * DAY)
    return Reading(len(found.parties), found.entities, found.ties)
