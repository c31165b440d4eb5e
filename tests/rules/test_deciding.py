from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import judgements
from rules.deciding import decide, possible_verdicts
from rules.dossier import decode, encode, settle
from rules.material import NO_HISTORY
from rules.model import DecisionSource, DegradedCause, Dossier, Judgement, Rule, RuleEffect, Signal, SignalKind, Strategy, Verdict
from rules.strategy import DEGRADED, CompiledStrategy, compile_strategy, shipped
from tests.rules.drawing import dossier, dossiers, failing, signal, unread

_SEVERITY = [Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE]


def verdict_of(held: list[Rule], refer_at: int, decline_at: int) -> Verdict:
    """What the rules that hold lead to, said in the plainest way."""
    score = sum(rule.points for rule in held)
    if any(rule.effect is RuleEffect.DECLINE for rule in held) or score >= decline_at:
        return Verdict.DECLINE
    if any(rule.effect is RuleEffect.REFER for rule in held) or score >= refer_at:
        return Verdict.REFER
    return Verdict.APPROVE


def every_outcome(held: list[Rule], unjudged: list[Rule], refer_at: int, decline_at: int) -> set[Verdict]:
    return {
        verdict_of(held + [rule for rule, holds in zip(unjudged, outcome, strict=True) if holds], refer_at, decline_at)
        for outcome in product((False, True), repeat=len(unjudged))
    }


rules = st.builds(
    Rule,
    st.just("name"),
    st.just("CODE"),
    st.just("true"),
    st.just("Said."),
    st.sampled_from(RuleEffect),
    st.sampled_from([-100, -60, -20, 0, 10, 30, 50, 60, 110]),
)


@given(st.lists(rules, max_size=4), st.lists(rules, max_size=6))
def test_the_bounds_are_those_of_all_outcomes(held: list[Rule], unjudged: list[Rule]) -> None:
    lowest, highest = possible_verdicts(held, unjudged, 50, 100)
    outcomes = sorted(every_outcome(held, unjudged, 50, 100), key=_SEVERITY.index)
    assert (lowest, highest) == (outcomes[0], outcomes[-1])


SOURCES = {
    "graph_a": DecisionSource.GRAPH,
    "graph_b": DecisionSource.GRAPH,
    "records_a": DecisionSource.RECORDS,
    "records_b": DecisionSource.RECORDS,
}
NAMES = tuple(SOURCES)


@st.composite
def strategies(draw: st.DrawFn) -> tuple[CompiledStrategy, dict[str, int], frozenset[str]]:
    """A strategy, the values of its signals, and the signals that fail by themselves."""
    values = {name: draw(st.integers(0, 3)) for name in NAMES}
    broken = frozenset(draw(st.lists(st.sampled_from(NAMES), max_size=2)))
    signals = tuple(failing(name, source=SOURCES[name]) if name in broken else signal(name, values[name], SOURCES[name]) for name in NAMES)
    found = []
    for place in range(draw(st.integers(1, 5))):
        read = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
        when = draw(st.sampled_from([" && ", " || "])).join(f"{name} >= {draw(st.integers(0, 3))}" for name in read)
        points = draw(st.sampled_from([-60, -20, 10, 30, 50, 60, 110]))
        found.append(Rule(f"rule_{place}", f"CODE_{place}", when, f"{{{read[0]}}} seen.", draw(st.sampled_from(RuleEffect)), points))
    return compile_strategy(Strategy("str_x", "drawn", 1, tuple(found), 50, 100), signals), values, broken


