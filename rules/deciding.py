"""The pure decision: what signals say of a dossier, what a strategy's rules make of it, and the verdict that follows.

Absent is not unread. A signal with nothing to measure has the value that it declares. A signal whose source failed is unread, and a rule
that reads it is unjudged; the verdict is then the one that every outcome of the unjudged rules gives, and REFER where they differ. Without
the graph nothing is approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.conditions import check_value
from rules.evidence import Evidence, shown
from rules.limit import limit_of
from rules.material import lay_out
from rules.model import (
    DecisionSource,
    Dossier,
    Judgement,
    Limit,
    Material,
    Observed,
    Reading,
    Reason,
    Rule,
    RuleEffect,
    Signal,
    Verdict,
)
from rules.strategy import DEGRADED, MAXIMUM_READ, CompiledRule, CompiledStrategy
from rules.wording import UNKNOWN, display

_EFFECTS: Final = {RuleEffect.DECLINE: 0, RuleEffect.REFER: 1, RuleEffect.SCORE: 2}
_SEVERITY: Final = {Verdict.APPROVE: 0, Verdict.REFER: 1, Verdict.DECLINE: 2}


@dataclass(frozen=True, slots=True)
class Readings:
    """What was observed in one dossier, before any rule is judged."""

    material: Material
    values: Mapping[str, Reading]
    """Of the signals that were read."""
    unread: Mapping[str, DecisionSource]
    """Signals without a reading, with the source that failed them."""
    limit: Limit | None
    """What the receipts carry; None when they do not say or were not read."""


def decide(dossier: Dossier, strategy: CompiledStrategy) -> Judgement:
    """The judgement of a settled dossier (`rules.dossier.settle`) by a strategy: the same for the same two, byte for byte."""
    return judge(dossier, strategy, observe(dossier, strategy))


def observe(dossier: Dossier, strategy: CompiledStrategy) -> Readings:
    """All signals of the strategy. A signal that fails is unread, like one whose source failed: never an approval by accident."""
    material = lay_out(dossier)
    failed = _failed(dossier)
    values: dict[str, Reading] = {}
    unread: dict[str, DecisionSource] = {}
    for signal in strategy.signals:
        reading = None if signal.source in failed else _read(signal, material)
        if reading is None:
            unread[signal.name] = signal.source
        else:
            values[signal.name] = reading
    limit = None if DecisionSource.GRAPH in failed else limit_of(material)
    return Readings(material, values, unread, limit)


def judge(dossier: Dossier, strategy: CompiledStrategy, readings: Readings) -> Judgement:
    """What the strategy's rules make of the readings."""
    held, unjudged = _judged(strategy, readings)
    rules = strategy.strategy
    lowest, highest = possible_verdicts([rule.rule for rule in held], [rule.rule for rule in unjudged], rules.refer_at, rules.decline_at)
    # Without the graph nothing says what the receipts carry, so no strategy may approve, however little it reads of it.
    blind = lowest is Verdict.APPROVE and DecisionSource.GRAPH in _failed(dossier)
    verdict = lowest if lowest is highest and not blind else Verdict.REFER
    currency = dossier.application.currency
    observed = {signal.name: _observed(signal, readings, currency) for signal in strategy.signals}
    evidence = Evidence(readings.material.picture)
    reasons = [_reason(rule, readings, observed, evidence) for rule in held]
    blocked = any(rule.rule.effect is not RuleEffect.SCORE for rule in unjudged)
    if verdict is Verdict.REFER and (lowest is not highest or blocked or blind):
        reasons.append(_degraded(unjudged, readings, observed))
    reasons.sort(key=lambda reason: (_EFFECTS[reason.effect], -abs(reason.points), reason.code))
    entities, ties = shown(readings.material, reasons)
    limit = None if verdict is Verdict.DECLINE else readings.limit
    asked = dossier.application.amount
    return Judgement(
        verdict=verdict,
        approved=(asked if limit is None else min(asked, limit.amount)) if verdict is Verdict.APPROVE else None,
        score=sum(rule.rule.points for rule in held),
        reasons=tuple(reasons),
        observed=tuple(observed.values()),
        degraded=_by_source(readings.unread, strategy.signals),
        limit=limit,
        evidence_entities=entities,
        evidence_ties=ties,
    )


