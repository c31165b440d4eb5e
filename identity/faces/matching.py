"""What a distance between two faces is worth: the share of strangers that come as near, and the distance for a share that is allowed.

The table was measured with `python -m tests.bench identity-images` on the labelled pairs of a face set that does not ship (aggregate
figures only): 5,200 pairs of strangers among 18 people, counted down to 2 in 1,000; below that the normal tail through what was counted.
Between its points the logarithm of the rate is interpolated; beyond its ends the ends are said. A match is never proof: at a
rate of 1 in 10,000, one of ten thousand strangers passes, and relatives pass more often.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

DIMENSIONS: Final = 128

RATES: Final[tuple[tuple[float, float], ...]] = (
    (0.427, 1e-9),
    (0.446, 1e-8),
    (0.466, 1e-7),
    (0.488, 1e-6),
    (0.512, 1e-5),
    (0.539, 1e-4),
    (0.570, 1e-3),
    (0.582, 2e-3),
    (0.596, 5e-3),
    (0.605, 1e-2),
    (0.620, 2e-2),
    (0.643, 5e-2),
)
"""Distance, and the share of strangers nearer than it; ascending."""


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Euclidean distance of two templates of 128 numbers. Raises `ValueError` for templates of another length."""
    if len(one) != DIMENSIONS or len(other) != DIMENSIONS:
        raise ValueError(f"a template is {DIMENSIONS} numbers")
    return math.dist(one, other)


def false_match_rate(apart: float) -> float:
    """Share of strangers (0 to 1) whose faces are as near as `apart` or nearer, as calibrated."""
    distances = [at for at, _ in RATES]
    place = bisect_left(distances, apart)
    if place == 0:
        return RATES[0][1]
    if place == len(RATES):
        return RATES[-1][1]
    (near, low), (far, high) = RATES[place - 1], RATES[place]
    share = (apart - near) / (far - near)
    return math.exp(math.log(low) + (math.log(high) - math.log(low)) * share)


def threshold_for(rate: float) -> float:
    """The distance within which strangers come with a rate of at most `rate` (0 to 1), as calibrated; the table's ends beyond it."""
    if rate <= RATES[0][1]:
        return RATES[0][0]
    for (near, low), (far, high) in pairwise(RATES):
        if rate <= high:
            return near + (far - near) * (math.log(rate) - math.log(low)) / (math.log(high) - math.log(low))
    return RATES[-1][0]


def many_threshold(rate: float, people: int) -> float:
    """The distance for one face sought among `people`, so that a stranger finds anybody at all with at most `rate` (Bonferroni's bound)."""
    return threshold_for(rate / max(1, people))
