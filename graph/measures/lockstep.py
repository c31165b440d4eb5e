"""How many others came to what is shared in step with the household, weighted by scarcity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from graph.measures.applications_around import applications_around
from graph.measures.bonds import FAMILIES
from graph.measures.household import Household
from graph.measures.latest import Latest
from graph.measures.picture import DAY, Picture, entity, ties_of
from graph.model import EntityKind, Instant, Tie, TieKind
from graph.weighing import BASE

STEP: Final[Instant] = 7 * DAY
"""Milliseconds between two first sightings that are in step."""

_SHARED_BY: Final = frozenset(
    {
        TieKind.HOLDS,
        TieKind.USES_DEVICE,
        TieKind.CONNECTS_FROM,
        TieKind.REACHED_AT,
        TieKind.LOCATED_AT,
        TieKind.IDENTIFIED_BY,
        TieKind.SHOWS_FACE,
    }
)
"""Ties to what can be shared."""


class Arrival(NamedTuple):
    """How another company came to something that the household has."""

    gap: Instant
    """Milliseconds between the first sightings of the two there."""
    scarcity: float
    """0 to 1: weights of both ties over those of unshared ones; each of N sharers has about 1 / N."""
    identifier: str
    ties: tuple[str, str]
    """Of the household and of the other."""


_Arrivals = Mapping[EntityKind, Mapping[str, Arrival]]
_latest: Latest[Picture, _Arrivals] = Latest()


@dataclass(frozen=True, slots=True)
class Lockstep:
    """Others in step."""

    effective: float
    """About how many: n of n in step count as n, n of the N who share in all as n · n / N."""
    count: int
    """How many of those in sight."""
    shared_by: int
    """Other companies in sight at what is shared, in step or not."""
    entities: tuple[str, ...]
    """What is shared, then those in step, at most 10."""
    ties: tuple[str, ...]
    """Ties on both sides, at most 20."""


def lockstep(picture: Picture, household: Household, kind: EntityKind, *, step: Instant | None = STEP) -> Lockstep:
    """How many other companies were first seen at the household's things of a kind within `step` milliseconds of it; None: whenever.

    Weights carry scarcity (each of N sharers weighs base² / N), so their sum over base² is the part of the sharers that is in step,
    crowds out of sight included; times their number it is near the size of a farm that sprang up at once, two or three for a
    family, and near 0 for a market's Wi-Fi, an accountant or an onboarding agent. First sightings count, so that old clients
    of an accountant who apply on one day are not in step. O(ties of the identifiers), and once for all kinds. Lockstep after Beutel et
    al., CopyCatch (2013).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> lockstep(empty, household(empty), EntityKind.DEVICE).effective
    0.0
    """
    sharers = _arrivals(picture, household).get(kind, {})
    found = sorted((-one.scarcity, party, one) for party, one in sharers.items() if step is None or one.gap <= step)
    part = sum((one.scarcity for _, _, one in found), 0.0)
    shared = tuple(dict.fromkeys(one.identifier for _, _, one in found))[:3]
    ties = dict.fromkeys(tie for _, _, one in found for tie in one.ties)
    return Lockstep(
        effective=len(found) * min(1.0, part),
        count=len(found),
        shared_by=len(sharers),
        entities=(*shared, *(party for _, party, _ in found))[:10],
        ties=tuple(ties)[:20],
    )


@dataclass(frozen=True, slots=True)
class ApplicationsInStep:
    """Others that applied before, and came to what they share with the household in step with it."""

    parties: tuple[str, ...]
    """Different companies, newest application first."""
    entities: tuple[str, ...]
    """Each company with its newest loan, at most 10."""
    ties: tuple[str, ...]
    """Through which they are in step, at most 20."""


@dataclass(frozen=True, slots=True)
class BoundInStep:
    """Others that came to several things of the household in step with it."""

    parties: tuple[str, ...]
    """Different companies, closest bound first."""
    entities: tuple[str, ...]
    """Each company with what it shares, at most 10."""
    ties: tuple[str, ...]
    """Through which they are bound, at most 20."""


def bound_in_step(picture: Picture, household: Household, *, step: Instant = STEP, families: int = 2) -> BoundInStep:
    """Companies that came in step to at least so many independent kinds of thing that the household has.

    Independent are the values of `graph.measures.bonds.FAMILIES`. O(ties of the identifiers).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> bound_in_step(empty, household(empty)).parties
    ()
    """
    found: dict[str, dict[str, Arrival]] = {}
    for kind, sharers in _arrivals(picture, household).items():
        for party, arrival in sharers.items():
            if arrival.gap <= step:
                best = found.setdefault(party, {})
                known = best.get(FAMILIES[kind])
                if known is None or arrival.scarcity > known.scarcity:
                    best[FAMILIES[kind]] = arrival
    bound = {party: best for party, best in found.items() if len(best) >= families}
    parties = sorted(bound, key=lambda party: (-sum(one.scarcity for one in bound[party].values()), party))
    entities = dict.fromkeys(one for party in parties for one in (party, *(each.identifier for each in bound[party].values())))
    ties = dict.fromkeys(tie for party in parties for each in bound[party].values() for tie in each.ties)
    return BoundInStep(tuple(parties), tuple(entities)[:10], tuple(ties)[:20])


def applications_in_step(picture: Picture, household: Household, window: Instant, *, step: Instant = STEP) -> ApplicationsInStep:
    """Companies bound to the household that applied in the `window` milliseconds before, and came in step to something that they share.

    A farm is in step; clients of an accountant and neighbours at a market, who came over months, are not, however many of them happen
    to apply on one day. O(bonds + loans).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> applications_in_step(empty, household(empty), DAY).parties
    ()
    """
    closest: dict[str, Arrival] = {}
    for sharers in _arrivals(picture, household).values():
        for party, arrival in sharers.items():
            if arrival.gap <= step and (party not in closest or arrival.scarcity > closest[party].scarcity):
                closest[party] = arrival
    near: dict[str, str] = {}
    for application in applications_around(picture, household).within(window):
        if application.party in closest:
            near.setdefault(application.party, application.loan)
    entities = dict.fromkeys(one for party, loan in near.items() for one in (party, loan))
    ties = dict.fromkeys(tie for party in near for tie in closest[party].ties)
    return ApplicationsInStep(tuple(near), tuple(entities)[:10], tuple(ties)[:20])


def _arrivals(picture: Picture, household: Household) -> _Arrivals:
    return _latest.get(picture, lambda: _arrive(picture, household))


def _arrive(picture: Picture, household: Household) -> _Arrivals:
    """By kind of identifier and company, the closest arrival (then the scarcest)."""
    own_sides = household.members.union(household.accounts)
    own: dict[str, tuple[Instant, Tie]] = {}
    for side in own_sides:
        for identifier, tie in ties_of(picture, side):
            if tie.from_id == side and tie.kind in _SHARED_BY:
                own[identifier] = _earliest(own.get(identifier), tie)
    arrivals: dict[EntityKind, dict[str, Arrival]] = {}
    for identifier, (first, tie) in own.items():
        others: dict[str, tuple[Instant, Tie]] = {}
        for other, seen in ties_of(picture, identifier):
            if seen.to_id == identifier and other not in own_sides and seen.kind in _SHARED_BY:
                for party in _companies_behind(picture, household, other):
                    others[party] = _earliest(others.get(party), seen)
        by_party = arrivals.setdefault(entity(picture, identifier).kind, {})
        for party, (came, seen) in others.items():
            scarcity = tie.weight * seen.weight / (BASE[tie.kind] * BASE[seen.kind])
            arrival = Arrival(abs(first - came), scarcity, identifier, (tie.id, seen.id))
            known = by_party.get(party)
            if known is None or (arrival.gap, -arrival.scarcity, identifier) < (known.gap, -known.scarcity, known.identifier):
                by_party[party] = arrival
    return arrivals


def _earliest(known: tuple[Instant, Tie] | None, tie: Tie) -> tuple[Instant, Tie]:
    """The first sighting of several ties of one side, and the weightiest of them."""
    if known is None:
        return tie.first_at, tie
    first, best = known
    return min(first, tie.first_at), tie if (-tie.weight, tie.id) < (-best.weight, best.id) else best


def _companies_behind(picture: Picture, household: Household, other: str) -> set[str]:
    """The company of a party; of an account, those that hold it, or the account when nobody in sight does."""
    if other in household.companies:
        return {household.companies[other]}
    if entity(picture, other).kind is not EntityKind.ACCOUNT:
        return set()
    holders = {holder for holder, tie in ties_of(picture, other) if tie.kind is TieKind.HOLDS}
    return {household.companies[holder] for holder in holders if holder in household.companies} if holders else {other}
