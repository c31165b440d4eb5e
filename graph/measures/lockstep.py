"""How many others came to what is shared in step with the household, weighted by scarcity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Final, NamedTuple

from graph.measures.bonds import FAMILIES
from graph.measures.household import Household
from graph.measures.latest import Latest
from graph.measures.picture import DAY, Picture, entity, ties_of, whole_number
from graph.model import EntityKind, Instant, Tie, TieKind

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

ACQUAINTED: Final[Instant] = 60 * DAY
"""Milliseconds between two first sightings from which two companies are old acquaintances, whatever else they came to in step."""

_CROWD: Final = 0.005
"""Part below which sharing something makes no acquaintance."""


class Arrival(NamedTuple):
    """How another company came to something that the household has."""

    gap: Instant
    """Milliseconds between the first sightings of the two there."""
    part: float
    """0 to 1: of all others who are there, in sight or not, the part that is this company."""
    identifier: str
    ties: tuple[str, str]
    """Of the household and of the other."""


_Arrivals = Mapping[EntityKind, Mapping[str, list[Arrival]]]
_latest: Latest[Picture, _Arrivals] = Latest()


@dataclass(frozen=True, slots=True)
class Lockstep:
    """Others in step."""

    effective: float
    """About how many: n in step who are all that share count as n, n who are a tenth of them as n / 10."""
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

    Their number times the part that they are of all who share, in sight or not (`Entity.reach`): near the size of a farm that sprang
    up at once, two or three for a family, and near 0 for a market's Wi-Fi, a carrier's address, an accountant or an
    onboarding agent. First sightings count, so that old clients of an accountant who apply on one day are not in step. O(ties of
    the identifiers), and once for all kinds. Lockstep after Beutel et al., CopyCatch (2013).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> lockstep(empty, household(empty), EntityKind.DEVICE).effective
    0.0
    """
    sharers = _arrivals(picture, household).get(kind, {})
    best = {party: one for party, arrivals in sharers.items() if (one := _closest(arrivals, step)) is not None}
    parties = sorted(best, key=lambda party: (-best[party].part, party))
    shared = tuple(dict.fromkeys(best[party].identifier for party in parties))[:3]
    ties = dict.fromkeys(tie for party in parties for tie in best[party].ties)
    return Lockstep(
        effective=len(best) * min(1.0, fsum(one.part for one in best.values())),
        count=len(best),
        shared_by=len(sharers),
        entities=(*shared, *parties)[:10],
        ties=tuple(ties)[:20],
    )


def _closest(arrivals: list[Arrival], step: Instant | None) -> Arrival | None:
    """Of those in step the one at what fewest share; None when none is."""
    if len(arrivals) == 1:
        return arrivals[0] if step is None or arrivals[0].gap <= step else None
    return max((one for one in arrivals if step is None or one.gap <= step), key=lambda one: (one.part, one.identifier), default=None)


@dataclass(frozen=True, slots=True)
class BoundInStep:
    """Others that came to several things of the household in step with it."""

    parties: tuple[str, ...]
    """Different companies, closest bound first."""
    entities: tuple[str, ...]
    """Each company with what it shares, at most 10."""
    ties: tuple[str, ...]
    """Through which they are bound, at most 20."""


def bound_in_step(picture: Picture, household: Household, *, step: Instant = STEP, families: int = 2, least: float = 0.02) -> BoundInStep:
    """Companies that came in step to at least so many independent kinds of thing that the household has.

    Independent are the values of `graph.measures.bonds.FAMILIES`. What a crowd shares, so that one company is less than `least` of
    it, binds nobody. O(ties of the identifiers).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> bound_in_step(empty, household(empty)).parties
    ()
    """
    found: dict[str, dict[str, Arrival]] = {}
    for kind, sharers in _arrivals(picture, household).items():
        for party, arrivals in sharers.items():
            arrival = _closest(arrivals, step)
            if arrival is not None and arrival.part >= least:
                best = found.setdefault(party, {})
                known = best.get(FAMILIES[kind])
                if known is None or (arrival.part, arrival.identifier) > (known.part, known.identifier):
                    best[FAMILIES[kind]] = arrival
    bound = {party: best for party, best in found.items() if len(best) >= families}
    parties = sorted(bound, key=lambda party: (-fsum(one.part for one in bound[party].values()), party))
    entities = dict.fromkeys(one for party in parties for one in (party, *(each.identifier for each in bound[party].values())))
    ties = dict.fromkeys(tie for party in parties for each in bound[party].values() for tie in each.ties)
    return BoundInStep(tuple(parties), tuple(entities)[:10], tuple(ties)[:20])


@dataclass(frozen=True, slots=True)
class ApplicationsInStep:
    """Others that applied before, and came to what they share with the household in step with it."""

    parties: tuple[str, ...]
    """Different companies, newest application first."""
    entities: tuple[str, ...]
    """Each company with its newest loan, at most 10."""
    ties: tuple[str, ...]
    """Through which they are in step, at most 20."""


