"""How open the eyes are: the eye aspect ratio of Soukupova and Cech (2016), the lids' distance over the corners', by six points an eye.

It means something only beside the same person's own at another moment: narrow eyes are not shut ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

Point = tuple[float, float]

EYES: Final = (36, 42)
"""Where the six points of each eye begin among the 68: outer or inner corner, two of the upper lid, corner, two of the lower lid."""


def openness(points: Sequence[Point]) -> float:
    """Mean aspect ratio of both eyes from 68 landmarks: about .3 when open, below .2 when shut. Raises `ValueError` for other landmarks."""
    if len(points) != 68:
        raise ValueError("the lids are among 68 landmarks")
    return sum(_of_eye(points[first : first + 6]) for first in EYES) / len(EYES)


def _of_eye(eye: Sequence[Point]) -> float:
    corner, upper, upper_too, other, lower_too, lower = eye
    return (math.dist(upper, lower) + math.dist(upper_too, lower_too)) / (2 * max(math.dist(corner, other), 1e-6))
