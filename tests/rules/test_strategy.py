from __future__ import annotations

import re

import pytest

from rules.conditions import Conditions, Vocabulary
from rules.signals import SIGNALS
from rules.strategy import StrategyError, canonical, compile_strategy, read_strategy, shipped, strategy_from
from tests.rules.drawing import signal

TWO = (signal("devices", 0), signal("part", 0.0))
GOOD = """name: small
version: 3
refer_at: 50
decline_at: 100
rules:
  - name: farm
    code: FARM
    when: devices >= 4
    says: "{devices} devices."
    points: 60
  - name: hard
    code: HARD
    when: part > 0.5 && devices > 0
    says: "{part} of all."
    effect: DECLINE
"""


def test_a_good_strategy_is_read_and_compiled() -> None:
    compiled = read_strategy(GOOD, "small.yaml", TWO)
    assert [rule.reads for rule in compiled.rules] == [("devices",), ("devices", "part")]
    assert compiled.strategy.id.startswith("str_") and len(compiled.strategy.id) == 28
    assert (compiled.strategy.name, compiled.strategy.version, compiled.strategy.currency) == ("small", 3, "CNY")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("devices >= 4", "devises >= 4", 8, "rules[0].when: there is no signal called 'devises'"),
        ("devices >= 4", "devices >= 4.0", 8, "rules[0].when: `>=` does not take int and double"),
        ("devices >= 4", "devices + 4", 8, "rules[0].when: a condition ends in yes or no"),
        ("{devices} devices", "{device} devices", 9, "rules[0].says: {device} is no signal that the condition reads"),
        ("{devices} devices", "{part} devices", 9, "rules[0].says: {part} is no signal that the condition reads"),
        ("{devices} devices.", "{devices devices.", 9, "rules[0].says: is one sentence"),
        ("{devices} devices.", "{devices} devices", 9, "rules[0].says: is one sentence"),
        ("name: hard", "name: farm", 11, "rules[1].name: 'farm' is used by an earlier rule"),
        ("code: HARD", "code: FARM", 12, "rules[1].code: 'FARM' is used by an earlier rule"),
        ("code: HARD", "code: DEGRADED", 12, "rules[1].code: DEGRADED is kept"),
        ("code: HARD", "code: hard", 12, "rules[1].code: is a code in capitals"),
        ("points: 60", "points: '60'", 10, "rules[0].points: is a whole number from -1,000 to 1,000"),
        ("points: 60", "points: 6.5", 10, "rules[0].points: is a whole number"),
        ("points: 60", "points: 6000", 10, "rules[0].points: is a whole number"),
        ("points: 60", "points: 0", 10, "rules[0].points: a rule that scores has points other than 0"),
        ("points: 60", "point: 60", 10, "rules[0].point: is no field here"),
        ("effect: DECLINE", "effect: REFUSE", 15, "rules[1].effect: is one of SCORE, REFER, DECLINE: not 'REFUSE'"),
        ('    says: "{part} of all."\n', "", 11, "rules[1]: lacks says"),
        ("version: 3", "version: three", 2, "version: is a whole number"),
        ("decline_at: 100", "decline_at: 40", 4, "decline_at: is at least refer_at, 50: it is 40"),
        ("name: small", "name: small\nname: other", 2, "name: is given twice"),
        ("name: small", "name: true", 1, "name: is a text: put it in quotes"),
        ("name: farm", "name: &farm farm", 6, "anchors and aliases are not read"),
        ("when: devices >= 4", "when: [devices]", 8, "rules[0].when: is a text"),
        ("rules:", "rules: {}\nother:", 6, "other: is no field here"),
        ("refer_at: 50", "refer_at: [", 4, "this is not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_field(old: str, new: str, line: int, message: str) -> None:
    assert old in GOOD
    with pytest.raises(StrategyError) as raised:
        read_strategy(GOOD.replace(old, new, 1), "small.yaml", TWO)
    text = str(raised.value)
    assert re.match(r"small\.yaml:\d+: ", text), text
    if "YAML" not in message:
        assert raised.value.line == line, text
    assert message in text


def test_an_empty_file_is_said() -> None:
    with pytest.raises(StrategyError, match=r"small\.yaml: the file is empty"):
        read_strategy("", "small.yaml", TWO)


def test_a_strategy_comes_back_from_its_canonical_form_with_the_same_id() -> None:
    strategy = read_strategy(GOOD, "small.yaml", TWO).strategy
    again = strategy_from(canonical(strategy))
    assert again == strategy
    assert compile_strategy(again, TWO).canonical == canonical(strategy)


def test_another_content_has_another_id() -> None:
    other = GOOD.replace("points: 60", "points: 61")
    assert read_strategy(GOOD, "a.yaml", TWO).strategy.id != read_strategy(other, "a.yaml", TWO).strategy.id


def test_a_kept_strategy_whose_signal_is_gone_is_refused_by_name() -> None:
    strategy = read_strategy(GOOD, "small.yaml", TWO).strategy
    with pytest.raises(StrategyError, match=r"small: rules\[1\]\.when: there is no signal called 'part'"):
        compile_strategy(strategy, TWO[:1])


def test_the_shipped_strategy_uses_every_signal() -> None:
    read = {name for rule in shipped().rules for name in rule.reads}
    assert read == {signal.name for signal in SIGNALS}


def test_every_signal_is_documented_and_has_its_own_name() -> None:
    assert len({signal.name for signal in SIGNALS}) == len(SIGNALS) >= 14
    for one in SIGNALS:
        assert one.description.endswith("."), one.name
        assert len(one.description) <= 200, one.name
    Conditions(Vocabulary({one.name: one.kind for one in SIGNALS}))