def applications_in_step(
    picture: Picture, household: Household, window: Instant, *, step: Instant = STEP, least: float = 0.02
) -> ApplicationsInStep:
    """Companies bound to the household that applied in the `window` milliseconds before, and came in step to something that they share.

    What a crowd shares, so that one company is less than `least` of it, binds nobody. A farm is in step; clients of an
    accountant and neighbours at a market, who came over months, are not, however many of them happen to apply on one day.
    O(ties of the identifiers + loans).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> applications_in_step(empty, household(empty), DAY).parties
    ()
    """
    closest: dict[str, Arrival] = {}
    for sharers in _arrivals(picture, household).values():
        for party, arrivals in sharers.items():
            arrival = _closest(arrivals, step)
            if (
                arrival is not None
                and arrival.part >= least
                and (party not in closest or (arrival.part, arrival.identifier) > (closest[party].part, closest[party].identifier))
            ):
                closest[party] = arrival
    near: dict[str, str] = {}
    for before, party, loan in sorted(_applied(picture, household, closest)):
        if before <= window:
            near.setdefault(party, loan)
    entities = dict.fromkeys(one for party, loan in near.items() for one in (party, loan))
    ties = dict.fromkeys(tie for party in near for tie in closest[party].ties)
    return ApplicationsInStep(tuple(near), tuple(entities)[:10], tuple(ties)[:20])


def _applied(picture: Picture, household: Household, parties: Iterable[str]) -> Iterator[tuple[Instant, str, str]]:
    """Applications of some companies before the household's: milliseconds before, company, loan."""
    for party in parties:
        for loan in household.loans.get(party, ()):
            applied_at = whole_number(entity(picture, loan), "applied_at")
            if applied_at is not None and loan != household.loan and applied_at <= household.applied_at:
                yield household.applied_at - applied_at, party, loan


def _arrivals(picture: Picture, household: Household) -> _Arrivals:
    return _latest.get(picture, lambda: _arrive(picture, household))


def _arrive(picture: Picture, household: Household) -> _Arrivals:
    """By kind of identifier and company, how it came to each of the household's."""
    own_sides = household.members.union(household.accounts)
    own: dict[str, list[Tie]] = {}
    for side in sorted(own_sides):  # so that equal dossiers give equal answers, whatever the order of a set
        for identifier, tie in ties_of(picture, side):
            if tie.from_id == side and tie.kind in _SHARED_BY:
                own.setdefault(identifier, []).append(tie)
    arrivals: dict[EntityKind, dict[str, list[Arrival]]] = {}
    for identifier, ours in own.items():
        others: dict[str, list[Tie]] = {}
        for other, seen in ties_of(picture, identifier):
            if seen.to_id == identifier and other not in own_sides and seen.kind in _SHARED_BY:
                for party in _companies_behind(picture, household, other):
                    others.setdefault(party, []).append(seen)
        shared = entity(picture, identifier)
        strangers = max(1, shared.reach - len(ours))
        first, tie = _earliest(ours)
        by_party = arrivals.setdefault(shared.kind, {})
        for party, theirs in others.items():
            came, seen = _earliest(theirs)
            arrival = Arrival(abs(first - came), min(1.0, len(theirs) / strangers), identifier, (tie.id, seen.id))
            by_party.setdefault(party, []).append(arrival)
    return _without_old_acquaintances(arrivals)


def _without_old_acquaintances(arrivals: dict[EntityKind, dict[str, list[Arrival]]]) -> _Arrivals:
    """Arrivals in step of those who came to anything else long before or after are taken for chance.

    An accountant's clients are all seen at his new connection within a week; they came to his mailbox over years.
    """
    old = {
        party
        for sharers in arrivals.values()
        for party, found in sharers.items()
        if any(one.gap >= ACQUAINTED and one.part >= _CROWD for one in found)
    }
    return {
        kind: {party: [one for one in found if one.gap >= ACQUAINTED or party not in old] for party, found in sharers.items()}
        for kind, sharers in arrivals.items()
    }


def _earliest(ties: list[Tie]) -> tuple[Instant, Tie]:
    """The first sighting of one side through several ties, and the weightiest of them."""
    return min(tie.first_at for tie in ties), max(ties, key=lambda tie: (tie.weight, tie.id))


def _companies_behind(picture: Picture, household: Household, other: str) -> set[str]:
    """The company of a party; of an account, those that hold it, or the account when nobody in sight does."""
    if other in household.companies:
        return {household.companies[other]}
    if entity(picture, other).kind is not EntityKind.ACCOUNT:
        return set()
    holders = {holder for holder, tie in ties_of(picture, other) if tie.kind is TieKind.HOLDS}
    return {household.companies[holder] for holder in holders if holder in household.companies} if holders else {other}
