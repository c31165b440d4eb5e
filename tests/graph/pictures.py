"""Neighbourhoods drawn by hand, weighed as `graph.weighing` does it: one line a tie, everything else has a default."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from graph.measures.household import Household, household
from graph.measures.picture import DAY, Picture, as_graph
from graph.model import Entity, EntityKind, Moment, Neighbour, Neighbourhood, Standing, Tie, TieKind, Transfer, TransferKind

NOW = 400 * DAY
"""The application's moment in all drawings."""

BASE = {
    TieKind.OWNS: 1.0,
    TieKind.HOLDS: 0.9,
    TieKind.USES_DEVICE: 0.8,
    TieKind.IDENTIFIED_BY: 0.95,
    TieKind.REACHED_AT: 0.8,
    TieKind.LOCATED_AT: 0.5,
    TieKind.CONNECTS_FROM: 0.3,
    TieKind.GUARANTEES: 0.7,
    TieKind.INVESTS_IN: 0.6,
    TieKind.ONBOARDED_BY: 0.2,
    TieKind.APPLIED_FOR: 1.0,
}


class Drawing:
    """Collects entities and ties, then weighs them: base / sqrt(sharers - 1) for an end that several share."""

    def __init__(self, centre: str = "loa_0") -> None:
        self.centre = centre
        self.known: dict[str, Entity] = {}
        self.said: dict[tuple[str, TieKind, str], tuple[int, int, int]] = {}

    def entity(self, id: str, *, standing: Standing = Standing.CLEAR, blocked: bool = False) -> Drawing:
        fields = self.known[id].fields if id in self.known else {}
        self.known[id] = Entity(id, EntityKind(id[:3]), None, id, 0, NOW, blocked, standing, 0, fields)
        return self

    def tie(self, from_: str, kind: TieKind, to: str, *, first: int = NOW, last: int | None = None, count: int = 1) -> Drawing:
        for end in (from_, to):
            if end not in self.known:
                self.entity(end)
        self.said[from_, kind, to] = (first, first if last is None else last, count)
        return self

    def loan(
        self, id: str, merchant: str, *, at: int = NOW, state: str = "APPLIED", applicant: str | None = None, **fields: str | int
    ) -> Drawing:
        told = {"merchant": merchant, "applied_at": at, "state": state, **({"applicant": applicant} if applicant else {}), **fields}
        self.known[id] = Entity(id, EntityKind.LOAN, None, id, 0, NOW, fields=told)
        self.tie(merchant, TieKind.APPLIED_FOR, id, first=at)
        return self.tie(applicant, TieKind.APPLIED_FOR, id, first=at) if applicant else self

    def draw(self) -> tuple[Picture, Household]:
        picture = as_graph(self.neighbourhood())
        return picture, household(picture)

    def neighbourhood(self) -> Neighbourhood:
        ends: dict[tuple[str, TieKind, str], set[str]] = defaultdict(set)
        reach: dict[str, set[str]] = defaultdict(set)
        for from_, kind, to in self.said:
            ends[to, kind, from_[:3]].add(from_)
            ends[from_, kind, to[:3]].add(to)
            reach[from_].add(to)
            reach[to].add(from_)
        ties = []
        for (from_, kind, to), (first, last, count) in self.said.items():
            shared = max(len(ends[to, kind, from_[:3]]), len(ends[from_, kind, to[:3]]))
            weight = BASE[kind] / math.sqrt(max(1, shared - 1))
            ties.append(Tie(f"tie_{from_}.{kind}.{to}", kind, from_, to, weight, first, last, last, None, count))
        ties.sort(key=lambda tie: (-tie.weight, tie.id))
        distance = self._distances(reach)
        neighbours = [
            Neighbour(self._with_reach(one, len(reach[one.id])), distance[one.id], 1.0) for one in self.known.values() if one.id in distance
        ]
        neighbours.sort(key=lambda n: (n.distance, n.entity.id))
        return Neighbourhood(self.centre, Moment(NOW, NOW), tuple(neighbours), tuple(ties))

    def _distances(self, reach: dict[str, set[str]]) -> dict[str, int]:
        distance, level = {self.centre: 0}, [self.centre]
        while level:
            level = sorted({other for one in level for other in reach[one]} - distance.keys())
            distance.update(dict.fromkeys(level, max(distance.values()) + 1))
        return distance

    @staticmethod
    def _with_reach(known: Entity, reach: int) -> Entity:
        return Entity(known.id, known.kind, None, known.label, 0, NOW, known.blocked, known.standing, reach, known.fields)


def applicant() -> Drawing:
    """A shop, its owner who applies, the owner's phone, device, account and address: nobody else."""
    drawing = Drawing().loan("loa_0", "mer_0", applicant="per_0")
    drawing.tie("per_0", TieKind.OWNS, "mer_0", first=0)
    drawing.tie("per_0", TieKind.USES_DEVICE, "dev_0", first=0, last=NOW, count=9)
    drawing.tie("per_0", TieKind.REACHED_AT, "pho_0", first=0, last=NOW, count=9)
    drawing.tie("mer_0", TieKind.HOLDS, "acc_0", first=0)
    return drawing.tie("mer_0", TieKind.LOCATED_AT, "pla_0", first=0)


def flow(from_: str, to: str, amount: int, at: int, kind: TransferKind = TransferKind.PAYMENT) -> Transfer:
    """One transfer, recorded when it occurred."""
    return Transfer(f"acc_{from_}", f"acc_{to}", amount, kind, at, at)


def flows_in_order(moves: Iterable[tuple[str, str, int]]) -> list[Transfer]:
    """Transfers a minute apart."""
    return [flow(a, b, amount, (place + 1) * 60_000) for place, (a, b, amount) in enumerate(moves)]
