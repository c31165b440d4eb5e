"""The networkx form of a neighbourhood, and flows of money in order of time, on which all measures work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import networkx as nx

from graph.measures.latest import Latest
from graph.model import Entity, EntityKind, Instant, LoanState, Neighbourhood, Tie, Transfer

if TYPE_CHECKING:
    Picture: TypeAlias = nx.MultiDiGraph[str]
else:
    Picture: TypeAlias = nx.MultiDiGraph

MINUTE: Final[Instant] = 60 * 1000
"""Milliseconds."""
HOUR: Final[Instant] = 60 * MINUTE
"""Milliseconds."""
DAY: Final[Instant] = 24 * HOUR
"""Milliseconds."""

_latest: Latest[Neighbourhood, Picture] = Latest()


@dataclass(frozen=True, slots=True)
class Flows:
    """Transfers between accounts, parallel ones kept.

    No graph: what is asked of money goes through it in order of time, and drawing some hundred edges would cost more than the answers.
    """

    transfers: tuple[Transfer, ...]
    """Oldest first."""


def as_graph(neighbourhood: Neighbourhood) -> Picture:
    """The neighbourhood as a frozen directed multigraph.

    Nodes are entity ids with `entity`, `distance` and `strength`; edges are keyed by tie id with `tie`; the graph itself has
    `centre`, `at` and, as plain dictionaries that are quicker to walk, `entities` by id and `beside`: for each entity its ties with the
    other end. O(entities + ties). Asked again for the same (identical) neighbourhood, the same graph is given: a decision's dozen
    signals build it once.

    >>> from graph.model import Moment, Neighbourhood
    >>> as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ())).graph
    {'centre': 'loa_a', 'at': 1, 'entities': {}, 'beside': {}}
    """
    return _latest.get(neighbourhood, lambda: _draw(neighbourhood))


def _draw(neighbourhood: Neighbourhood) -> Picture:
    beside: dict[str, list[tuple[str, Tie]]] = {}
    known: dict[str, Entity] = {}
    picture: Picture = nx.MultiDiGraph(centre=neighbourhood.centre, at=neighbourhood.moment.at, entities=known, beside=beside)
    # What `add_node` and `add_edge` do, written straight into the graph's own dictionaries: a quarter of their cost, in each decision.
    drawn: dict[str, Any] = vars(picture)
    nodes, following, preceding = drawn["_node"], drawn["_succ"], drawn["_pred"]
    for one in neighbourhood.neighbours:
        id_ = one.entity.id
        known[id_] = one.entity
        nodes[id_] = {"entity": one.entity, "distance": one.distance, "strength": one.strength}
        following[id_], preceding[id_], beside[id_] = {}, {}, []
    for tie in neighbourhood.ties:
        start, end = tie.from_id, tie.to_id
        between = following[start].get(end)
        if between is None:
            between = following[start][end] = preceding[end][start] = {}
        between[tie.id] = {"tie": tie}
        beside[start].append((end, tie))
        beside[end].append((start, tie))
    nx.freeze(picture)
    return picture


def as_flows(transfers: Iterable[Transfer]) -> Flows:
    """The transfers in order of time (moment, accounts, amount). O(n log n).

    >>> from graph.model import TransferKind
    >>> a = Transfer("acc_a", "acc_b", 5, TransferKind.PAYMENT, 10, 11)
    >>> len(as_flows([a, a]).transfers)
    2
    """
    return Flows(tuple(sorted(transfers, key=lambda t: (t.occurred_at, t.from_id, t.to_id, t.amount, t.kind))))


def entity(picture: Picture, id: str) -> Entity:
    """The entity with this id, which must be in the picture. O(1)."""
    found: Entity = picture.graph["entities"][id]
    return found


def entities(picture: Picture) -> list[Entity]:
    """All entities in the picture, nearest first. O(entities)."""
    return list(picture.graph["entities"].values())


def ties(picture: Picture) -> list[Tie]:
    """All ties in the picture. O(ties)."""
    beside: dict[str, list[tuple[str, Tie]]] = picture.graph["beside"]
    return [tie for id_, found in beside.items() for _, tie in found if tie.from_id == id_]


def ties_of(picture: Picture, id: str) -> Sequence[tuple[str, Tie]]:
    """Ties of an entity in either direction with the id of the other end, weightiest first; none when it is not in the picture. O(1)."""
    found: Sequence[tuple[str, Tie]] = picture.graph["beside"].get(id, ())
    return found


def transfers(flows: Flows) -> tuple[Transfer, ...]:
    """All transfers, oldest first. O(1)."""
    return flows.transfers


def whole_number(of: Entity, field: str) -> int | None:
    """A described field that is a whole number; None when it was never reported. O(1)."""
    value = of.fields.get(field)
    return value if isinstance(value, int) else None


def text(of: Entity, field: str) -> str | None:
    """A described field that is a text; None when it was never reported. O(1)."""
    value = of.fields.get(field)
    return value if isinstance(value, str) else None


def loan_state(of: Entity) -> LoanState | None:
    """The state of a loan; None for what is no loan or says none. O(1)."""
    value = text(of, "state")
    return LoanState.__members__.get(value or "") if of.kind is EntityKind.LOAN else None
