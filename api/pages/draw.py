"""A scene as SVG: kinds by shape, colour and letter, confirmed frauds in red, what a reason rests on dashed and numbered.

The text is complete and escaped; it names no address, font or script from elsewhere and takes its colours from the page's style, so
that it follows light, dark and print.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from markupsafe import Markup, escape

from api.pages.layout import CARD_HEIGHT, CARD_WIDTH, Curve, Layout, Placed, laid_out
from api.pages.numbering import on_lines
from api.pages.parts import Card, Scene
from api.pages.wording import KIND_WORDS
from graph.model import EntityKind

LETTERS: Final[dict[EntityKind, str]] = {
    EntityKind.MERCHANT: "M",
    EntityKind.PERSON: "P",
    EntityKind.ACCOUNT: "A",
    EntityKind.DEVICE: "D",
    EntityKind.PHONE: "T",
    EntityKind.EMAIL: "@",
    EntityKind.IP_ADDRESS: "IP",
    EntityKind.PLACE: "H",
    EntityKind.DOCUMENT: "ID",
    EntityKind.FACE: "F",
    EntityKind.LOAN: "L",
}
"""Letters in the shapes, so that nothing rests on colour alone."""

SHAPES: Final[dict[EntityKind, str]] = {
    EntityKind.MERCHANT: "M-13,-12H13V12H-13Z",
    EntityKind.PERSON: "M0,-14A14,14 0 1 1 -0.01,-14Z",
    EntityKind.ACCOUNT: "M-6,-11H6A11,11 0 0 1 6,11H-6A11,11 0 0 1 -6,-11Z",
    EntityKind.DEVICE: "M-6,-15H6A3,3 0 0 1 9,-12V12A3,3 0 0 1 6,15H-6A3,3 0 0 1 -9,12V-12A3,3 0 0 1 -6,-15Z",
    EntityKind.PHONE: "M-14,-6A6,6 0 0 1 -8,-12H8A6,6 0 0 1 14,-6V6A6,6 0 0 1 8,12H-8A6,6 0 0 1 -14,6Z",
    EntityKind.EMAIL: "M-15,-10H15V10H-15ZM-15,-10L0,2L15,-10",
    EntityKind.IP_ADDRESS: "M0,-16L16,0L0,16L-16,0Z",
    EntityKind.PLACE: "M0,-15L14,-3V13H-14V-3Z",
    EntityKind.DOCUMENT: "M-11,-14H5L11,-8V14H-11Z",
    EntityKind.FACE: "M0,-15A12,15 0 1 1 -0.01,-15Z",
    EntityKind.LOAN: "M-8,-14H8L16,0L8,14H-8L-16,0Z",
}
"""Outlines around (0, 0), about 30 pixels across."""

HEADINGS: Final = {
    0: "the application",
    1: "who asks",
    2: "what they use and say",
    3: "who else is tied to it",
    4: "what is known of those",
}
"""What stands at each distance from the loan."""

TEXT_LEFT: Final = 44
TEXT_WIDTH: Final = CARD_WIDTH - TEXT_LEFT - 8
LATIN_WIDTH: Final = 0.66
"""Of a letter's size, by the widest of the common bold fonts."""
PLAIN_WIDTH: Final = 0.58
"""Likewise for fonts that are not bold."""
AMOUNT_WIDTH: Final = 74
AMOUNT_HEIGHT: Final = 18
BADGES_IN_ROW: Final = 10


def drawing(scene: Scene, headings: Mapping[int, str] = HEADINGS, around: str = "around the application") -> Markup:
    """The scene as one `<svg>` element, in the order lines, cards, numbers, so that nothing hides a number.

    `headings` stand at the columns; `around` ends what is said to who does not see it.
    """
    layout = laid_out(scene)
    parts = [f'<text class="heading" x="{x:.0f}" y="24">{headings.get(distance, "further away")}</text>' for distance, x in layout.headings]
    parts += [_line(curve, scene) for curve in layout.curves]
    parts += [_card(placed, scene) for placed in layout.cards]
    parts += [_amount(curve, place) for curve, place in _amounts_apart(layout)]
    numbers = on_lines(scene)
    parts += [_line_badge(curve, numbers[curve.line.id], scene) for curve in layout.curves if curve.line.id in numbers]
    size = f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" width="{layout.width:.0f}" height="{layout.height:.0f}"'
    opening = f'<svg class="drawing" {size} role="img" aria-labelledby="drawing-title drawing-text">'
    title = '<title id="drawing-title">What the reasons rest on</title>'
    return Markup(opening + title + f'<desc id="drawing-text">{escape(_spoken(scene, layout, around))}</desc>' + "".join(parts) + "</svg>")  # noqa: S704 - all texts in it are escaped


