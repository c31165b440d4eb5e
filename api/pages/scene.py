"""What a decision's drawing shows: the evidence as cards and lines, each with the numbers of the reasons that rest on it.

A card stands for one entity, or for several that say the same and of which no reason speaks ("+14 more devices").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from api.pages.money import with_money
from api.pages.parts import SHOWN_REASONS, Card, Line, Scene
from api.pages.wording import KIND_WORDS, STANDING_WORDS, STATE_WORDS, TIE_WORDS, counted, day, money
from graph.model import Entity, EntityKind, Neighbour, Standing, Tie, TieKind
from rules.model import Decision, Reason, RuleEffect

MOST_IN_COLUMN: Final = 11
"""Cards of one distance before those of which no reason speaks are put together."""

MOST_NAMED: Final = 12
"""Entities that pointing at such a card names."""

HUB: Final = 15
"""Reach from which a card says how many it is tied to."""

IDENTIFIERS: Final = frozenset(
    {
        EntityKind.DEVICE,
        EntityKind.PHONE,
        EntityKind.EMAIL,
        EntityKind.IP_ADDRESS,
        EntityKind.PLACE,
        EntityKind.DOCUMENT,
        EntityKind.ACCOUNT,
    }
)


def scene_of(decision: Decision, time_zone: str) -> Scene:
    """The decision's evidence from its own dossier; empty when the graph was not read."""
    around, judgement, asked = decision.dossier.surroundings, decision.judgement, decision.dossier.application
    good = frozenset(number for number, reason in enumerate(judgement.reasons[:SHOWN_REASONS], start=1) if speaks_for(reason))
    if around is None:
        return Scene((), (), (), good)
    shown = set(judgement.evidence_entities) or {asked.loan, asked.merchant, *([asked.applicant] if asked.applicant else [])}
    named, tied = _numbers(decision)
    neighbours = [one for one in around.neighbourhood.neighbours if one.entity.id in shown]
    here = {one.entity.id for one in neighbours}
    shown_ties = set(judgement.evidence_ties)
    ties = [
        tie
        for tie in around.neighbourhood.ties
        if tie.from_id in here and tie.to_id in here and (tie.id in shown_ties or asked.loan in (tie.from_id, tie.to_id))
    ]
    cards = [_card(one, decision, named.get(one.entity.id, ()), time_zone) for one in neighbours]
    names = {card.id: card.title for card in cards}
    lines = [_line(tie, names, tied.get(tie.id, ()), decision, time_zone) for tie in ties]
    cards, lines = _gathered(cards, lines)
    cards, lines = with_money(cards, lines, decision)
    kinds = tuple(kind for kind in EntityKind if any(card.kind == kind for card in cards))
    return Scene(tuple(cards), tuple(lines), kinds, good)


def speaks_for(reason: Reason) -> bool:
    """Whether a reason speaks for the merchant: it takes points off, and neither refers nor refuses."""
    return reason.points < 0 and reason.effect is RuleEffect.SCORE


def _numbers(decision: Decision) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Numbers of the shown reasons by entity and by tie."""
    entities: dict[str, tuple[int, ...]] = defaultdict(tuple)
    ties: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for number, reason in enumerate(decision.judgement.reasons[:SHOWN_REASONS], start=1):
        for entity in reason.entities:
            entities[entity] += (number,)
        for tie in reason.ties:
            ties[tie] += (number,)
    return entities, ties


def _card(one: Neighbour, decision: Decision, numbers: tuple[int, ...], time_zone: str) -> Card:
    entity, asked = one.entity, decision.dossier.application
    fraud = entity.standing is Standing.CONFIRMED_FRAUD
    central = entity.id in (asked.loan, asked.merchant, asked.applicant)
    hub = entity.reach >= HUB and entity.kind in IDENTIFIERS
    hover = [f"{KIND_WORDS[entity.kind][0]} {entity.label}"]
    hover.append(f"seen {day(entity.first_at, time_zone)} to {day(entity.last_at, time_zone)}")
    hover.append(f"tied to {entity.reach:,} in all")
    if STANDING_WORDS[entity.standing]:
        hover.append(STANDING_WORDS[entity.standing])
    if entity.blocked:
        hover.append("blocked")
    return Card(
        id=entity.id,
        kind=entity.kind,
        title=entity.label,
        note=_note(entity, decision, hub=hub),
        hover=" · ".join(hover),
        column=one.distance,
        rank=one.strength + 2 * len(numbers) + 4 * fraud + 10 * central,
        reasons=numbers,
        fraud=fraud,
        suspect=entity.standing is Standing.SUSPECTED,
        blocked=entity.blocked,
        central=central,
        hub=hub,
    )


def _note(entity: Entity, decision: Decision, *, hub: bool) -> str:
    """The card's second line: the gravest thing there is to say in a few words."""
    asked = decision.dossier.application
    word = KIND_WORDS[entity.kind][0]
    if entity.id == asked.loan:
        return f"asks for {money(asked.amount, asked.currency)}"
    if STANDING_WORDS[entity.standing]:
        return STANDING_WORDS[entity.standing]
    if entity.blocked:
        return f"{word}, blocked"
    if entity.id == asked.merchant:
        return "this merchant"
    if entity.id == asked.applicant:
        return "applicant"
    if entity.kind is EntityKind.LOAN:
        requested, state = entity.fields.get("requested"), entity.fields.get("state")
        words = STATE_WORDS.get(state, state.lower()) if isinstance(state, str) else word
        return f"{money(requested, asked.currency)} {words}" if isinstance(requested, int) else words
    return f"tied to {entity.reach:,}" if hub else word


