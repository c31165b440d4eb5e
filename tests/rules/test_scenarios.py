from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rules.model import Verdict
from rules.signals import SIGNALS
from rules.strategy import shipped
from tests.rules.scenarios.guilty import GUILTY
from tests.rules.scenarios.innocent import INNOCENT
from tests.rules.scenarios.staging import Stage, opened, without
from tests.rules.scenarios.story import Story

INNOCENTS = sorted({story for stories in INNOCENT.values() for story in stories}, key=lambda story: story.__name__)


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


def test_the_reasons_of_the_guilty_name_what_they_rest_on(stage: Stage) -> None:
    moneyless = {"REFUSED_BEFORE", "NO_TRADE"}
    for told in GUILTY.values():
        for reason in stage.judgement(told.story).reasons:
            assert reason.code in moneyless or reason.points < 0 or reason.entities, reason
    assert shipped().strategy.name == "default"