def legend_icon(kind: EntityKind) -> Markup:
    """The shape of a kind, small, for the legend."""
    return Markup(f'<svg class="icon" viewBox="-17 -17 34 34" width="20" height="20" aria-hidden="true">{_icon(kind, 0, 0)}</svg>')  # noqa: S704 - constants


def _spoken(scene: Scene, layout: Layout, around: str) -> str:
    frauds = sum(card.fraud for card in scene.cards)
    people = f"{len(scene.cards)} entities and {len(layout.curves)} ties {around}"
    return f"{people}; {frauds} confirmed fraud." if frauds else f"{people}."


def _marks(numbers: Iterable[int]) -> str:
    return "".join(f" r{number}" for number in numbers)


def _line(curve: Curve, scene: Scene) -> str:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve.points
    line = curve.line
    named = "".join(f" {mark}" for mark in (scene.speaks(line.reasons), "money" if line.amount else "") if mark)
    width = 1.0 + 2.2 * line.weight if line.reasons else 0.8 + 1.2 * line.weight
    path = f"M{ax:.1f},{ay:.1f}C{bx:.1f},{by:.1f} {cx:.1f},{cy:.1f} {dx:.1f},{dy:.1f}"
    hover = f"<title>{escape(line.hover)}</title>"
    # A wide unseen stroke under the line makes it easy to point at.
    return (
        f'<g class="line{named}{_marks(line.reasons)}" data-tie="{escape(line.id)}">{hover}<path class="reach" d="{path}"/>'
        f'<path d="{path}" stroke-width="{width:.1f}"/>{_arrow(curve) if line.amount else ""}</g>'
    )


def _arrow(curve: Curve) -> str:
    """The head of a line of money, where it meets the card that receives."""
    place, beside = (curve.points[3], curve.points[2]) if curve.ends_last else (curve.points[0], curve.points[1])
    way = 7 if beside[0] > place[0] else -7
    x, y = place
    return f'<path class="head" d="M{x:.1f},{y:.1f}l{way},-4v8z"/>'


def _amounts_apart(layout: Layout) -> list[tuple[Curve, tuple[float, float]]]:
    """Where the amounts stand: in the middle of their lines, moved down where one would hide another."""
    placed: list[tuple[Curve, tuple[float, float]]] = []
    for curve in sorted((curve for curve in layout.curves if curve.line.amount), key=lambda curve: (curve.midpoint[1], curve.line.id)):
        x, y = curve.midpoint
        for _, (other_x, other_y) in placed:
            if abs(x - other_x) < AMOUNT_WIDTH and abs(y - other_y) < AMOUNT_HEIGHT:
                y = other_y + AMOUNT_HEIGHT
        placed.append((curve, (x, y)))
    return placed


def _amount(curve: Curve, place: tuple[float, float]) -> str:
    """How much moved."""
    (x, y), text = place, curve.line.amount
    width = 10 + 6.6 * len(text)
    box = f'x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="16" rx="8"'
    return (
        f'<g class="amount onto{_marks(curve.line.reasons)}"><rect {box}/>'
        f'<text x="{x:.1f}" y="{y + 3.8:.1f}" text-anchor="middle">{escape(text)}</text></g>'
    )


def _touching(scene: Scene, card: Card) -> list[int]:
    """Numbers of the reasons that rest on the card or on a line to it."""
    lines = (line.reasons for line in scene.lines if card.id in {line.start, line.end})
    return sorted({*card.reasons, *(number for reasons in lines for number in reasons)})


def _card(placed: Placed, scene: Scene) -> str:
    card = placed.card
    marks = [
        name
        for name, holds in (
            ("central", card.central), ("fraud", card.fraud), ("suspect", card.suspect), ("blocked", card.blocked),
            ("group", card.members > 1), ("hub", card.hub), (scene.speaks(card.reasons), bool(card.reasons)),
        )
        if holds
    ]  # fmt: skip
    size = f'width="{CARD_WIDTH}" height="{CARD_HEIGHT}" rx="8"'
    behind = f'<rect class="behind" x="5" y="5" {size}/>' if card.members > 1 or card.hub else ""
    middle = CARD_HEIGHT / 2
    return (
        f'<g class="card k-{card.kind.value} {" ".join(marks)}{_marks(_touching(scene, card))}" data-entity="{escape(card.id)}" '
        f'transform="translate({placed.x:.1f},{placed.y:.1f})"><title>{escape(card.hover)}</title>{behind}<rect class="box" {size}/>'
        f"{_icon(card.kind, 23, middle)}"
        f'<text class="name" x="{TEXT_LEFT}" y="{middle - 3:.0f}">{escape(fitted(card.title, TEXT_WIDTH, 13))}</text>'
        f'<text class="note" x="{TEXT_LEFT}" y="{middle + 12:.0f}">{escape(fitted(card.note, TEXT_WIDTH, 11.5, PLAIN_WIDTH))}</text>'
        f"{_badges(card, scene)}</g>"
    )


