"""Where cards and lines of a scene go: columns by distance from the loan, few crossings, nothing over anything else.

Method: layers with barycentre sweeps (Sugiyama, Tagawa and Toda, 1981), then heights by isotonic regression: each card goes as
near to the middle of what it is tied to as its neighbours in the column allow. Distances of a walk differ by at most one along a
tie, so lines run between neighbouring columns or within one. Deterministic: equal scenes give equal layouts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.pages.parts import Card, Line, Scene

CARD_WIDTH: Final = 190
CARD_HEIGHT: Final = 42
GUTTER: Final = 92
"""Room between two columns, through which lines run."""
ROW: Final = 55
"""From one card's top to the next, at least."""
MARGIN: Final = 20
HEADING: Final = 26
"""Room above the cards for the columns' headings."""
SWEEPS: Final = 6
PORT: Final = 6.0
"""Between the ends of two lines on one side of a card."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A card with its top left corner."""

    card: Card
    x: float
    y: float

    @property
    def middle(self) -> float:
        """Half its height down."""
        return self.y + CARD_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Curve:
    """A line as a cubic curve: start, two controls, end."""

    line: Line
    points: tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
    ends_last: bool = True
    """Whether the last point is at the line's own end, and not at its start."""

    @property
    def midpoint(self) -> tuple[float, float]:
        """Where its numbers stand."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.points
        return (ax + 3 * bx + 3 * cx + dx) / 8, (ay + 3 * by + 3 * cy + dy) / 8


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing's geometry, in pixels of its own."""

    width: float
    height: float
    cards: tuple[Placed, ...]
    curves: tuple[Curve, ...]
    headings: tuple[tuple[int, float], ...] = ()
    """Distance and left edge of each column."""


def laid_out(scene: Scene) -> Layout:
    """Places for all cards and lines. O(sweeps x (cards log cards + lines))."""
    columns = _columns(scene)
    near = _neighbours(scene)
    _order(columns, near)
    tops = _heights(columns, near)
    lowest = min(tops.values(), default=0.0)
    placed = {
        card.id: Placed(card, MARGIN + index * (CARD_WIDTH + GUTTER), MARGIN + HEADING + tops[card.id] - lowest)
        for index, column in enumerate(columns)
        for card in column
    }
    height = max((one.y for one in placed.values()), default=0.0) + CARD_HEIGHT + MARGIN
    last = MARGIN + (len(columns) - 1) * (CARD_WIDTH + GUTTER)
    inner = any(placed[line.start].x == placed[line.end].x == last for line in scene.lines)
    width = 2 * MARGIN + len(columns) * CARD_WIDTH + max(0, len(columns) - 1) * GUTTER + (GUTTER if inner else 0)
    headings = tuple((column[0].column, MARGIN + index * (CARD_WIDTH + GUTTER)) for index, column in enumerate(columns))
    return Layout(width, height, tuple(placed.values()), tuple(_curves(scene.lines, placed)), headings)


def _columns(scene: Scene) -> list[list[Card]]:
    by_distance: dict[int, list[Card]] = defaultdict(list)
    for card in scene.cards:
        by_distance[card.column].append(card)
    return [sorted(by_distance[distance], key=lambda card: (-card.rank, card.id)) for distance in sorted(by_distance)]


def _neighbours(scene: Scene) -> dict[str, dict[str, float]]:
    """Who is tied to whom, lines of reasons pulling harder."""
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for line in scene.lines:
        pull = 1.0 + 2.0 * bool(line.reasons)
        near[line.start][line.end] = max(pull, near[line.start].get(line.end, 0.0))
        near[line.end][line.start] = max(pull, near[line.end].get(line.start, 0.0))
    return near


def _order(columns: list[list[Card]], near: Mapping[str, Mapping[str, float]]) -> None:
    """Sort each column by the middle of what its cards are tied to in the column before, then after, and so on."""
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        indices = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
        for index in indices:
            beside = columns[index - 1 if forward else index + 1]
            columns[index] = _sorted(columns[index], beside, near)


