"""A fact that is recorded only when what it would make is harmless."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import networkx as nx
import strawberry
from strawberry import UNSET

from api.recording import Guarded
from api.schema.contents import FactInput
from api.schema.costs import at_most
from api.schema.declaring import attribute, input_type, object_type
from api.schema.flow_scopes import FlowScope, TimeWindow, read_scope, read_window
from api.schema.money import MoneyInput
from api.schema.problems import ErrorCode, FactConflict, Forbidden, NotFound, RateLimited, Unavailable, UserError, ValidationError
from api.schema.scalars import DateTime
from api.schema.scenes import Scene
from api.schema.subgraphs import Subgraph, show_piece
from api.schema.ties import ENTITY
from graph import model
from graph.fields import Path, Reading
from graph.flows.guarding import Guard, NoCircle, NoLargeChain, NoPassThrough
from graph.store import Repeated, Tripped

Raw = Mapping[str, Any]
GUARD: Path = ("input", "guard")
FUTURE: model.Instant = 5 * 60 * 1000 + 1
"""Facts occur at most 5 minutes ahead of now."""


@input_type()
class CircleGuardInput:
    """No circle of three accounts."""

    window: TimeWindow
    """Transfers that may be part of it."""


@input_type()
class PassThroughGuardInput:
    """No money passing straight through."""

    scope: FlowScope
    """Transfers looked at."""
    maximum_in_to_out: float
    """Trips when in divided by out exceeds this on both sides."""


@input_type()
class GuaranteeChainGuardInput:
    """No chain of guarantees that owes too much."""

    window: TimeWindow
    """Guarantees that count."""
    maximum_loan_total: MoneyInput
    """Trips when the chain's loans sum to more than this."""


@input_type(one_of=True)
class FactGuardInput:
    """What must not come of a fact: exactly one."""

    circle: CircleGuardInput | None = UNSET
    """A transfer must not close a circle of three accounts (TRW 1)."""
    pass_through: PassThroughGuardInput | None = UNSET
    """A transfer must not leave both accounts with money passing straight through (TRW 2)."""
    guarantee_chain: GuaranteeChainGuardInput | None = UNSET
    """A guarantee must not make a chain that owes too much (TRW 3)."""


@input_type()
class RecordGuardedFactInput:
    """A fact that is recorded only when what it would make is harmless. When not, both sides are blocked instead."""

    source: str
    """Who observed it, as in `recordFacts`."""
    fact: FactInput
    """The transfer or guarantee."""
    guard: FactGuardInput
    """What must not come of it: exactly one."""


@object_type()
class RecordGuardedFactSuccess:
    """The fact is recorded."""

    repeated: bool
    """Whether it was recorded before."""
    recorded_at: DateTime
    """When it was recorded."""


@object_type()
class GuardTripped(UserError):
    """The fact was not recorded."""

    blocked: list[Any] = attribute(of=list[ENTITY], directives=at_most(2))
    """The entities that were blocked; empty when one of them was blocked already."""
    evidence: Subgraph
    """What the fact would have made."""


RecordGuardedFactPayload = Annotated[
    RecordGuardedFactSuccess | GuardTripped | ValidationError | NotFound | FactConflict | Forbidden | RateLimited | Unavailable,
    strawberry.union("RecordGuardedFactPayload", description="Result of `recordGuardedFact`."),
]


def read_guard(raw: Raw, institution: model.Institution, now: model.Instant) -> Guard:
    """What a caller forbids. Raises `InvalidInput` with paths below `input`."""
    reading = Reading(institution, now)
    until = now + FUTURE  # so that the fact itself counts where the window's end is left out
    ((kind, asked),) = raw.items()
    here = (*GUARD, kind)
    guard: Guard
    match kind:
        case "circle":
            guard = NoCircle(read_window(asked["window"], (*here, "window"), reading, until))
        case "passThrough":
            scope, most = asked["scope"], asked["maximumInToOut"]
            if not (math.isfinite(most) and most >= 0):
                reading.wrong((*here, "maximumInToOut"), "is no ratio: give a number of 0 or more")
                most = 0
            guard = NoPassThrough(read_scope(scope, (*here, "scope"), reading, until), Decimal(repr(float(most))))
        case _:
            total = reading.money(asked, here, "maximumLoanTotal")
            guard = NoLargeChain(read_window(asked["window"], (*here, "window"), reading, until), total or 0)
    reading.finish()
    return guard


def show_guarded(made: Guarded, scene: Scene) -> RecordGuardedFactSuccess | GuardTripped:
    """What became of a guarded fact."""
    if made.tripped is None:
        at = made.result.recorded_at if isinstance(made.result, Repeated) else made.recorded_at
        return RecordGuardedFactSuccess(repeated=isinstance(made.result, Repeated), recorded_at=at)
    tripped = made.tripped
    here = scene.among(tripped.entities)
    known = {entity.id: entity for entity in tripped.entities}
    already = "One side is blocked already: nothing guarded is recorded between the two until it is unblocked."
    completed = "The fact would complete what its guard forbids: it was not recorded, and both sides are blocked."
    return GuardTripped(
        message=completed if tripped.blocked else already,
        code=ErrorCode.GUARD_TRIPPED,
        path=list(GUARD),
        blocked=[here.show(known[id_]) for id_ in tripped.blocked if id_ in known],
        evidence=show_piece(_placed(tripped), tripped.ties, None, here),
    )


def _placed(tripped: Tripped) -> tuple[model.Neighbour, ...]:
    """The pattern's entities as seen from its first side, nearest first: ties away, and the strongest way's product of weights."""
    if not tripped.entities:
        return ()
    centre = tripped.entities[0].id
    pattern: nx.Graph[str] = nx.Graph()
    pattern.add_nodes_from(entity.id for entity in tripped.entities)
    for tie in tripped.ties:
        cost = -math.log(max(tie.weight, 1e-12))
        if cost < pattern.get_edge_data(tie.from_id, tie.to_id, {"cost": math.inf})["cost"]:
            pattern.add_edge(tie.from_id, tie.to_id, cost=cost)
    away = nx.single_source_shortest_path_length(pattern, centre)
    costs = nx.single_source_dijkstra_path_length(pattern, centre, weight="cost")
    beyond = max(away.values()) + 1
    found = [
        model.Neighbour(entity, away.get(entity.id, beyond), math.exp(-costs[entity.id]) if entity.id in costs else 0.0)
        for entity in tripped.entities
    ]
    return tuple(sorted(found, key=lambda one: one.distance))
