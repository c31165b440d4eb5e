"""Lines of text as they stand on an image: set upright by the angle that most of them share, cut in pieces, put in rows.

All coordinates are pixels of the kept image. `corners` are where the line really stands; `left`, `top`, `right`, `bottom` are the same
after the page's tilt is taken out, and are what layout is judged by.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from identity.model import Box

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Upper left, upper right, lower right, lower left in reading direction."""


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text, how sure the reader is of it (0 to 1), and where it stands."""

    text: str
    confidence: float
    corners: Corners
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    @property
    def height(self) -> float:
        """Pixels, of the upright form."""
        return max(1.0, self.bottom - self.top)

    @property
    def middle(self) -> float:
        """The vertical middle of the upright form."""
        return (self.top + self.bottom) / 2


def tilt(lines: Sequence[Line]) -> float:
    """The angle in radians by which most lines lean (clockwise is positive), weighed by their lengths; 0 without a long line."""
    angles: list[float] = []
    for line in lines:
        (x0, y0), (x1, y1) = line.corners[:2]
        length = math.hypot(x1 - x0, y1 - y0)
        height = math.dist(line.corners[0], line.corners[3])
        if length > 3 * height:
            angles.extend([math.atan2(y1 - y0, x1 - x0)] * max(1, round(length / max(height, 1.0))))
    return statistics.median(angles) if angles else 0.0


def upright(lines: Sequence[Line]) -> list[Line]:
    """The lines with their upright coordinates filled in, from top to bottom."""
    angle = tilt(lines)
    cosine, sine = math.cos(-angle), math.sin(-angle)
    turned = []
    for line in lines:
        points = [(x * cosine - y * sine, x * sine + y * cosine) for x, y in line.corners]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        turned.append(replace(line, left=min(xs), right=max(xs), top=min(ys), bottom=max(ys)))
    return sorted(turned, key=lambda line: (line.top, line.left))


def _weight(text: str) -> float:
    """How wide a text is set, in squares: Latin letters and digits take half of one."""
    return sum(0.55 if ord(character) < 0x2000 else 1.0 for character in text)


def piece(line: Line, start: int, end: int) -> Line:
    """Characters `start` to `end` of a line, standing on their share of its box."""
    whole = _weight(line.text) or 1.0
    first, last = _weight(line.text[:start]) / whole, _weight(line.text[:end]) / whole

    def between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share

    a, b, c, d = line.corners
    width = line.right - line.left
    return replace(
        line,
        text=line.text[start:end],
        corners=(between(a, b, first), between(a, b, last), between(d, c, last), between(d, c, first)),
        left=line.left + width * first,
        right=line.left + width * last,
    )


def stacked(line: Line) -> list[Line]:
    """The characters of a line that is set from top to bottom, each a line of its own; any other line as it is."""
    count = len(line.text)
    if count < 2 or line.height < 1.6 * (line.right - line.left):
        return [line]
    step = line.height / count
    a, b, c, d = line.corners
    made = []
    for index, character in enumerate(line.text):
        first, last = index / count, (index + 1) / count
        left = [(p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share) for p, q, share in ((a, d, first), (a, d, last))]
        right = [(p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share) for p, q, share in ((b, c, first), (b, c, last))]
        corners = (left[0], right[0], right[1], left[1])
        made.append(replace(line, text=character, corners=corners, top=line.top + step * index, bottom=line.top + step * (index + 1)))
    return made


def same_row(one: Line, other: Line) -> bool:
    """Whether two lines stand beside each other."""
    return abs(one.middle - other.middle) < 0.55 * max(min(one.height, other.height), 0.6 * max(one.height, other.height))


def joined(lines: Sequence[Line]) -> tuple[str, float]:
    """The text of some lines in order, and the reader's confidence in the least certain of them."""
    return "".join(line.text for line in lines), min((line.confidence for line in lines), default=0.0)


def box_around(lines: Sequence[Line]) -> Box | None:
    """The box on the kept image that holds some lines; None for none."""
    points = [point for line in lines for point in line.corners]
    if not points:
        return None
    left, top = max(0, math.floor(min(x for x, _ in points))), max(0, math.floor(min(y for _, y in points)))
    return Box(left, top, max(1, math.ceil(max(x for x, _ in points)) - left), max(1, math.ceil(max(y for _, y in points)) - top))
