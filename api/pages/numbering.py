"""Where in a drawing the numbers of the reasons stand: each that rests on something drawn can be found at least once."""

from __future__ import annotations

from typing import Final

from api.pages.parts import Line, Scene

MOST_ON_LINE: Final = 3
"""Numbers on one line that are told elsewhere, too; more would hide the drawing."""


def on_lines(scene: Scene) -> dict[str, tuple[int, ...]]:
    """Numbers that stand on lines, by the line's id.

    Lines next to the application and to frauds carry theirs, others none, for all would hide the drawing; but a number that stands on no
    card and on none of those is put on the weightiest line that its reason rests on. Cards carry all of theirs.
    """
    telling = {card.id for card in scene.cards if card.central or card.fraud}
    bearing = [line for line in scene.lines if line.reasons and not line.amount]
    shown = {line.id: line.reasons[:MOST_ON_LINE] for line in bearing if {line.start, line.end} & telling}
    told = {number for card in scene.cards for number in card.reasons}.union(*shown.values())
    for number in sorted({number for line in bearing for number in line.reasons} - told):
        best = max((line for line in bearing if number in line.reasons), key=_importance)
        shown[best.id] = tuple(sorted({*shown.get(best.id, ()), number}))
    return shown


def _importance(line: Line) -> tuple[float, str]:
    return line.weight, line.id
