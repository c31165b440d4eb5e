"""`/rings/{id}`: one ring so that an analyst sees at a glance who is in it, what ties them, what is at stake, and how it came to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.context import Principal
from api.pages.draw import drawing, legend
from api.pages.frame import page
from api.pages.parts import Card, Line, Scene
from api.pages.wording import KIND_WORDS, STANDING_WORDS, TIE_WORDS, day, money, when
from graph.model import Entity, EntityKind, Instant, Standing, Tie

HEADINGS: Final = {0: "merchants", 1: "people", 2: "what they share"}
COLUMNS: Final = {EntityKind.MERCHANT: 0, EntityKind.PERSON: 1}
OTHERS: Final = 2

STATE_WORDS: Final = {
    "SUSPECTED": ("Suspected ring", "REFER"),
    "CONFIRMED": ("Confirmed ring", "DECLINE"),
    "DISMISSED": ("Dismissed", "APPROVE"),
    "MERGED": ("Part of another ring", "REFER"),
    "DISSOLVED": ("Fell apart", "APPROVE"),
}
"""Heading and colour of each state."""

SHARED: Final[Mapping[str, EntityKind]] = {
    "SHARED_DEVICE": EntityKind.DEVICE,
    "SHARED_PHONE": EntityKind.PHONE,
    "SHARED_EMAIL": EntityKind.EMAIL,
    "SHARED_ACCOUNT": EntityKind.ACCOUNT,
    "SHARED_PLACE": EntityKind.PLACE,
    "SHARED_DOCUMENT": EntityKind.DOCUMENT,
    "SHARED_FACE": EntityKind.FACE,
    "SHARED_CONNECTION": EntityKind.IP_ADDRESS,
    "SHARED_LOAN": EntityKind.LOAN,
}
"""Which things a part of the score speaks of."""


class Spoken(NamedTuple):
    """A part of the score."""

    code: str
    weight: float
    sentence: str


class Happened(NamedTuple):
    """Something that happened to the ring."""

    at: Instant
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows; amounts in minor units."""

    id: str
    state: str
    version: int
    score: float
    parts: Sequence[Spoken]
    members: Sequence[tuple[str, Instant]]
    """Entity and since when, strongest first."""
    entities: Mapping[str, Entity]
    ties: Sequence[Tie]
    history: Sequence[Happened]
    """Newest first."""
    merchants: int
    size: int
    exposure: int
    loss: int
    ended: int
    bad: int
    found_at: Instant
    merged_into: str | None
    judged: str | None
    """By whom, when and why, in one sentence."""


def render(seen: Seen, principal: Principal) -> HTMLResponse:
    """The page for an analyst."""
    zone, currency = principal.institution.time_zone, principal.institution.currency
    scene = scene_of(seen, zone)
    word, tone = STATE_WORDS[seen.state]
    return page(
        "ring.html",
        institution=principal.institution_name,
        reader=principal.name,
        state=word,
        tone=tone,
        size=f"{seen.size:,} members, {seen.merchants:,} of them merchants",
        found=when(seen.found_at, zone),
        score=_score(seen.score),
        exposure=money(seen.exposure, currency),
        loss=money(seen.loss, currency),
        ended=f"{seen.bad:,} of {seen.ended:,} loans that ended defaulted" if seen.ended else "no loan of theirs has ended",
        merged_into=seen.merged_into,
        judged=seen.judged,
        parts=[_part(number, one, scene) for number, one in enumerate(seen.parts, start=1)],
        drawing=drawing(scene, HEADINGS, "of the ring") if scene.cards else None,
        legend=legend(scene),
        left_out=max(0, seen.size - len(seen.members)),
        timeline=_timeline(seen, zone),
        history=[(when(one.at, zone), one.sentence) for one in seen.history],
        id=seen.id,
        version=seen.version,
    )