def _icon(kind: EntityKind, x: float, y: float) -> str:
    letters = LETTERS[kind]
    size = 13 if len(letters) == 1 else 10.5
    down = 6.5 if kind is EntityKind.PLACE else 4.5
    return (
        f'<g class="kind k-{kind.value}" transform="translate({x:.0f},{y:.0f})"><path d="{SHAPES[kind]}"/>'
        f'<text text-anchor="middle" y="{down}" font-size="{size}">{letters}</text></g>'
    )


def _badges(card: Card, scene: Scene) -> str:
    """The numbers of all reasons that rest on the card, on its upper edge from the right; the eleventh and on in a row below."""
    drawn = []
    for row in range(0, len(card.reasons), BADGES_IN_ROW):
        numbers = card.reasons[row : row + BADGES_IN_ROW]
        y = -4 + 18 * (row // BADGES_IN_ROW)
        for place, number in enumerate(numbers):
            x = CARD_WIDTH - 10 - 18.5 * (len(numbers) - 1 - place)
            text = f'<text x="{x:g}" y="{y + 4.2:g}" text-anchor="middle">{number}</text>'
            narrow = " two" if number > 9 else ""
            drawn.append(f'<g class="badge {scene.speaks([number])}{narrow}"><circle cx="{x:g}" cy="{y}" r="9"/>{text}</g>')
    return "".join(drawn)


def _line_badge(curve: Curve, numbers: tuple[int, ...], scene: Scene) -> str:
    x, y = curve.midpoint
    text = "·".join(map(str, numbers)) + ("…" if len(curve.line.reasons) > len(numbers) else "")
    width = 10 + 6.2 * len(text)
    box = f'x="{x - width / 2:.1f}" y="{y - 7.5:.1f}" width="{width:.1f}" height="15" rx="7.5"'
    return (
        f'<g class="badge onto {scene.speaks(numbers)}{_marks(curve.line.reasons)}"><rect {box}/>'
        f'<text x="{x:.1f}" y="{y + 3.4:.1f}" text-anchor="middle">{text}</text></g>'
    )


def fitted(text: str, width: float, size: float, latin: float = LATIN_WIDTH) -> str:
    """The text, cut with an ellipsis where it would be wider than `width` pixels at a font size, by what its letters usually take."""
    used = 0.0
    for place, letter in enumerate(text):
        used += size * (1.0 if unicodedata.east_asian_width(letter) in {"W", "F"} else latin)
        if used > width:
            return text[: max(1, place - 1)].rstrip() + "…"
    return text


def legend(scene: Scene) -> list[tuple[Markup, str]]:
    """Icon and word of each kind that the scene shows, then of the marks that it uses."""
    icons = [(legend_icon(kind), KIND_WORDS[kind][0]) for kind in scene.kinds]
    box = '<rect class="box" x="2" y="3" width="22" height="12" rx="3"/>'
    behind = '<rect class="behind" x="5" y="6" width="22" height="12" rx="3"/>'
    spoken = {scene.speaks(card.reasons) for card in scene.cards} | {scene.speaks(line.reasons) for line in scene.lines}
    marks = (
        (any(card.fraud for card in scene.cards), f'<g class="fraud">{box}</g>', "confirmed fraud"),
        (any(card.suspect for card in scene.cards), f'<g class="suspect">{box}</g>', "suspected"),
        ("why" in spoken, '<g class="line why"><path d="M1,10H29" stroke-width="2.4"/></g>', "speaks against it"),
        ("good" in spoken, '<g class="line good"><path d="M1,10H29" stroke-width="2.4"/></g>', "speaks for it"),
        (
            any(line.amount for line in scene.lines),
            '<g class="line money"><path d="M1,10H22" stroke-width="2.4"/><path class="head" d="M29,10l-8,-4v8z"/></g>',
            "money within 30 days",
        ),
        (any(card.hub or card.members > 1 for card in scene.cards), behind + box, "shared by many, or several in one"),
    )
    return icons + [(_swatch(drawn), word) for holds, drawn, word in marks if holds]


def _swatch(drawn: str) -> Markup:
    return Markup(f'<svg class="icon" viewBox="0 0 30 20" width="30" height="20" aria-hidden="true">{drawn}</svg>')  # noqa: S704 - constants
