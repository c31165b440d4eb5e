"""Who else shares an identifier with the household, and how tightly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from graph.measures.household import Household
from graph.measures.latest import Latest
from graph.measures.picture import DAY, Picture, entity, loan_state, ties_of, whole_number
from graph.model import Entity, EntityKind, Instant, LoanState, Standing, Tie, TieKind
from graph.quickly import quickly

IDENTIFIERS: Final = frozenset(
    {
        EntityKind.ACCOUNT,
        EntityKind.DEVICE,
        EntityKind.PHONE,
        EntityKind.EMAIL,
        EntityKind.IP_ADDRESS,
        EntityKind.PLACE,
        EntityKind.DOCUMENT,
        EntityKind.FACE,
    }
)
"""Kinds of entity that two parties can share."""

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
_BAD: Final = frozenset({LoanState.LATE, LoanState.DEFAULTED})


class _Contact(NamedTuple):
    """One way in which a company shares: the household's tie, the other's, and what joins them."""

    identifier: Entity
    own: Tie
    other: Tie
    weight: float
    """Product of both ties' weights."""


@dataclass(frozen=True, slots=True)
class Sharer:
    """Another company that shares identifiers with the household; what is asked of it is computed when it is asked."""

    party: str
    """The merchant that stands for it, else a person, else an account that nobody in sight holds."""
    by_kind: tuple[tuple[EntityKind, float], ...]
    """Kinds of identifier shared, sorted, each with the product of both ties' weights through the best one."""
    weight: float
    """0 to 1: the weights of `by_kind`, joined as 1 - (1-a)(1-b).

    Weights carry scarcity: an identifier that d parties share gives each pair about base² / (d - 1). So *all* sharers of one
    identifier together weigh about base² however many they are, and a part of them weighs its part: see `Sharing.burst`.
    """
    contacts: tuple[_Contact, ...]
    """Every way in which it shares, weightiest first."""
    loans: tuple[Entity, ...]
    """Its loans in sight."""
    people: tuple[Entity, ...]
    """Its merchants and persons in sight."""
    applied_at: Instant
    """The household's application."""

    @property
    def kinds(self) -> tuple[EntityKind, ...]:
        """Kinds of identifier shared, sorted."""
        return tuple(kind for kind, _ in self.by_kind)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Ids of what is shared, weightiest first, at most 10."""
        return _first((contact.identifier.id for contact in self.contacts), 10)

    @property
    def ties(self) -> tuple[str, ...]:
        """Ids of the ties on both sides, in the order of `identifiers`, at most 20."""
        return _first((tie.id for contact in self.contacts for tie in (contact.own, contact.other)), 20)

    @property
    def gap(self) -> Instant:
        """Milliseconds between the moments at which either side was first seen at a shared identifier; the smallest."""
        return min(abs(contact.own.first_at - contact.other.first_at) for contact in self.contacts)

    @property
    def applied_gap(self) -> Instant | None:
        """Milliseconds between both sides' applications, where both applied while using a shared identifier; the smallest, else None."""
        return _applied_gap(self.applied_at, self.contacts, self.loans)

    @property
    def observations(self) -> int:
        """Facts that tie the other to what is shared: 1 for what was seen once in passing (an onboarding agent's phone)."""
        return sum(contact.other.count for contact in self.contacts)

    @property
    def lasting(self) -> Instant:
        """Milliseconds from the first to the last moment at which the other was seen at what is shared."""
        return max(contact.other.last_at for contact in self.contacts) - min(contact.other.first_at for contact in self.contacts)

    @property
    def fraud(self) -> bool:
        """The company, or a loan of it in sight, is confirmed fraud."""
        return any(known.standing is Standing.CONFIRMED_FRAUD for known in (*self.people, *self.loans))

    @property
    def bad_loans(self) -> int:
        """Its loans in sight that are late or defaulted."""
        return sum(loan_state(loan) in _BAD for loan in self.loans)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares identifiers of some kinds with the household."""

    sharers: tuple[Sharer, ...]
    """Weightiest first, then by id."""
    weight: float
    """Sum of the sharers' weights."""
    crowd: int
    """Entities tied to the most crowded of the identifiers that are shared, in sight or not; 0 when nothing is shared."""
    scarcest: int
    """Entities tied to the least crowded of them; 0 when nothing is shared."""
    entities: tuple[str, ...]
    """Shared identifiers, then sharers, weightiest first, at most 10."""
    ties: tuple[str, ...]
    """Both sides' ties, weightiest first, at most 20."""

    @property
    def count(self) -> int:
        """How many other companies share."""
        return len(self.sharers)

    def within(self, window: Instant) -> tuple[Sharer, ...]:
        """Sharers who came to what is shared within `window` milliseconds of the household."""
        return tuple(sharer for sharer in self.sharers if sharer.gap <= window)

    def burst(self, window: Instant = 3 * DAY) -> float:
        """Weight of those who came within `window` milliseconds: near base² for a farm that sprang up at once, however
        large; near 0 for a market's Wi-Fi, an accountant or an onboarding agent, whose sharers came over months.
        Two relatives who registered together are near base² too: ask `count` as well.
        """
        return sum(sharer.weight for sharer in self.within(window))

    def applied_within(self, window: Instant) -> tuple[Sharer, ...]:
        """Sharers who applied through what is shared within `window` milliseconds of this application."""
        return tuple(sharer for sharer in self.sharers if sharer.applied_gap is not None and sharer.applied_gap <= window)


