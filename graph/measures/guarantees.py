"""Who stands surety for the household, and whether sureties go round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import networkx as nx

from graph.measures.household import Household
from graph.measures.picture import Picture, ties
from graph.model import TieKind

LONGEST_ROUND: Final = 6
"""Sureties in a round at most."""


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Sureties around the household."""

    guarantors: tuple[str, ...]
    """Companies that guarantee for the household, sorted, by the ids that stand for them (`Household.companies`)."""
    guaranteed: tuple[str, ...]
    """Companies that the household guarantees for, likewise."""
    widest: int
    """Companies in sight for which the busiest of those guarantors stands surety, the household counted once."""
    round: tuple[str, ...]
    """Other companies in the shortest round of sureties through the household (it for A, A for B, B for it); empty without."""
    ties: tuple[str, ...]
    """The ties of all these, sorted, at most 20."""


def guarantees(picture: Picture, household: Household) -> Guarantees:
    """Who stands surety for the household, for how many others they do, and whether sureties go round.

    A company counts as one, whichever of its people signs for whichever of its shops; so does the household with its affiliates. O(ties).
    Sureties that go round carry no risk away: Cheng et al., Risk assessment for networked-guarantee loans (2019).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> guarantees(empty, household(empty)).guarantors
    ()
    """
    us, own = "", household.members.union(household.affiliates)
    sureties: nx.DiGraph[str] = nx.DiGraph()
    sureties.add_node(us)
    names: dict[tuple[str, str], list[str]] = {}
    for tie in ties(picture):
        if tie.kind is TieKind.GUARANTEES:
            a, b = (us if end in own else household.companies.get(end, end) for end in (tie.from_id, tie.to_id))
            if a != b:
                sureties.add_edge(a, b)
                names.setdefault((a, b), []).append(tie.id)
    guarantors = sorted(sureties.predecessors(us))
    way = _round(sureties, us)
    used = {*sureties.in_edges(us), *sureties.out_edges(us), *zip(way, (*way[1:], *way[:1]), strict=True)}
    return Guarantees(
        guarantors=tuple(guarantors),
        guaranteed=tuple(sorted(sureties.successors(us))),
        widest=max((sureties.out_degree(guarantor) for guarantor in guarantors), default=0),
        round=tuple(party for party in way if party != us),
        ties=tuple(sorted(tie for pair in used for tie in names.get(pair, ())))[:20],
    )


def _round(sureties: nx.DiGraph[str], us: str) -> tuple[str, ...]:
    """The shortest way out and back, least ids first among equals; empty without one."""
    back = nx.single_target_shortest_path_length(sureties, us, cutoff=LONGEST_ROUND - 1)
    near = dict(back)
    starts = sorted((near[next_], next_) for next_ in sureties.successors(us) if next_ in near)
    if not starts:
        return ()
    way = [us, starts[0][1]]
    while near[way[-1]] > 0:
        way.append(min(next_ for next_ in sureties.successors(way[-1]) if near.get(next_) == near[way[-1]] - 1))
    return tuple(way[:-1])
