"""How strong chains of ties are: the product of their weights. Pure, the same for every store.

Ties are read in either direction. Strengths are compared to twelve decimals, so that the order of multiplication
never decides; equal ones are ordered by length, then by the ids of their entities, then of their ties.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias, TypeVar

from graph.model import Tie

DIGITS: Final = 12
"""Decimals to which strengths are compared."""

N = TypeVar("N", int, str)
"""How entities are called: by id, or by a store's number."""

_Way: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Ids of the entities met and of the ties taken."""


def strengths(centre: N, joined: Iterable[tuple[N, N, float]]) -> dict[N, float]:
    """Product of weights along the strongest chain from the centre to each entity that these (end, end, weight) reach.

    Products for sums in Bellman's (1958) way, in the order given: ties found breadth first are settled in two or three rounds, and
    where eight are not enough by Dijkstra (1959), which is exact for weights of at most 1. O(ties · log ties).

    >>> strengths("mer_b", [("per_a", "mer_b", 0.5), ("per_a", "dev_c", 0.8)])
    {'mer_b': 1.0, 'per_a': 0.5, 'dev_c': 0.4}
    """
    ties = list(joined)
    found = {centre: 1.0}
    for _ in range(_ROUNDS):
        settled = True
        for one, other, weight in ties:
            there, here = found.get(one, -1.0), found.get(other, -1.0)
            if there * weight > here and there >= 0.0:
                found[other] = there * weight
                settled = False
            elif here * weight > there and here >= 0.0:
                found[one] = here * weight
                settled = False
        if settled:
            return found
    return _nearest_first(centre, ties)


_ROUNDS: Final = 8


def _nearest_first(centre: N, joined: Iterable[tuple[N, N, float]]) -> dict[N, float]:
    beside: dict[N, list[tuple[N, float]]] = defaultdict(list)
    for one, other, weight in joined:
        beside[one].append((other, weight))
        beside[other].append((one, weight))
    found: dict[N, float] = {}
    best = {centre: 1.0}
    heap: list[tuple[float, N]] = [(-1.0, centre)]
    while heap:
        minus, nearest = heapq.heappop(heap)
        if nearest in found:
            continue
        found[nearest] = -minus
        for other, weight in beside.get(nearest, ()):
            strength = -minus * weight
            if other not in found and strength > best.get(other, -1.0):
                best[other] = strength
                heapq.heappush(heap, (-strength, other))
    return found


class Chains:
    """The strongest simple chains between two entities, one after the other.

    Best-first search whose estimate of what is still to come is exact for chains that may meet an entity twice, and so never too low
    for simple ones: the first whole chain taken from the heap is the strongest there is (Hart, Nilsson and Raphael 1968;
    equal to Yen's chains, without a search for each deviation). Estimates cost O(length · ties) once; a chain costs at most the
    partial chains that promise more.
    """

    def __init__(self, from_: str, to: str, ties: Iterable[Tie], length: int) -> None:
        self._to = to
        self._beside: dict[str, list[tuple[str, float, str]]] = defaultdict(list)
        for tie in ties:
            self._beside[tie.from_id].append((tie.to_id, tie.weight, tie.id))
            self._beside[tie.to_id].append((tie.from_id, tie.weight, tie.id))
        self._length = length
        self._best, self._least = self._estimates()
        self._heap: list[tuple[float, int, tuple[str, ...], tuple[str, ...], float]] = []
        self.looks = 0
        """Partial chains looked at so far."""
        if from_ != to:
            self._push((from_,), (), 1.0)

    @property
    def unfinished(self) -> bool:
        """Whether partial chains remain that were not looked at."""
        return bool(self._heap)

    def next(self, more: Callable[[], bool] = lambda: True) -> _Way | None:
        """The next strongest chain; None when there is none, or when `more` says that looking must end."""
        while self._heap and more():
            _, _, entities, ties, strength = heapq.heappop(self._heap)
            self.looks += 1
            if entities[-1] == self._to:
                return entities, ties
            for other, weight, tie in self._beside[entities[-1]]:
                if other not in entities and weight > 0.0:
                    self._push((*entities, other), (*ties, tie), strength * weight)
        return None

    def _push(self, entities: tuple[str, ...], ties: tuple[str, ...], strength: float) -> None:
        left = self._length - len(ties)
        promise = self._best[left].get(entities[-1], 0.0)
        if promise > 0.0:
            rank = -round(strength * promise, DIGITS)
            heapq.heappush(self._heap, (rank, len(ties) + self._least[entities[-1]], entities, ties, strength))

    def _estimates(self) -> tuple[list[Mapping[str, float]], dict[str, int]]:
        """For each number of ties left, the strongest way on to the end; and the fewest ties to it."""
        best: list[Mapping[str, float]] = [{self._to: 1.0}]
        least = {self._to: 0}
        for step in range(1, self._length + 1):
            now = dict(best[-1])
            for near, promise in best[-1].items():
                for other, weight, _ in self._beside.get(near, ()):
                    if weight * promise > now.get(other, 0.0):
                        now[other] = weight * promise
                        least.setdefault(other, step)
            best.append(now)
        return best, least
