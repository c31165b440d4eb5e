"""Pairs of actors who share things, and how surprising all of it is together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from graph.model import Instant
from graph.rings.sharing import Actor, Shared, Sharing, Thing, Touch
from graph.rings.weights import Weights

Ends: TypeAlias = tuple[Actor, Actor]
"""Two actors, the lesser first."""


def ends_of(one: Actor, other: Actor) -> Ends:
    """Two actors as a pair."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two actors who share something."""

    weight: int
    """Thousandths of a bit, all kinds together."""
    parts: tuple[tuple[Shared, int], ...]
    """What each kind of evidence adds, weightiest first."""
    since: Instant
    """When it became known that they share something that makes pairs; 0 when nothing does, and a person said that they are the same."""


def pair_of(
    one: Mapping[Thing, Touch], other: Mapping[Thing, Touch], reach: Callable[[Thing], int], weights: Weights, *, certain: bool = False
) -> Pair | None:
    """What two actors who came to these things are to each other; None when nothing that they share makes pairs.

    Independent kinds add up; of further things of one kind only a part counts. `certain`: a person said that they are the same.
    """
    kinds: dict[Shared, list[int]] = {}
    since: list[Instant] = []
    for thing in one.keys() & other.keys():
        first, second, many = one[thing], other[thing], reach(thing)
        kinds.setdefault(thing[0], []).append(weights.of(thing[0], many, abs(first.first_at - second.first_at)))
        if weights.pairs(thing[0], many):
            since.append(max(first.recorded_at, second.recorded_at))
    if not since and not certain:
        return None
    parts: list[tuple[Shared, int]] = []
    for kind, found in kinds.items():
        best = max(found)
        parts.append((kind, best + min(weights.repeat_most, (sum(found) - best) // weights.repeat_quarter)))
    parts.sort(key=lambda part: (-part[1], part[0]))
    total = sum(weight for _, weight in parts)
    return Pair(max(total, weights.certain) if certain else total, tuple(parts), min(since, default=0))


def pair_up(sharing: Sharing, weights: Weights, *, same: Iterable[Ends] = (), not_same: Iterable[Ends] = ()) -> dict[Ends, Pair]:
    """All strong pairs, in order.

    A pair judged to be `not_same` is left out, one judged to be the `same` is certain; of a pair judged both ways `not_same` holds.
    Cost: a thing that n share makes n(n-1)/2 pairs, n being at most `weights.widest`.
    """
    certain = set(same)
    candidates = set(certain)
    for thing, actors in sharing.things.items():
        if weights.pairs(thing[0], len(actors)):
            candidates.update(combinations(actors, 2))
    found: dict[Ends, Pair] = {}
    for ends in sorted(candidates.difference(not_same)):
        one, other = ends
        touched = sharing.touched.get(one, {}), sharing.touched.get(other, {})
        pair = pair_of(*touched, lambda thing: len(sharing.things[thing]), weights, certain=ends in certain)
        if pair is not None and pair.weight >= weights.strong:
            found[ends] = pair
    return found