def _line(tie: Tie, names: dict[str, str], numbers: tuple[int, ...], decision: Decision, time_zone: str) -> Line:
    times = f"{tie.count:,} times" if tie.count > 1 else "once"
    hover = f"{names[tie.from_id]} {TIE_WORDS[tie.kind]} {names[tie.to_id]}"
    hover += f" · seen {times}, {day(tie.first_at, time_zone)} to {day(tie.last_at, time_zone)} · weight {tie.weight:.2f}"
    if tie.total is not None:
        hover += f" · {money(tie.total, decision.dossier.application.currency)}"
    return Line(tie.id, tie.kind, tie.from_id, tie.to_id, tie.weight, hover, numbers)


def _gathered(cards: list[Card], lines: list[Line]) -> tuple[list[Card], list[Line]]:
    """Where a column is long, put cards together that no reason names: alike in kind, reasons of their ties, and what they are tied to."""
    column_of = {card.id: card.column for card in cards}
    before: dict[str, set[str]] = defaultdict(set)
    tied: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        for own, other in ((line.start, line.end), (line.end, line.start)):
            tied[own].update(line.reasons)
            if column_of[other] < column_of[own]:
                before[own].add(other)
    into: dict[str, str] = {}
    for column in sorted({card.column for card in cards}):
        mine = [card for card in cards if card.column == column]
        quiet = [card for card in mine if not (card.reasons or card.fraud or card.suspect or card.blocked or card.central)]
        ways: tuple[Callable[[Card], object], ...] = (
            lambda card: (card.kind, sorted(tied[card.id]), sorted(before[card.id])),
            lambda card: (card.kind, sorted(tied[card.id])),
            lambda card: card.kind,
        )
        for alike in ways:
            excess = len({into.get(card.id, card.id) for card in mine}) - MOST_IN_COLUMN
            if excess <= 0:
                break
            _gather([card for card in quiet if into.get(card.id, card.id) == card.id], alike, excess, into)
    return _renamed(cards, lines, into)


def _gather(quiet: Sequence[Card], alike: Callable[[Card], object], excess: int, into: dict[str, str]) -> None:
    """Name for each of the least important alike cards the one that stands for them, until `excess` is gone."""
    groups: dict[str, list[Card]] = defaultdict(list)
    for card in quiet:
        groups[repr(alike(card))].append(card)
    for group in sorted(groups.values(), key=lambda group: (-len(group), group[0].id)):
        if len(group) < 2 or excess <= 0:
            continue
        weakest = sorted(group, key=lambda card: (card.rank, card.id))[: excess + 1]
        chosen = weakest[0].id
        excess -= len(weakest) - 1
        gone = {card.id for card in weakest}
        into.update({own: chosen for own, standing_for in into.items() if standing_for in gone})
        into.update(dict.fromkeys(gone, chosen))


def _renamed(cards: list[Card], lines: list[Line], into: dict[str, str]) -> tuple[list[Card], list[Line]]:
    """The cards that are left, and the lines between them: parallel ones of one kind become one."""
    members: dict[str, list[Card]] = defaultdict(list)
    for card in cards:
        members[into.get(card.id, card.id)].append(card)
    drawn = [_together(card, members[card.id]) if len(members[card.id]) > 1 else card for card in cards if card.id in members]
    merged: dict[tuple[str, TieKind, str], Line] = {}
    for line in lines:
        start, end = into.get(line.start, line.start), into.get(line.end, line.end)
        known = merged.get((start, line.kind, end))
        if start == end:
            continue
        if known is None:
            merged[start, line.kind, end] = replace(line, start=start, end=end)
            continue
        several = known.members + 1
        merged[start, line.kind, end] = replace(
            known, weight=max(known.weight, line.weight), hover=f"{several} ties: {TIE_WORDS[line.kind]}", members=several,
            reasons=tuple(sorted({*known.reasons, *line.reasons})),
        )  # fmt: skip
    return drawn, list(merged.values())


def _together(card: Card, group: list[Card]) -> Card:
    """One card that stands for several."""
    names = ", ".join(each.title for each in group[:MOST_NAMED]) + (" and more" if len(group) > MOST_NAMED else "")
    return replace(
        card, title=f"+{len(group)} more", note=KIND_WORDS[card.kind][1], hover=f"{counted(len(group), card.kind)}: {names}", rank=-1.0,
        members=len(group), hub=False,
    )  # fmt: skip
