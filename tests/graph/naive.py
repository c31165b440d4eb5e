"""The questions of walks, paths and surroundings answered the slow and plain way over `merging.fold`'s picture."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graph.chains import DIGITS
from graph.measures.picture import DAY
from graph.merging import Picture
from graph.model import (
    FlowBounds,
    Instant,
    Moment,
    Neighbour,
    Neighbourhood,
    Receipts,
    Tie,
    TieKind,
    Transfer,
    TransferKind,
    Truncation,
    TruncationCause,
    WalkBounds,
)


def holding(picture: Picture, kinds: frozenset[TieKind] | None = None, minimum: float = 0.0) -> list[Tie]:
    """Ties that walks may follow, newest first."""
    ties = [
        tie
        for tie in picture.ties.values()
        if tie.ended_at is None and tie.from_id != tie.to_id and (kinds is None or tie.kind in kinds) and tie.weight >= minimum
    ]
    return sorted(ties, key=lambda tie: (tie.last_at, tie.recorded_at, tie.id), reverse=True)


def chains_from(centre: str, ties: Collection[Tie]) -> tuple[dict[str, int], dict[str, float]]:
    """Distances and strengths by relaxing every tie until nothing changes."""
    distances, strengths = {centre: 0}, {centre: 1.0}
    changed = True
    while changed:
        changed = False
        for tie in ties:
            for one, other in ((tie.from_id, tie.to_id), (tie.to_id, tie.from_id)):
                if one in distances and distances[one] + 1 < distances.get(other, 99):
                    distances[other], changed = distances[one] + 1, True
                if one in strengths and strengths[one] * tie.weight > strengths.get(other, 0.0):
                    strengths[other], changed = strengths[one] * tie.weight, True
    return distances, strengths


def walk(picture: Picture, centre: str, moment: Moment, bounds: WalkBounds) -> Neighbourhood:
    """Breadth first by the words of the contract."""
    inside, read = {centre}, set[str]()
    shown: dict[str, Tie] = {}
    seen: dict[str, Tie] = {}
    causes: set[TruncationCause] = set()
    level, best = [centre], {centre: 1.0}
    for distance in range(bounds.depth):
        last = distance == bounds.depth - 1
        kinds = bounds.kinds
        if last and bounds.last_kinds is not None:
            kinds = bounds.last_kinds if kinds is None else kinds & bounds.last_kinds
        room = bounds.entities - (0 if last else bounds.reserve)
        ties, reached = holding(picture, kinds, bounds.minimum_weight), list[str]()
        fresh: list[tuple[str, str, float]] = []
        for node in level:
            own = [tie for tie in ties if node in (tie.from_id, tie.to_id)]
            seen |= {tie.id: tie for tie in own}
            read |= {tie.id for tie in own[: bounds.ties_per_entity]}
            for tie in own[: bounds.ties_per_entity]:
                other = tie.to_id if tie.from_id == node else tie.from_id
                if tie.id in shown:
                    continue
                if len(shown) >= bounds.ties:
                    causes.add(TruncationCause.TIES)
                elif other in inside:
                    shown[tie.id] = tie
                    fresh.append((node, other, tie.weight))
                elif len(inside) >= room:
                    causes.add(TruncationCause.ENTITIES)
                else:
                    inside.add(other)
                    reached.append(other)
                    shown[tie.id] = tie
                    fresh.append((node, other, tie.weight))
        for node, other, weight in fresh:
            best[other] = max(best.get(other, 0.0), best[node] * weight)
        level = sorted(reached, key=lambda one: (-best[one], one))
    distances, strengths = chains_from(centre, shown.values())
    neighbours = [Neighbour(picture.entities[one], distances[one], strengths[one]) for one in inside]
    neighbours.sort(key=lambda n: (n.distance, -n.strength, n.entity.id))
    omitted = len(seen.keys() - shown.keys())
    if seen.keys() - read:
        causes.add(TruncationCause.TIES_PER_ENTITY)
    truncation = Truncation(tuple(c for c in TruncationCause if c in causes), omitted) if causes else None
    return Neighbourhood(centre, moment, tuple(neighbours), tuple(sorted(shown.values(), key=lambda t: (-t.weight, t.id))), truncation)


def every_chain(ties: Iterable[Tie], from_: str, to: str, length: int) -> list[tuple[float, tuple[str, ...], tuple[str, ...]]]:
    """All simple chains between two entities by trying every tie at every step; strongest, then shortest, then by ids."""
    ties, found = list(ties), []

    def go(entities: tuple[str, ...], used: tuple[str, ...], strength: float) -> None:
        if entities[-1] == to:
            found.append((strength, entities, used))
        elif len(used) < length:
            for tie in ties:
                for one, other in ((tie.from_id, tie.to_id), (tie.to_id, tie.from_id)):
                    if one == entities[-1] and other not in entities:
                        go((*entities, other), (*used, tie.id), strength * tie.weight)

    if from_ != to:
        go((from_,), (), 1.0)
    return sorted(found, key=lambda f: (-round(f[0], DIGITS), len(f[2]), f[1], f[2]))


def receipts(picture: Picture, accounts: Collection[str], own: Collection[str], at: Instant) -> Receipts:
    """Every window by its own list."""
    ever = [t for t in picture.transfers if t.to_id in accounts and t.kind is TransferKind.PAYMENT]
    within = {days: [t for t in ever if at - days * DAY < t.occurred_at <= at] for days in (7, 30, 90)}
    payers = {t.from_id: 0 for t in within[90]}
    for t in within[90]:
        payers[t.from_id] += t.amount
    return Receipts(
        count_30=len(within[30]),
        amount_30=sum(t.amount for t in within[30]),
        count_90=len(within[90]),
        amount_90=sum(t.amount for t in within[90]),
        payers_90=len(payers),
        largest_payer_90=max(payers.values(), default=0),
        self_paid_90=sum(t.amount for t in within[90] if t.from_id in own),
        amount_7=sum(t.amount for t in within[7]),
        first_at=min((t.occurred_at for t in ever), default=None),
        last_at=max((t.occurred_at for t in ever), default=None),
        counted=len(within[90]),
        complete=True,
    )


def flows(picture: Picture, own: Collection[str], at: Instant, bounds: FlowBounds) -> list[Transfer]:
    """What touches the accounts, and what lies on some way out of them and back."""
    moved = [t for t in picture.transfers if at - bounds.days * DAY < t.occurred_at <= at]
    kept = {id(t) for t in moved if t.from_id in own or t.to_id in own}

    def go(way: tuple[Transfer, ...]) -> None:
        for t in moved:
            if t.from_id == way[-1].to_id and t.occurred_at > way[-1].occurred_at:
                if t.to_id in own:
                    kept.update(id(one) for one in (*way, t))
                elif len(way) < bounds.steps:
                    go((*way, t))

    for t in moved:
        if t.from_id in own and t.to_id not in own:
            go((t,))
    return sorted((t for t in moved if id(t) in kept), key=lambda t: (t.occurred_at, t.recorded_at, t.from_id, t.to_id, t.amount, t.kind))
