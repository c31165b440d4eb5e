"""`/decisions/{id}`: one decision so that a person sees at a glance what was decided, why, and on what it rests.

All comes from the stored decision: its judgement and the dossier that was judged. What a role may not read over GraphQL is not on its page.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.context import Principal, Role, Services
from api.pages.draw import drawing, legend
from api.pages.frame import message, page
from api.pages.parts import SHOWN_REASONS, Scene
from api.pages.scene import scene_of, speaks_for
from api.pages.wording import money, when
from rules import records
from rules.model import Decision, DegradedCause, RuleEffect, Strategy, Verdict
from rules.signals import SIGNALS
from rules.strategy import DEGRADED

VERDICT_WORDS: Final = {Verdict.APPROVE: "Approved", Verdict.REFER: "Referred to a person", Verdict.DECLINE: "Declined"}

EFFECT_WORDS: Final = {RuleEffect.DECLINE: "declines", RuleEffect.REFER: "refers", RuleEffect.SCORE: ""}

CAUSE_WORDS: Final = {
    DegradedCause.TIMED_OUT: "did not answer in time",
    DegradedCause.UNREACHABLE: "could not be reached",
    DegradedCause.FAILED: "answered with an error",
    DegradedCause.TRUNCATED: "was cut short by the deadline",
}

SIGNAL_READERS: Final = frozenset({Role.ANALYST, Role.ADMIN})
"""Roles that read all signals, as `Decision.signals` says."""


async def show(services: Services, principal: Principal, id: str) -> HTMLResponse:
    """The page of a decision of the reader's institution; 404 for any other id, another institution's included."""
    institution = principal.institution.id
    decision = await services.records.read(lambda connection: records.decision(connection, institution, id), institution=institution)
    if decision is None:
        return message("No such decision", "There is no decision with this id here: check the link.", 404)
    strategy = await services.records.read(
        lambda connection: records.strategy(connection, institution, decision.strategy), institution=institution
    )
    return render(decision, strategy, principal)


def render(decision: Decision, strategy: Strategy | None, principal: Principal) -> HTMLResponse:
    """The page for a reader. Without the strategy's version the score is shown without its thresholds."""
    judgement, asked = decision.judgement, decision.dossier.application
    zone = principal.institution.time_zone
    scene = scene_of(decision, zone)
    labels = _labels(decision)
    truncation = None if decision.dossier.surroundings is None else decision.dossier.surroundings.neighbourhood.truncation
    omitted = truncation is not None and truncation.omitted_ties
    return page(
        "decision.html",
        institution=principal.institution_name,
        reader=principal.name,
        verdict=judgement.verdict.value,
        verdict_word=VERDICT_WORDS[judgement.verdict],
        verdict_sentence=_verdict_sentence(decision, strategy),
        merchant=labels.get(asked.merchant, "merchant"),
        applicant=labels.get(asked.applicant or "", ""),
        asked=money(asked.amount, asked.currency),
        term_days=asked.term_days,
        lending=_lending(decision),
        limit=_limit(decision),
        score_bar=_score_bar(judgement.score, strategy),
        replaced_by=decision.replaced_by,
        degraded=_degraded(decision),
        reasons_heading="Why" if judgement.reasons else "Nothing speaks against it",
        reasons=_reasons(decision, scene),
        reasons_omitted=max(0, len(judgement.reasons) - SHOWN_REASONS),
        drawing=drawing(scene) if scene.cards else None,
        legend=legend(scene),
        truncation=f"{omitted:,} ties that lead elsewhere were seen and left out." if omitted else "",
        signals=_signals(decision, scene) if principal.roles & SIGNAL_READERS else None,
        facts=_facts(decision, zone),
        marks=(("Decision", decision.id), ("Loan", asked.loan_key), ("SHA-256 of all inputs", decision.inputs_hash)),
    )


def _labels(decision: Decision) -> dict[str, str]:
    around = decision.dossier.surroundings
    return {} if around is None else {one.entity.id: one.entity.label for one in around.neighbourhood.neighbours}


def _verdict_sentence(decision: Decision, strategy: Strategy | None) -> str:
    """What made the verdict, in one sentence."""
    judgement = decision.judgement
    forced = [reason for reason in judgement.reasons if reason.effect.value == judgement.verdict.value]
    if judgement.verdict is Verdict.APPROVE:
        against = any(reason.points > 0 for reason in judgement.reasons)
        return "What speaks against it does not reach the line to a person." if against else "No rule speaks against it."
    if judgement.verdict is Verdict.REFER and any(reason.code == DEGRADED for reason in judgement.reasons):
        return "A part of Ringfence gave no answer, and what it would have said decides: a person should look."
    if forced:
        rules = "rule asks" if len(forced) == 1 else "rules ask"
        return f"{len(forced)} {rules} for this by {'itself' if len(forced) == 1 else 'themselves'}; the score is {judgement.score}."
    if strategy is None:
        return f"The score is {judgement.score}."
    line = strategy.decline_at if judgement.verdict is Verdict.DECLINE else strategy.refer_at
    return f"The score of {judgement.score} reaches the line of {line}."


def _lending(decision: Decision) -> Markup:
    """What may be lent on this verdict alone."""
    approved, currency = decision.judgement.approved, decision.dossier.application.currency
    if approved is not None:
        return Markup("May be lent: <strong>up to {}</strong>").format(money(approved, currency))
    if decision.judgement.verdict is Verdict.REFER:
        return Markup("May be lent: <strong>nothing until a person has decided</strong>")
    return Markup("May be lent: <strong>nothing</strong>")