def _sorted(column: list[Card], beside: Sequence[Card], near: Mapping[str, Mapping[str, float]]) -> list[Card]:
    """A column by what its cards are tied to in the column beside it, cards that are tied to each other side by side."""
    places = {card.id: place / max(1, len(beside) - 1) for place, card in enumerate(beside)}
    own = {card.id: place / max(1, len(column) - 1) for place, card in enumerate(column)}
    middle = {card.id: _middle(near[card.id], places, own[card.id]) for card in column}
    pulled = {card.id: (middle[card.id] + _middle(near[card.id], middle, middle[card.id])) / 2 for card in column}
    return sorted(column, key=lambda card: (pulled[card.id], own[card.id]))


def _middle(near: Mapping[str, float], places: Mapping[str, float], otherwise: float) -> float:
    """Weighted mean place of those of `near` that have one."""
    total = sum(pull for other, pull in near.items() if other in places)
    if not total:
        return otherwise
    return sum(places[other] * pull for other, pull in near.items() if other in places) / total


def _heights(columns: Sequence[Sequence[Card]], near: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Tops of cards: columns start centred, then cards are drawn towards what they are tied to, in order and `ROW` apart."""
    tops = {card.id: (place - (len(column) - 1) / 2) * ROW for column in columns for place, card in enumerate(column)}
    for sweep in range(SWEEPS):
        for index in range(len(columns)) if sweep % 2 else range(len(columns) - 1, -1, -1):
            column = columns[index]
            beside = {card.id: tops[card.id] for other in (index - 1, index + 1) if 0 <= other < len(columns) for card in columns[other]}
            wanted = [_middle(near[card.id], beside, tops[card.id]) for card in column]
            tops.update(zip((card.id for card in column), _apart(wanted), strict=True))
    # No column needs more height than the longest one has: what drifted further comes back, in order and as far apart as before.
    reach = (max((len(column) for column in columns), default=1) - 1) / 2 * ROW
    for column in columns:
        for place, card in enumerate(column):
            highest, lowest = -reach + place * ROW, reach - (len(column) - 1 - place) * ROW
            tops[card.id] = min(max(tops[card.id], highest), lowest)
    return tops


def _apart(wanted: Sequence[float]) -> list[float]:
    """Heights in the given order at least `ROW` apart, nearest to those wanted in least squares. Method: pool adjacent violators."""
    blocks: list[tuple[float, int]] = []
    for place, height in enumerate(wanted):
        mean, size = height - place * ROW, 1
        while blocks and blocks[-1][0] >= mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [mean + place * ROW for place, mean in enumerate(flat)]


def _curves(lines: Iterable[Line], placed: Mapping[str, Placed]) -> list[Curve]:
    lines = sorted(lines, key=lambda line: (bool(line.reasons), line.id))
    ports = _ports(lines, placed)
    curves = []
    within = 0
    for line in lines:
        start, end = placed[line.start], placed[line.end]
        start_y, end_y = ports[line.id, line.start], ports[line.id, line.end]
        if start.x == end.x:
            # Within a column the line leaves to the right and comes back; each a little further out than the one before.
            within += 1
            edge, out = start.x + CARD_WIDTH, 26 + abs(end_y - start_y) * 0.12 + within % 4 * 7
            out = min(out, GUTTER * 1.1)
            curves.append(Curve(line, ((edge, start_y), (edge + out, start_y), (edge + out, end_y), (edge, end_y))))
            continue
        (left, left_y), (right, right_y) = sorted(((start, start_y), (end, end_y)), key=lambda side: side[0].x)
        last = right is end
        from_x, to_x = left.x + CARD_WIDTH, right.x
        bend = (to_x - from_x) * 0.5
        curves.append(Curve(line, ((from_x, left_y), (from_x + bend, left_y), (to_x - bend, right_y), (to_x, right_y)), last))
    return curves


def _ports(lines: Sequence[Line], placed: Mapping[str, Placed]) -> dict[tuple[str, str], float]:
    """Height at which each line meets each of its cards: along a card's side in the order of where the lines go, so parallel ones part."""
    sides: dict[tuple[str, bool], list[tuple[float, str]]] = defaultdict(list)
    for line in lines:
        for own, other in ((line.start, line.end), (line.end, line.start)):
            to_right = placed[other].x >= placed[own].x
            sides[own, to_right].append((placed[other].middle, line.id))
    ports = {}
    for (own, _), ends in sides.items():
        step = min(PORT, (CARD_HEIGHT - 12) / max(1, len(ends) - 1))
        for place, (_, tie) in enumerate(sorted(ends)):
            ports[tie, own] = placed[own].middle + (place - (len(ends) - 1) / 2) * step
    return ports
