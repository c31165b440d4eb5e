"""Who applies: the merchant, its owners, the applicant, what is theirs; and who the others are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.measures.latest import Latest
from graph.measures.picture import Picture, entities, entity, text, ties_of, whole_number
from graph.model import Entity, EntityKind, Instant, TieKind


def is_party(known: Entity) -> bool:
    """Whether it is of the kinds that apply, own and share. O(1)."""
    return known.kind is EntityKind.MERCHANT or known.kind is EntityKind.PERSON


@dataclass(frozen=True, slots=True)
class Household:
    """The side of the table that asks for the loan, and the companies beside it; all are entity ids."""

    loan: str | None
    """None when the picture's centre is no loan."""
    applied_at: Instant
    """The application's moment; the picture's own when it says none."""
    merchant: str | None
    applicant: str | None
    owners: tuple[str, ...]
    """Persons who own the merchant, sorted."""
    affiliates: tuple[str, ...]
    """Other merchants of those owners and of the applicant, sorted: a chain of shops is no stranger to itself."""
    accounts: tuple[str, ...]
    """Accounts held by merchant, applicant and owners, sorted."""
    members: frozenset[str]
    """Merchant, applicant and owners."""
    companies: Mapping[str, str] = field(default_factory=dict)
    """For each merchant and person beside the household, the id that stands for its company.

    A company is what OWNS ties join: a person and the shops that the person owns count once. Its least merchant stands for
    it, else its least person. Affiliates are of nobody else and are left out.
    """
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Members of each of those companies, by the id that stands for it, sorted."""
    loans: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Loans in sight of each of those companies, by the id that stands for it, sorted."""
    applied: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Merchant and applicant of each loan in sight, by its id, nearest first, as `parties_of`."""


_latest: Latest[Picture, Household] = Latest()


def household(picture: Picture) -> Household:
    """Who applies, as the picture's centre says: a loan with its parties, or a merchant or person alone.

    A loan's fields `merchant` and `applicant` name them; without, whoever is tied to it by APPLIED_FOR. O(entities + ties);
    asked again for the same picture, the same answer is given. Companies by union-find (Tarjan 1975).

    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbour, Neighbourhood
    >>> shop = Neighbour(Entity("mer_a", EntityKind.MERCHANT, "a", "A", 1, 1), 0, 1.0)
    >>> household(as_graph(Neighbourhood("mer_a", Moment(1, 1), (shop,), ()))).merchant
    'mer_a'
    """
    return _latest.get(picture, lambda: _look(picture))


def _look(picture: Picture) -> Household:
    centre: str = picture.graph["centre"]
    at: Instant = picture.graph["at"]
    loan, merchant, applicant, applied_at = None, None, None, at
    if centre in picture:
        middle = entity(picture, centre)
        if middle.kind is EntityKind.LOAN:
            loan, applied_at = centre, whole_number(middle, "applied_at") or at
            merchant, applicant = parties_of(picture, middle)
        elif middle.kind is EntityKind.MERCHANT:
            merchant = centre
        elif middle.kind is EntityKind.PERSON:
            applicant = centre
    owners = (
        sorted({other for other, tie in ties_of(picture, merchant) if tie.kind is TieKind.OWNS and tie.to_id == merchant})
        if merchant
        else []
    )
    people = sorted({*owners, *([applicant] if applicant else [])})
    shops = {other for person in people for other, tie in ties_of(picture, person) if tie.kind is TieKind.OWNS and tie.from_id == person}
    members = frozenset([*people, *([merchant] if merchant else [])])
    accounts = {other for member in members for other, tie in ties_of(picture, member) if tie.kind is TieKind.HOLDS}
    companies = _companies(picture, members | shops)
    applied = {known.id: parties_of(picture, known) for known in entities(picture) if known.kind is EntityKind.LOAN}
    return Household(
        loan=loan,
        applied_at=applied_at,
        merchant=merchant,
        applicant=applicant,
        owners=tuple(owners),
        affiliates=tuple(sorted(shops - members)),
        accounts=tuple(sorted(accounts)),
        members=members,
        companies=companies,
        together=_together(companies),
        loans=_loans(applied, companies),
        applied=applied,
    )


def parties_of(picture: Picture, loan: Entity) -> tuple[str | None, str | None]:
    """Merchant and applicant of a loan, each None when neither a field nor a tie in sight says it. O(ties of the loan)."""
    merchant, applicant = text(loan, "merchant"), text(loan, "applicant")
    if merchant is not None and applicant is not None:
        return merchant, applicant
    for other in sorted(other for other, tie in ties_of(picture, loan.id) if tie.kind is TieKind.APPLIED_FOR):
        kind = entity(picture, other).kind
        if kind is EntityKind.MERCHANT and merchant is None:
            merchant = other
        elif kind is EntityKind.PERSON and applicant is None:
            applicant = other
    return merchant, applicant


def _companies(picture: Picture, own: frozenset[str] | set[str]) -> dict[str, str]:
    parent = {known.id: known.id for known in entities(picture) if is_party(known) and known.id not in own}

    def root(member: str) -> str:
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    def rank(member: str) -> tuple[bool, str]:
        return entity(picture, member).kind is not EntityKind.MERCHANT, member

    for tie in (tie for person in list(parent) for _, tie in ties_of(picture, person) if tie.from_id == person):
        if tie.kind is TieKind.OWNS and tie.to_id in parent:
            first, second = sorted((root(tie.from_id), root(tie.to_id)), key=rank)
            parent[second] = first
    return {member: root(member) for member in parent}


def _together(companies: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for member in sorted(companies):
        found.setdefault(companies[member], []).append(member)
    return {company: tuple(members) for company, members in found.items()}


def _loans(applied: Mapping[str, tuple[str | None, str | None]], companies: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for loan, parties in applied.items():
        for party in parties:
            if party is not None and party in companies:
                found.setdefault(companies[party], set()).add(loan)
    return {company: tuple(sorted(loans)) for company, loans in found.items()}
