"""A reader over plain lists: the words of `MoneyReader` at their shortest, with no moment and no bound."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from graph.flows.scope import Cut, Movement, Scope, Way
from graph.model import Entity, TieKind, TransferKind

Edges = dict[str, list[Movement]]


def both(edges: dict[tuple[object, Way], Edges], key: object, from_: str, to: str, amount: int, at: int) -> None:
    """Enter one movement as seen from both ends."""
    edges.setdefault((key, Way.OUT), {}).setdefault(from_, []).append(Movement(to, amount, at))
    edges.setdefault((key, Way.IN), {}).setdefault(to, []).append(Movement(from_, amount, at))


@dataclass
class MemoryReader:
    """Everything that was told, and nothing else."""

    movements: dict[tuple[object, Way], Edges] = field(default_factory=dict)
    observations: dict[tuple[object, Way], Edges] = field(default_factory=dict)
    ties: dict[tuple[object, Way], dict[str, set[str]]] = field(default_factory=dict)
    blocked_ones: set[str] = field(default_factory=set)
    known: dict[str, Entity] = field(default_factory=dict)
    cuts: set[Cut] = field(default_factory=set)

    def transfer(self, from_: str, to: str, amount: int, at: int, kind: TransferKind = TransferKind.TRANSFER) -> None:
        both(self.movements, kind, from_, to, amount, at)

    def observe(self, from_: str, kind: TieKind, to: str, at: int, amount: int = 0) -> None:
        both(self.observations, kind, from_, to, amount, at)

    def tie(self, from_: str, kind: TieKind, to: str) -> None:
        self.ties.setdefault((kind, Way.OUT), {}).setdefault(from_, set()).add(to)
        self.ties.setdefault((kind, Way.IN), {}).setdefault(to, set()).add(from_)

    def moved(self, accounts: Collection[str], way: Way, scope: Scope, kinds: frozenset[TransferKind]) -> Mapping[str, Sequence[Movement]]:
        return {
            account: scope.choose([each for kind in kinds for each in self.movements.get((kind, way), {}).get(account, ())])
            for account in accounts
        }

    def seen(self, entities: Collection[str], kind: TieKind, way: Way, scope: Scope) -> Mapping[str, Sequence[Movement]]:
        edges = self.observations.get((kind, way), {})
        return {entity: scope.choose(edges.get(entity, ())) for entity in entities}

    def tied(self, entities: Collection[str], kind: TieKind, way: Way) -> Mapping[str, Sequence[str]]:
        ties = self.ties.get((kind, way), {})
        return {entity: sorted(ties.get(entity, ())) for entity in entities}

    def blocked(self, entities: Collection[str]) -> frozenset[str]:
        return frozenset(entities) & self.blocked_ones

    def entities(self, ids: Collection[str]) -> Mapping[str, Entity]:
        return {id_: self.known[id_] for id_ in ids if id_ in self.known}

    def note(self, cut: Cut) -> None:
        self.cuts.add(cut)
