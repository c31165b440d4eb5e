"""How many others came to what is shared in step with the household, weighted by scarcity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.applications_around import applications_around
from graph.measures.bonds import bonds
from graph.measures.household import Household
from graph.measures.picture import DAY, Picture
from graph.measures.sharing import Sharer, Sharing
from graph.model import EntityKind, Instant, TieKind
from graph.weighing import BASE

STEP: Final[Instant] = 3 * DAY
"""Milliseconds between two first sightings that are in step."""

_TIES: Final = {
    EntityKind.ACCOUNT: TieKind.HOLDS,
    EntityKind.DEVICE: TieKind.USES_DEVICE,
    EntityKind.PHONE: TieKind.REACHED_AT,
    EntityKind.EMAIL: TieKind.REACHED_AT,
    EntityKind.IP_ADDRESS: TieKind.CONNECTS_FROM,
    EntityKind.PLACE: TieKind.LOCATED_AT,
    EntityKind.DOCUMENT: TieKind.IDENTIFIED_BY,
    EntityKind.FACE: TieKind.SHOWS_FACE,
}


@dataclass(frozen=True, slots=True)
class Lockstep:
    """Others in step."""

    effective: float
    """About how many: n of n in step count as n, n of the N who share in all as n · n / N."""
    sharers: tuple[Sharer, ...]
    """Those in step, weightiest first."""
    entities: tuple[str, ...]
    """What is shared, then those in step, at most 10."""
    ties: tuple[str, ...]
    """Ties on both sides, at most 20."""


def lockstep(sharing: Sharing, *, step: Instant | None = STEP) -> Lockstep:
    """How many others were first seen at what is shared within `step` milliseconds of the household; all of them with None.

    Weights carry scarcity (each of N sharers weighs base² / N), so the sum of those in step over base² is the part of the sharers
    that is in step, crowds out of sight included; times their number it is near the size of a farm that sprang up at once, one or two
    for a family, and near 0 for a market's Wi-Fi, an accountant or an onboarding agent. O(sharers). Lockstep after
    Beutel et al., CopyCatch (2013).

    >>> lockstep(Sharing((), 0.0, 0, 0, (), ())).effective
    0.0
    """
    found = sharing.sharers if step is None else sharing.within(step)
    part = sum((max(weight / BASE[_TIES[kind]] ** 2 for kind, weight in sharer.by_kind) for sharer in found), 0.0)
    shared = dict.fromkeys(identifier for sharer in found for identifier in sharer.identifiers[:2])
    entities = dict.fromkeys([*list(shared)[:3], *(sharer.party for sharer in found), *shared])
    ties = dict.fromkeys(tie for sharer in found for tie in sharer.ties[:2])
    return Lockstep(len(found) * min(1.0, part), found, tuple(entities)[:10], tuple(ties)[:20])


@dataclass(frozen=True, slots=True)
class ApplicationsInStep:
    """Others that applied before, and came to what they share with the household in step with it."""

    parties: tuple[str, ...]
    """Different companies, weightiest bond first."""
    entities: tuple[str, ...]
    """Each company with its newest loan, at most 10."""
    ties: tuple[str, ...]
    """Of their bonds, at most 20."""


def applications_in_step(picture: Picture, household: Household, window: Instant, *, step: Instant = STEP) -> ApplicationsInStep:
    """Companies bound to the household, by direct ties or by things at which both were first seen within `step` milliseconds, that
    applied in the `window` milliseconds before.

    A farm is in step; clients of an accountant and neighbours at a market, who came over months, are not, however many of them happen
    to apply on one day. O(bonds + loans).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> applications_in_step(empty, household(empty), DAY).parties
    ()
    """
    bound = {bond.party: bond for bond in bonds(picture, household).all if bond.gap is None or bond.gap <= step}
    near: dict[str, str] = {}
    for application in applications_around(picture, household).within(window):
        if application.party in bound:
            near.setdefault(application.party, application.loan)
    parties = sorted(near, key=lambda party: (-bound[party].weight, party))
    entities = dict.fromkeys(one for party in parties for one in (party, near[party]))
    ties = dict.fromkeys(tie for party in parties for tie in bound[party].ties[:2])
    return ApplicationsInStep(tuple(parties), tuple(entities)[:10], tuple(ties)[:20])
