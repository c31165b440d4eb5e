"""Chance with a seed: the same name and seed draw the same numbers on every machine and version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random


def chance(seed: int, name: str) -> Random:
    """A source of chance of its own for `name`, so that one group's draws never move another's."""
    return Random(f"{seed}/{name}")  # noqa: S311 - a simulation must repeat; nothing here is a secret


def poisson(source: Random, mean: float) -> int:
    """A count with this mean; normal above 30, where the two are alike. Method: Knuth, product of uniforms."""
    if mean <= 0:
        return 0
    if mean > 30:
        return max(0, round(source.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, source.random()
    while product > limit:
        count += 1
        product *= source.random()
    return count


def weighted(source: Random, weights: Sequence[float]) -> int:
    """An index drawn by its weight; weights need not sum to 1."""
    mark = source.random() * sum(weights)
    for index, weight in enumerate(weights):
        mark -= weight
        if mark < 0:
            return index
    return len(weights) - 1


def heavy_tailed(source: Random, size: int, exponent: float) -> int:
    """An index below `size`, small ones far more often, so that the counts of draws have a power tail of this exponent (above 1, not 2).

    Method: Zipf-Mandelbrot by inversion; rank slope s = 1 / (exponent - 1). The head is flattened over a five-hundredth of the
    indices, so that no single one holds more than about a hundredth of all draws.
    """
    slope = 1.0 / (exponent - 1.0)
    head = max(1.0, size / 500)
    power = 1.0 - slope
    near, far = head**power, (head + size) ** power
    return min(size - 1, int((near - source.random() * (near - far)) ** (1.0 / power) - head))