@given(strategies(), st.sets(st.sampled_from([DecisionSource.GRAPH, DecisionSource.RECORDS])))
def test_the_verdict_is_what_every_outcome_of_the_unjudged_rules_gives(
    drawn: tuple[CompiledStrategy, dict[str, int], frozenset[str]], gone: set[DecisionSource]
) -> None:
    strategy, values, broken = drawn
    lost = broken | {name for name, source in SOURCES.items() if source in gone}
    held, unjudged = [], []
    for rule in strategy.rules:
        if set(rule.reads) & lost:
            unjudged.append(rule.rule)
        elif eval(rule.rule.when.replace("&&", "and").replace("||", "or"), {}, dict(values)):
            held.append(rule.rule)
    outcomes = every_outcome(held, unjudged, 50, 100)
    judgement = decide(dossier(unread=tuple(unread(source) for source in sorted(gone))), strategy)
    agreed = outcomes.pop() if len(outcomes) == 1 else None
    if agreed is Verdict.APPROVE and DecisionSource.GRAPH in gone:
        agreed = None  # without the graph nothing is approved
    assert judgement.verdict is (agreed or Verdict.REFER)
    assert {reason.rule for reason in judgement.reasons} - {"degraded"} == {rule.name for rule in held}
    assert judgement.score == sum(rule.points for rule in held)
    if agreed is None:
        assert DEGRADED in {reason.code for reason in judgement.reasons}
    if judgement.verdict is not Verdict.REFER:
        assert DEGRADED not in {reason.code for reason in judgement.reasons}
    assert {name for names in judgement.degraded.values() for name in names} == lost
    assert (judgement.approved is None) == (judgement.verdict is not Verdict.APPROVE)


@given(dossiers())
def test_any_dossier_is_judged_and_judged_again_byte_for_byte(drawn: Dossier) -> None:
    settled = settle(drawn)
    judgement = decide(settled, shipped())
    failed = {one.source for one in settled.unread}
    failed |= {DecisionSource.GRAPH} if settled.surroundings is None else set()
    failed |= {DecisionSource.RECORDS} if settled.history is None else set()
    assert set(judgement.degraded) == failed & {DecisionSource.GRAPH, DecisionSource.RECORDS}, "every signal reads every dossier"
    first = judgements.encode(judgement)
    again = judgements.encode(decide(decode(encode(settled)), shipped()))
    assert first == again
    assert judgements.encode(judgements.decode(first)) == first


@given(dossiers(most_entities=30))
def test_reasons_and_evidence_are_bounded_and_in_one_piece(drawn: Dossier) -> None:
    settled = settle(drawn)
    judgement = decide(settled, shipped())
    entities, ties = set(judgement.evidence_entities), set(judgement.evidence_ties)
    assert len(entities) <= 100 and len(ties) <= 200
    for reason in judgement.reasons:
        assert set(reason.entities) <= entities and len(reason.entities) <= 10
        assert set(reason.ties) <= ties and len(reason.ties) <= 20
        assert len(reason.observed) <= 8
    order = [(list(RuleEffect)[::-1].index(one.effect), -abs(one.points), one.code) for one in judgement.reasons]
    assert order == sorted(order)
    if settled.surroundings is not None:
        known = {tie.id: tie for tie in settled.surroundings.neighbourhood.ties}
        assert all({known[tie].from_id, known[tie].to_id} <= entities for tie in ties)


def test_a_merchant_about_whom_nothing_speaks_is_approved_for_what_it_asks() -> None:
    judgement = decide(dossier(), shipped())
    assert (judgement.verdict, judgement.approved, judgement.limit) == (Verdict.APPROVE, 1_500_000, None)
    assert [reason.code for reason in judgement.reasons] == ["NO_TRADE"]


@pytest.mark.parametrize("cause", DegradedCause)
@pytest.mark.parametrize("source", [DecisionSource.GRAPH, DecisionSource.RECORDS])
def test_without_a_source_nobody_is_approved_and_nobody_refused(source: DecisionSource, cause: DegradedCause) -> None:
    judgement = decide(dossier(unread=(unread(source, cause),)), shipped())
    assert judgement.verdict is Verdict.REFER
    assert DEGRADED in {reason.code for reason in judgement.reasons}
    expected = tuple(one.name for one in shipped().signals if one.source is source)
    assert judgement.degraded == {source: expected}
    assert all(one.value is None and one.display == "unknown" for one in judgement.observed if one.signal in expected)


def test_a_dossier_without_surroundings_or_history_is_degraded_though_nobody_says_so() -> None:
    bare = Dossier(dossier().application, 0, None, None)
    assert set(decide(bare, shipped()).degraded) == {DecisionSource.GRAPH, DecisionSource.RECORDS}


def without(name: str) -> CompiledStrategy:
    """The shipped strategy with a signal that fails."""
    signals = tuple(failing(one.name, one.kind, one.source) if one.name == name else one for one in shipped().signals)
    return compile_strategy(shipped().strategy, signals)