def possible_verdicts(held: Sequence[Rule], unjudged: Sequence[Rule], refer_at: int, decline_at: int) -> tuple[Verdict, Verdict]:
    """The mildest and the hardest verdict that any outcome of the unjudged rules gives. O(rules).

    Mildest: no unjudged rule blocks, and those that count for the merchant hold; a rule that refers and has negative points may
    still turn a refusal by score into a referral. Hardest: all that count against the merchant hold.
    """
    score = sum(rule.points for rule in held)
    effects = {rule.effect for rule in held}
    scoring = [rule.points for rule in unjudged if rule.effect is RuleEffect.SCORE]
    referring = [rule.points for rule in unjudged if rule.effect is RuleEffect.REFER]
    least = score + sum(points for points in scoring if points < 0)
    most = score + sum(rule.points for rule in unjudged if rule.points > 0)
    hardest_effects = effects | {rule.effect for rule in unjudged}
    lowest = _verdict(effects, least, refer_at, decline_at)
    if lowest is Verdict.DECLINE and RuleEffect.DECLINE not in effects:
        least += sum(points for points in referring if points < 0)
        lowest = _verdict({RuleEffect.REFER}, least, refer_at, decline_at)
    return lowest, _verdict(hardest_effects, most, refer_at, decline_at)


def _verdict(effects: set[RuleEffect], score: int, refer_at: int, decline_at: int) -> Verdict:
    if RuleEffect.DECLINE in effects or score >= decline_at:
        return Verdict.DECLINE
    if RuleEffect.REFER in effects or score >= refer_at:
        return Verdict.REFER
    return Verdict.APPROVE


def _failed(dossier: Dossier) -> frozenset[DecisionSource]:
    """Sources that gave nothing, or nothing whole: what a deadline cut short is no less and no more than unread."""
    failed = {one.source for one in dossier.unread}
    if dossier.surroundings is None:
        failed.add(DecisionSource.GRAPH)
    if dossier.history is None:
        failed.add(DecisionSource.RECORDS)
    return frozenset(failed)


def _read(signal: Signal, material: Material) -> Reading | None:
    """The signal's reading; None when it fails or gives what it did not declare."""
    try:
        reading = signal.compute(material)
        check_value(signal.name, signal.kind, reading.value)
    except Exception:  # a wrong signal must cost a referral and never an approval, nor the whole answer
        return None
    return reading


def _judged(strategy: CompiledStrategy, readings: Readings) -> tuple[list[CompiledRule], list[CompiledRule]]:
    """Rules that held, and rules that could not be judged."""
    values = readings.values
    observation = strategy.conditions.bind(
        {name: reading.value for name, reading in values.items()}, {name: reading.absent for name, reading in values.items()}
    )
    held, unjudged = [], []
    for rule in strategy.rules:
        holds = rule.condition.holds(observation) if values.keys() >= rule.condition.reads else None
        if holds is None:
            unjudged.append(rule)
        elif holds:
            held.append(rule)
    return held, unjudged


def _observed(signal: Signal, readings: Readings, currency: str) -> Observed:
    reading = readings.values.get(signal.name)
    if reading is None:
        return Observed(signal.name, None, UNKNOWN)
    return Observed(signal.name, reading.value, display(signal, reading.value, reading.absent, currency), reading.absent)


def _reason(rule: CompiledRule, readings: Readings, observed: Mapping[str, Observed], evidence: Evidence) -> Reason:
    """Why a rule held: its sentence with the observed values, and what those rest on."""
    found = [readings.values[name] for name in rule.reads]
    return Reason(
        code=rule.rule.code,
        sentence=rule.rule.says.format_map({name: observed[name].display for name in rule.reads}),
        rule=rule.rule.name,
        effect=rule.rule.effect,
        points=rule.rule.points,
        observed=tuple(observed[name] for name in rule.reads),
        entities=evidence.entities(found),
        ties=evidence.ties(found),
    )


def _degraded(unjudged: Sequence[CompiledRule], readings: Readings, observed: Mapping[str, Observed]) -> Reason:
    """Why a person should look though no rule says so: what could not be read might have decided otherwise."""
    names = dict.fromkeys(name for rule in unjudged for name in rule.reads if name in readings.unread)
    sources = dict.fromkeys(readings.unread[name].value.lower() for name in names)
    what = f"The {' and the '.join(sources)} could not be read whole" if sources else "A condition gave no answer"
    rules = f"so that {len(unjudged)} rule{'s' if len(unjudged) > 1 else ''} could not be judged which might change the verdict"
    if not unjudged:
        what, rules = "The graph could not be read whole", "and nothing is approved without it"
    return Reason(
        code=DEGRADED,
        sentence=f"{what}, {rules}.",
        rule="degraded",
        effect=RuleEffect.REFER,
        points=0,
        observed=tuple(observed[name] for name in names)[:MAXIMUM_READ],
        entities=(),
        ties=(),
    )


def _by_source(unread: Mapping[str, DecisionSource], signals: Iterable[Signal]) -> dict[DecisionSource, tuple[str, ...]]:
    """Unread signals by source, in the order of the signals."""
    names: dict[DecisionSource, list[str]] = {}
    for signal in signals:
        if signal.name in unread:
            names.setdefault(signal.source, []).append(signal.name)
    return {source: tuple(found) for source, found in names.items()}
