"""How near confirmed fraud is to the household, and how strongly tied."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import networkx as nx

from graph.measures.household import Household
from graph.measures.latest import Latest
from graph.measures.picture import Picture, entities, ties
from graph.model import Entity, EntityKind, Standing, Tie


@dataclass(frozen=True, slots=True)
class Suspect:
    """A bad entity and the strongest chain of ties from the household to it."""

    entity: str
    distance: int
    """Ties in that chain; 0 when a member of the household is bad itself."""
    strength: float
    """Product of the chain's weights, 1 at distance 0."""
    entities: tuple[str, ...]
    """From the member of the household to the bad entity."""
    ties: tuple[str, ...]
    """In order."""


@dataclass(frozen=True, slots=True)
class Fraud:
    """Confirmed fraud (or blocked entities) around the household."""

    suspects: tuple[Suspect, ...]
    """Strongest first, then nearest, then by id."""
    weight: float
    """0 to 1: strengths joined as 1 - (1-a)(1-b), one for each company, so that a bad shop, its owner and its loan count once."""

    @property
    def nearest(self) -> Suspect | None:
        """The one with the strongest chain; None when there is none in sight."""
        return self.suspects[0] if self.suspects else None


_latest: Latest[Picture, Fraud] = Latest()


def nearest_fraud(picture: Picture, household: Household) -> Fraud:
    """How near CONFIRMED_FRAUD is, by the strongest chain of ties from any member of the household.

    The loan itself is no chain's link and no suspect. Dijkstra (1959) over -log(weight), O(ties · log entities): a chain through
    a hub is weak because its ties are.

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> nearest_fraud(empty, household(empty)).nearest is None
    True
    """
    return _latest.get(picture, lambda: _around(picture, household, _confirmed(picture)))


def _confirmed(picture: Picture) -> list[Entity]:
    return [known for known in entities(picture) if known.standing is Standing.CONFIRMED_FRAUD]


def nearest_blocked(picture: Picture, household: Household) -> Fraud:
    """The same for entities that are blocked, whatever their standing. O(ties · log entities).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> nearest_blocked(empty, household(empty)).weight
    0.0
    """
    return _around(picture, household, [e for e in entities(picture) if e.blocked])


def _around(picture: Picture, household: Household, bad: list[Entity]) -> Fraud:
    bad = [e for e in bad if e.id != household.loan]
    starts = sorted(household.members.intersection(picture))
    if not bad or not starts:
        return Fraud((), 0.0)
    strongest: nx.Graph[str] = nx.Graph()
    strongest.add_nodes_from(starts)
    for tie in ties(picture):
        from_, to = tie.from_id, tie.to_id
        if household.loan in (from_, to) or tie.weight <= 0.0:
            continue
        best: Tie | None = strongest.edges[from_, to]["tie"] if strongest.has_edge(from_, to) else None
        if best is None or (-tie.weight, tie.id) < (-best.weight, best.id):
            strongest.add_edge(from_, to, tie=tie, far=-math.log(min(tie.weight, 1.0)))
    chains: dict[str, list[str]] = nx.multi_source_dijkstra_path(strongest, starts, weight="far")
    suspects = [_suspect(strongest, chains[e.id]) for e in bad if e.id in chains]
    suspects.sort(key=lambda s: (-s.strength, s.distance, s.entity))
    return Fraud(tuple(suspects), _joined(picture, household, suspects))


def _suspect(strongest: nx.Graph[str], chain: list[str]) -> Suspect:
    ties: list[Tie] = [strongest.edges[a, b]["tie"] for a, b in itertools.pairwise(chain)]
    return Suspect(chain[-1], len(ties), math.prod(tie.weight for tie in ties), tuple(chain), tuple(tie.id for tie in ties))


def _joined(picture: Picture, household: Household, suspects: list[Suspect]) -> float:
    owner_of = {loan: company for company, loans in household.loans.items() for loan in loans}
    best: dict[str, float] = {}
    for suspect in suspects:
        company = household.companies.get(suspect.entity) or owner_of.get(suspect.entity) or suspect.entity
        if suspect.entity in household.members or _own_loan(picture, household, suspect):
            company = "own"
        best[company] = max(best.get(company, 0.0), suspect.strength)
    apart = 1.0
    for company in sorted(best):
        apart *= 1.0 - best[company]
    return 1.0 - apart


def _own_loan(picture: Picture, household: Household, suspect: Suspect) -> bool:
    """Whether it is an earlier loan of the household itself."""
    if picture.nodes[suspect.entity]["entity"].kind is not EntityKind.LOAN:
        return False
    return len(suspect.entities) > 1 and suspect.entities[-2] in household.members