@pytest.mark.parametrize("name", [one.name for one in shipped().signals])
def test_without_any_one_signal_the_verdict_is_still_what_every_outcome_gives(name: str) -> None:
    strategy = without(name)
    whole, judgement = decide(dossier(), shipped()), decide(dossier(), strategy)
    held = [rule.rule for rule in strategy.rules if rule.rule.name in {reason.rule for reason in judgement.reasons}]
    unjudged = [rule.rule for rule in strategy.rules if name in rule.reads]
    outcomes = every_outcome(held, unjudged, 50, 100)
    assert whole.verdict in outcomes
    assert judgement.verdict is (outcomes.pop() if len(outcomes) == 1 else Verdict.REFER)
    assert judgement.degraded == {next(one.source for one in shipped().signals if one.name == name): (name,)}


def test_a_signal_that_gives_what_it_did_not_declare_is_unread() -> None:
    wrong = Signal(signal("part", 1).compute, SignalKind.NUMBER, None, DecisionSource.GRAPH)
    strategy = compile_strategy(Strategy("", "one", 1, (Rule("r", "CODE", "part > 0.5", "Said.", RuleEffect.DECLINE),), 50, 100), (wrong,))
    judgement = decide(dossier(), strategy)
    assert (judgement.verdict, judgement.degraded) == (Verdict.REFER, {DecisionSource.GRAPH: ("part",)})


def test_a_condition_without_an_answer_is_unjudged_and_not_false() -> None:
    one = signal("count", 0)
    strategy = compile_strategy(
        Strategy("", "one", 1, (Rule("r", "CODE", "10 / count > 1", "Said.", RuleEffect.DECLINE),), 50, 100), (one,)
    )
    judgement = decide(dossier(), strategy)
    assert judgement.verdict is Verdict.REFER
    assert judgement.reasons[0].sentence.startswith("A condition gave no answer")


def test_an_absent_signal_has_its_declared_value_and_says_that_it_is_absent() -> None:
    one = signal("count", 7, absent=True)
    rules = (
        Rule("value", "VALUE", "count == 7", "{count} seen.", RuleEffect.REFER),
        Rule("absent", "ABSENT", "count_absent", "{count} seen.", RuleEffect.SCORE, 10),
    )
    judgement = decide(dossier(), compile_strategy(Strategy("", "one", 1, rules, 50, 100), (one,)))
    assert [(reason.code, reason.sentence) for reason in judgement.reasons] == [("VALUE", "none seen."), ("ABSENT", "none seen.")]
    assert judgement.observed[0].value == 7 and judgement.observed[0].absent


def judged(points: int, effect: RuleEffect = RuleEffect.SCORE) -> Judgement:
    rules = (Rule("r", "CODE", "count == 0", "Said.", effect, points),)
    return decide(dossier(history=NO_HISTORY), compile_strategy(Strategy("", "one", 1, rules, 50, 100), (signal("count", 0),)))


@pytest.mark.parametrize(
    ("points", "effect", "verdict"),
    [
        (49, RuleEffect.SCORE, Verdict.APPROVE),
        (50, RuleEffect.SCORE, Verdict.REFER),
        (99, RuleEffect.SCORE, Verdict.REFER),
        (100, RuleEffect.SCORE, Verdict.DECLINE),
        (-100, RuleEffect.REFER, Verdict.REFER),
        (100, RuleEffect.REFER, Verdict.DECLINE),
        (-100, RuleEffect.DECLINE, Verdict.DECLINE),
    ],
)
def test_thresholds_and_effects_make_the_verdict(points: int, effect: RuleEffect, verdict: Verdict) -> None:
    judgement = judged(points, effect)
    assert (judgement.verdict, judgement.score) == (verdict, points)


def test_a_strategy_that_reads_nothing_of_the_graph_still_approves_nothing_without_it() -> None:
    rule = Rule("earlier", "EARLIER", "records_a >= 5", "{records_a} earlier.", RuleEffect.SCORE, 50)
    signals = (signal("records_a", 0, DecisionSource.RECORDS),)
    strategy = compile_strategy(Strategy("str_x", "plain", 1, (rule,), 50, 100), signals)
    assert decide(dossier(), strategy).verdict is Verdict.APPROVE
    blind = decide(dossier(unread=(unread(DecisionSource.GRAPH),)), strategy)
    assert blind.verdict is Verdict.REFER
    assert [reason.sentence for reason in blind.reasons] == ["The graph could not be read whole, and nothing is approved without it."]