_made: Final = quickly(Sharer)
_latest: Latest[Picture, dict[str, list[_Contact]]] = Latest()


def sharing(picture: Picture, household: Household, kinds: frozenset[EntityKind] = IDENTIFIERS) -> Sharing:
    """Which other companies share an identifier of these kinds with the household, and how tightly.

    The household's own sides are its members and the accounts they hold. Its affiliates are no others; a person and the
    shops that person owns are one other. O(ties of the identifiers). Counts what is in sight: at a hub that a walk cut
    short, `crowd` says how many there are. Scarcity after inverse frequency weighting of shared neighbours (Adamic and Adar
    2003); tightness in time as in Beutel et al., CopyCatch (2013): lockstep is what a crowd of strangers does not show.

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> sharing(empty, household(empty)).count
    0
    """
    found = sharers(picture, household, kinds)
    contacts = [contact for sharer in found for contact in sharer.contacts]
    every = sorted(contacts, key=_weightiest)
    reaches = {c.identifier.id: c.identifier.reach for c in every}
    return Sharing(
        sharers=found,
        weight=sum(sharer.weight for sharer in found),
        crowd=max(reaches.values(), default=0),
        scarcest=min(reaches.values(), default=0),
        entities=_first([*list(reaches)[:4], *(sharer.party for sharer in found), *reaches], 10),
        ties=_first((tie.id for c in every for tie in (c.own, c.other)), 20),
    )


def sharers(picture: Picture, household: Household, kinds: frozenset[EntityKind] = IDENTIFIERS) -> tuple[Sharer, ...]:
    """The other companies of `sharing`, weightiest first, then by id. O(ties of the identifiers).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> sharers(empty, household(empty))
    ()
    """
    found: list[Sharer] = []
    for party, contacts in _latest.get(picture, lambda: _contacts(picture, household)).items():
        if some := contacts if kinds is IDENTIFIERS else [contact for contact in contacts if contact.identifier.kind in kinds]:
            found.append(_sharer(picture, household, party, some))
    return tuple(sorted(found, key=lambda sharer: (-sharer.weight, sharer.party)))


def _weightiest(contact: _Contact) -> tuple[float, str, str]:
    return -contact.weight, contact.identifier.id, contact.other.id


def _contacts(picture: Picture, household: Household) -> dict[str, list[_Contact]]:
    """Every way in which each other company shares, weightiest first; the household's weightiest tie stands for it at an identifier."""
    own_sides = household.members.union(household.accounts)
    own_ties: dict[str, Tie] = {}
    for side in own_sides:
        for identifier, tie in ties_of(picture, side):
            if tie.from_id == side and tie.kind in _SHARED_BY:
                known = own_ties.get(identifier)
                if known is None or (-tie.weight, tie.first_at, tie.id) < (-known.weight, known.first_at, known.id):
                    own_ties[identifier] = tie
    contacts: dict[str, list[_Contact]] = {}
    for identifier, own in own_ties.items():
        shared = entity(picture, identifier)
        for other, tie in ties_of(picture, identifier):
            if tie.to_id == identifier and other not in own_sides and tie.kind in _SHARED_BY:
                for party in _standing_for(picture, household.companies, other):
                    contacts.setdefault(party, []).append(_Contact(shared, own, tie, own.weight * tie.weight))
    for found in contacts.values():
        found.sort(key=_weightiest)
    return contacts


def _standing_for(picture: Picture, company: Mapping[str, str], other: str) -> set[str]:
    """Companies behind an entity that shares: its own, or those of an account's holders, or the account when none is in sight."""
    if other in company:
        return {company[other]}
    if entity(picture, other).kind is not EntityKind.ACCOUNT:
        return set()
    holders = {holder for holder, tie in ties_of(picture, other) if tie.kind is TieKind.HOLDS}
    if not holders:
        return {other}
    return {company[holder] for holder in holders if holder in company}


def _sharer(picture: Picture, household: Household, party: str, found: list[_Contact]) -> Sharer:
    best: dict[EntityKind, float] = {}
    for contact in found:
        best[contact.identifier.kind] = max(best.get(contact.identifier.kind, 0.0), contact.weight)
    apart = 1.0
    for kind in sorted(best):
        apart *= 1.0 - best[kind]
    loans = tuple(entity(picture, loan) for loan in household.loans.get(party, ()))
    people = tuple(entity(picture, member) for member in household.together.get(party, ()))
    return _made(party, tuple(sorted(best.items())), 1.0 - apart, tuple(found), loans, people, household.applied_at)


def _applied_gap(ours: Instant, found: Iterable[_Contact], loans: Iterable[Entity]) -> Instant | None:
    """Between both sides' applications through one identifier: each tie was seen up to and at its own application."""
    moments = [moment for loan in loans if (moment := whole_number(loan, "applied_at")) is not None]
    if not moments:
        return None
    gaps = [
        abs(ours - moment)
        for contact in found
        if contact.own.first_at <= ours <= contact.own.last_at
        for moment in moments
        if contact.other.first_at <= moment <= contact.other.last_at
    ]
    return min(gaps, default=None)


def _first(ids: Iterable[str], most: int) -> tuple[str, ...]:
    """The first different ones."""
    return tuple(dict.fromkeys(ids))[:most]
