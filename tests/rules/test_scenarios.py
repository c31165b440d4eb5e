from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rules import judgements
from rules.deciding import decide
from rules.dossier import MAXIMUM_BYTES, decode, encode
from rules.model import DecisionSource, DegradedCause, Unread, Verdict
from rules.signals import SIGNALS
from rules.strategy import DEGRADED, CompiledStrategy, compile_strategy, shipped
from tests.rules.drawing import failing
from tests.rules.scenarios.guilty import GUILTY, pays_one_who_pays
from tests.rules.scenarios.innocent import INNOCENT
from tests.rules.scenarios.rings import RINGS
from tests.rules.scenarios.staging import Stage, opened, without
from tests.rules.scenarios.story import Story

ROOT = Path(__file__).parent.parent.parent

INNOCENTS = sorted({story for stories in INNOCENT.values() for story in stories}, key=lambda story: story.__name__)


def replace_signal(name: str) -> CompiledStrategy:
    """The shipped strategy with a signal that fails."""
    signals = tuple(failing(one.name, one.kind, one.source) if one.name == name else one for one in SIGNALS)
    return compile_strategy(shipped().strategy, signals)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("stage")) as found:
        yield found


def test_every_signal_has_a_story_that_it_changes_and_innocents_that_it_leaves_alone() -> None:
    names = [signal.name for signal in SIGNALS]
    assert sorted(GUILTY) == sorted(names)
    assert sorted(INNOCENT) == sorted(names)


@pytest.mark.parametrize("name", GUILTY)
def test_the_signal_changes_the_verdict(stage: Stage, name: str) -> None:
    told = GUILTY[name]
    judgement = stage.judgement(told.story)
    codes = {reason.code: reason for reason in judgement.reasons}
    said = {one.signal: one.display for one in judgement.observed}
    assert judgement.verdict is told.verdict, (codes, said)
    assert told.code in codes, (set(codes), said)
    assert name in {one.signal for one in codes[told.code].observed}
    assert stage.judgement(told.story, without(name)).verdict is not told.verdict


@pytest.mark.parametrize("story", INNOCENTS, ids=lambda story: story.__name__)
def test_innocents_are_approved(stage: Stage, story: Callable[[], Story]) -> None:
    judgement = stage.judgement(story)
    said = {one.signal: one.display for one in judgement.observed}
    assert judgement.verdict is Verdict.APPROVE, ([reason.sentence for reason in judgement.reasons], said)


def test_the_bound_of_movements_is_what_cuts_and_below_it_all_is_followed(stage: Stage) -> None:
    """The same shop and the same payment: one that goes to 100 others is followed whole, one that goes to 2,100 is not."""
    few = stage.dossier(lambda: pays_one_who_pays(Story().shop("noodles").sells("noodles"), 100).asks("noodles", amount=30_000 * 100))
    many = stage.dossier(GUILTY["money_unfollowed"].story)
    assert few.surroundings is not None and few.surroundings.findings.complete
    assert many.surroundings is not None and not many.surroundings.findings.complete
    assert decide(few, shipped()).verdict is Verdict.APPROVE


@pytest.mark.parametrize("story", INNOCENT["money_unfollowed"], ids=lambda story: story.__name__)
def test_the_innocents_of_the_bound_are_really_cut_by_it(stage: Stage, story: Callable[[], Story]) -> None:
    around = stage.dossier(story).surroundings
    assert around is not None and not around.findings.complete


def test_the_reasons_of_the_guilty_name_what_they_rest_on(stage: Stage) -> None:
    moneyless = {"REFUSED_BEFORE", "NO_TRADE"}
    for told in GUILTY.values():
        for reason in stage.judgement(told.story).reasons:
            assert reason.code in moneyless or reason.points < 0 or reason.entities, reason
    assert shipped().strategy.name == "default"


@pytest.mark.parametrize(("ring", "applicant"), [(ring, applicant) for ring, (_, applicants) in RINGS.items() for applicant in applicants])
def test_every_ring_is_stopped_from_its_first_applicants_on(stage: Stage, ring: str, applicant: int) -> None:
    tell, _ = RINGS[ring]
    judgement = stage.judgement(lambda: tell(applicant))
    said = {one.signal: one.display for one in judgement.observed if one.display not in {"none", "0"}}
    assert judgement.verdict is not Verdict.APPROVE, ([reason.sentence for reason in judgement.reasons], said)


@pytest.mark.parametrize("name", [signal.name for signal in SIGNALS])
def test_a_signal_taken_away_never_approves_the_guilty_nor_refuses_innocents(stage: Stage, name: str) -> None:
    lost = replace_signal(name)
    for told in GUILTY.values():
        whole, without_it = stage.judgement(told.story), stage.judgement(told.story, lost)
        assert without_it.verdict is not Verdict.APPROVE, told.code
        assert without_it.verdict in {whole.verdict, Verdict.REFER}, told.code
    for story in INNOCENTS:
        assert stage.judgement(story, lost).verdict is not Verdict.DECLINE


@pytest.mark.parametrize("source", [DecisionSource.GRAPH, DecisionSource.RECORDS])
def test_a_source_taken_away_never_approves_the_guilty_nor_refuses_innocents(stage: Stage, source: DecisionSource) -> None:
    gone = (Unread(source, DegradedCause.TIMED_OUT, 350.0),)
    for told in GUILTY.values():
        judgement = decide(replace(stage.dossier(told.story), unread=gone), shipped())
        alone = told.code == "IDENTITY_REJECTED"  # the records say it, whatever the graph would
        assert judgement.verdict is Verdict.REFER or ((source is DecisionSource.RECORDS or alone) and judgement.verdict is Verdict.DECLINE)
        assert judgement.verdict is Verdict.DECLINE or DEGRADED in {reason.code for reason in judgement.reasons}
    for story in INNOCENTS:
        assert decide(replace(stage.dossier(story), unread=gone), shipped()).verdict is Verdict.REFER


def test_every_story_is_judged_again_from_what_is_stored_byte_for_byte(stage: Stage) -> None:
    for story in [*INNOCENTS, *(told.story for told in GUILTY.values())]:
        stored = encode(stage.dossier(story))
        assert len(stored) <= MAXIMUM_BYTES
        assert judgements.encode(decide(decode(stored), shipped())) == judgements.encode(stage.judgement(story))


def test_another_process_says_the_same_whatever_the_order_of_its_sets(stage: Stage) -> None:
    stories = [*INNOCENTS, *(told.story for told in GUILTY.values())]
    lines = "\n".join(base64.b64encode(encode(stage.dossier(story))).decode() for story in stories)
    said = set()
    for seed in ("1", "2", "3"):
        environment = {"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.rules.judging_apart"],
            input=lines,
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(done.stdout)
    assert len(said) == 1
    assert len(done.stdout.split()) == len(stories)
