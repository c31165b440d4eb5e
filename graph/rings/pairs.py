"""Pairs of actors who share things, and how surprising all of it is together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from graph.model import Instant
from graph.rings.sharing import Shared, Sharing, Touch
from graph.rings.weights import Weights

Ends: TypeAlias = tuple[int, int]
"""Two actors, the lesser first."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two actors who share something."""

    weight: int
    """Thousandths of a bit, all kinds together."""
    parts: tuple[tuple[Shared, int], ...]
    """What each kind of evidence adds, weightiest first."""
    since: Instant
    """When it became known that they share something."""


def pair_up(
    sharing: Sharing, weights: Weights, *, same: Iterable[Ends] = (), not_same: Iterable[Ends] = (), at_least: int | None = None
) -> dict[Ends, Pair]:
    """All pairs that weigh at least so much (None: what counts as strong), in order.

    A pair judged to be `not_same` is left out, one judged to be the `same` is certain; of a pair judged both ways `not_same` holds.
    Cost: a thing that n share makes n(n-1)/2 pairs, n being at most `weights.widest`; things that make none are looked up for pairs that are there.
    """
    made: dict[Ends, dict[Shared, list[int]]] = defaultdict(dict)
    since: dict[Ends, Instant] = {}
    wide: dict[int, dict[tuple[Shared, str], Touch]] = defaultdict(dict)
    for thing, touches in sharing.things.items():
        if not weights.pairs(thing[0], len(touches)):
            for touch in touches:
                wide[touch.actor][thing] = touch
            continue
        for one, other in combinations(touches, 2):
            ends = one.actor, other.actor
            weight = weights.of(thing[0], len(touches), abs(one.first_at - other.first_at))
            made[ends].setdefault(thing[0], []).append(weight)
            known = max(one.recorded_at, other.recorded_at)
            since[ends] = min(known, since.get(ends, known))
    _strengthen(made, wide, sharing, weights)
    least = weights.strong if at_least is None else at_least
    cut, certain = set(not_same), set(same)
    pairs = {ends: _weighed(kinds, since[ends], weights, certain=ends in certain) for ends, kinds in made.items() if ends not in cut}
    for ends in certain - cut - pairs.keys():
        pairs[ends] = Pair(weights.certain, (), 0)
    return {ends: pairs[ends] for ends in sorted(pairs) if pairs[ends].weight >= least}


def _strengthen(
    made: Mapping[Ends, dict[Shared, list[int]]],
    wide: Mapping[int, Mapping[tuple[Shared, str], Touch]],
    sharing: Sharing,
    weights: Weights,
) -> None:
    """Add to pairs that are there what they share with very many."""
    for (one, other), kinds in made.items():
        if one not in wide or other not in wide:
            continue
        for thing in wide[one].keys() & wide[other].keys():
            apart = abs(wide[one][thing].first_at - wide[other][thing].first_at)
            kinds.setdefault(thing[0], []).append(weights.of(thing[0], len(sharing.things[thing]), apart))


def _weighed(kinds: Mapping[Shared, list[int]], since: Instant, weights: Weights, *, certain: bool) -> Pair:
    """Independent kinds add up; of further things of one kind only a part counts."""
    parts: list[tuple[Shared, int]] = []
    for kind, found in kinds.items():
        best = max(found)
        rest = min(weights.repeat_most, (sum(found) - best) // weights.repeat_quarter)
        parts.append((kind, best + rest))
    parts.sort(key=lambda part: (-part[1], part[0]))
    total = sum(weight for _, weight in parts)
    return Pair(max(total, weights.certain) if certain else total, tuple(parts), since)