def _limit(decision: Decision) -> str | None:
    """What the receipts carry, which is no promise; None for a refusal, and where the receipts do not say."""
    limit = decision.judgement.limit
    if limit is None or decision.judgement.verdict is Verdict.DECLINE:
        return None
    return f"The receipts carry {money(limit.amount, decision.dossier.application.currency)}: {limit.sentence}"


def _degraded(decision: Decision) -> list[str]:
    notices = []
    for unread in decision.dossier.unread:
        unknown = decision.judgement.degraded.get(unread.source, ())
        text = f"The {unread.source.value.lower()} {CAUSE_WORDS[unread.cause]} ({unread.waited:.0f} ms)."
        if unknown:
            text += f" Unknown therefore: {', '.join(unknown)}."
        notices.append(text)
    return notices


def _reasons(decision: Decision, scene: Scene) -> list[dict[str, object]]:
    """The shown reasons, with what of them can be found in the drawing."""
    shown: list[dict[str, object]] = []
    for number, reason in enumerate(decision.judgement.reasons[:SHOWN_REASONS], start=1):
        cards = sum(number in card.reasons for card in scene.cards)
        lines = sum(number in line.reasons for line in scene.lines)
        parts = [f"{cards} {'entity' if cards == 1 else 'entities'}"] if cards else []
        parts += [f"{lines} {'tie' if lines == 1 else 'ties'}"] if lines else []
        shown.append(
            {
                "number": number,
                "tone": "good" if speaks_for(reason) else "why",
                "sentence": reason.sentence,
                "code": reason.code,
                "points": reason.points,
                "effect": None if reason.effect is RuleEffect.SCORE else reason.effect.value,
                "effect_word": EFFECT_WORDS[reason.effect],
                "drawn": " and ".join(parts),
            }
        )
    return shown


def _signals(decision: Decision, scene: Scene) -> list[dict[str, str]]:
    described = {signal.name: signal.description for signal in SIGNALS}
    named: dict[str, list[int]] = {}
    for number, reason in enumerate(decision.judgement.reasons[:SHOWN_REASONS], start=1):
        for observed in reason.observed:
            named.setdefault(observed.signal, []).append(number)
    return [
        {
            "name": observed.signal,
            "display": observed.display + (" (nothing to measure)" if observed.absent else ""),
            "description": described.get(observed.signal, ""),
            "reasons": ", ".join(map(str, named.get(observed.signal, []))),
            "tone": scene.speaks(named.get(observed.signal, [])),
        }
        for observed in decision.judgement.observed
    ]


def _facts(decision: Decision, zone: str) -> list[tuple[str, str]]:
    timing, asked = decision.timing, decision.dossier.application
    parts = (
        ("facts", timing.facts),
        ("graph", timing.graph),
        ("signals", timing.signals),
        ("rules", timing.rules),
        ("records", timing.records),
    )
    return [
        ("Applied for", when(asked.at, zone)),
        ("Decided", when(decision.decided_at, zone)),
        ("Judged by", f"{decision.strategy_name}, version {decision.strategy_version}"),
        ("Took", f"{timing.total:.1f} ms"),
        ("Of these", " · ".join(f"{name} {value:.1f}" for name, value in parts)),
        ("Read", f"{decision.read:,} entities and ties"),
        ("Cost", f"{decision.cpu:.1f} ms of processor, {_millionths(decision.micros)} of 1 {asked.currency}"),
    ]


def _millionths(number: int) -> str:
    return f"{number:,} millionth{'' if number == 1 else 's'}"


def _score_bar(score: int, strategy: Strategy | None) -> Markup:
    """The score on a bar of what it leads to: approved, referred, declined."""
    if strategy is None:
        return Markup(f"<p>Score <strong>{score:d}</strong></p>")  # noqa: S704 - a number
    low, high = max(min(0, score), -strategy.decline_at // 2), round(strategy.decline_at * 1.3)
    width = 380.0

    def x(value: float) -> float:
        return 10 + (width - 20) * (min(max(value, low), high) - low) / max(1, high - low)

    zones = (("approve", low, strategy.refer_at), ("refer", strategy.refer_at, strategy.decline_at), ("decline", strategy.decline_at, high))
    bars = "".join(
        f'<rect class="{name}" x="{x(start):.1f}" y="30" width="{max(0.0, x(end) - x(start) - 2):.1f}" height="12" rx="3"/>'
        for name, start, end in zones
    )
    ticks = "".join(
        f'<text x="{x(at):.1f}" y="58" text-anchor="middle">{text} {at}</text>'
        for text, at in (("refer from", strategy.refer_at), ("decline from", strategy.decline_at))
    )
    place = x(score)
    anchor = "end" if place > width - 60 else "start" if place < 60 else "middle"
    pointer = f'<path class="mark" d="M{place:.1f},29l-7,-9h14z"/>'
    mark = f'{pointer}<text class="mark-text" x="{place:.1f}" y="15" text-anchor="{anchor}">score {score}</text>'
    return Markup(f'<svg class="score" viewBox="0 0 {width:.0f} 64" role="img"><title>Score {score}</title>{bars}{ticks}{mark}</svg>')  # noqa: S704 - numbers and constants