def scene_of(seen: Seen, zone: str) -> Scene:
    """Members in two columns and what they share in a third, with the numbers of the score's parts that rest on each."""
    numbers = {SHARED[one.code]: number for number, one in enumerate(seen.parts, start=1) if one.code in SHARED}
    confirmed = next((number for number, one in enumerate(seen.parts, start=1) if one.code == "CONFIRMED_MEMBERS"), None)
    reached = {end: sum(end in (tie.from_id, tie.to_id) for tie in seen.ties) for end in seen.entities}
    cards = [_card(entity, reached[id_], numbers, confirmed) for id_, entity in seen.entities.items()]
    titles = {card.id: card.title for card in cards}
    reasons = {card.id: card.reasons for card in cards if card.column == OTHERS}
    lines = [_line(tie, titles, reasons.get(tie.to_id, reasons.get(tie.from_id, ())), zone) for tie in seen.ties]
    kinds = tuple(kind for kind in EntityKind if any(card.kind == kind for card in cards))
    return Scene(tuple(cards), tuple(lines), kinds)


def _card(entity: Entity, reached: int, numbers: Mapping[EntityKind, int], confirmed: int | None) -> Card:
    fraud = entity.standing is Standing.CONFIRMED_FRAUD
    word, column = KIND_WORDS[entity.kind][0], COLUMNS.get(entity.kind, OTHERS)
    reasons = {numbers[entity.kind]} if column == OTHERS and entity.kind in numbers else set()
    if fraud and confirmed is not None and column != OTHERS:
        reasons.add(confirmed)
    standing = STANDING_WORDS[entity.standing]
    note = standing or (f"{word} · {reached} ties" if column == OTHERS else word)
    hover = f"{word} {entity.label} · tied to {entity.reach:,} in all"
    return Card(
        entity.id, entity.kind, entity.label, note, hover, column, float(reached), tuple(sorted(reasons)),
        fraud=fraud, suspect=entity.standing is Standing.SUSPECTED, blocked=entity.blocked,
    )  # fmt: skip


def _line(tie: Tie, titles: Mapping[str, str], reasons: tuple[int, ...], zone: str) -> Line:
    hover = f"{titles[tie.from_id]} {TIE_WORDS[tie.kind]} {titles[tie.to_id]} · since {day(tie.first_at, zone)} · weight {tie.weight:.2f}"
    return Line(tie.id, tie.kind, tie.from_id, tie.to_id, tie.weight, hover, reasons)


def _part(number: int, part: Spoken, scene: Scene) -> dict[str, object]:
    cards = sum(number in card.reasons for card in scene.cards)
    return {
        "number": number,
        "code": part.code,
        "sentence": part.sentence,
        "percent": f"{100 * part.weight:.0f}",
        "drawn": f"{cards} {'card' if cards == 1 else 'cards'}" if cards else "",
    }


def _timeline(seen: Seen, zone: str) -> list[tuple[str, str]]:
    """Day by day who came to be tied to the others, earliest first."""
    days: dict[str, list[str]] = {}
    for entity, since in sorted(seen.members, key=lambda one: (one[1], one[0])):
        label = seen.entities[entity].label if entity in seen.entities else "somebody"
        days.setdefault(day(since, zone), []).append(label)
    return [(date, f"{', '.join(labels[:6])}{f' and {len(labels) - 6} more' if len(labels) > 6 else ''}") for date, labels in days.items()]


def _score(score: float) -> Markup:
    """The score on a bar from 0 to 100."""
    place = 10 + 360 * score
    anchor = "end" if place > 320 else "start" if place < 60 else "middle"
    bar = '<rect class="approve" x="10" y="30" width="360" height="12" rx="3"/>'
    fill = f'<rect class="decline" x="10" y="30" width="{360 * score:.1f}" height="12" rx="3"/>'
    text = f'<text class="mark-text" x="{place:.1f}" y="15" text-anchor="{anchor}">{100 * score:.0f} of 100</text>'
    mark = f'<path class="mark" d="M{place:.1f},29l-7,-9h14z"/>'
    opening = f'<svg class="score" viewBox="0 0 380 50" role="img"><title>Score {100 * score:.0f} of 100</title>'
    return Markup(opening + bar + fill + mark + text + "</svg>")  # noqa: S704 - numbers and constants
