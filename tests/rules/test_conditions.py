from __future__ import annotations

import pytest

from rules.conditions import MAXIMUM_LENGTH, ConditionError, Conditions, Vocabulary
from rules.model import SignalKind, SignalValue

KINDS = {
    "count": SignalKind.INTEGER,
    "amount": SignalKind.MONEY,
    "part": SignalKind.NUMBER,
    "known": SignalKind.BOOLEAN,
    "standing": SignalKind.TEXT,
}
CONDITIONS = Conditions(Vocabulary(KINDS))
VALUES: dict[str, SignalValue] = {"count": 3, "amount": 500, "part": 0.5, "known": True, "standing": "BLOCKED"}
PRESENT = dict.fromkeys(VALUES, False)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("count >= 3", True),
        ("count > 3 || part < 0.4", False),
        ("known && standing == 'BLOCKED'", True),
        ("standing in ['CLEAR', 'SUSPECTED']", False),
        ("amount >= 2 * count && !part_absent", True),
        ("double(count) * part == 1.5", True),
        ("known ? count == 3 : count == 4", True),
        ("standing == 'count'", False),
    ],
)
def test_a_condition_over_values_holds_or_does_not(text: str, holds: bool) -> None:
    assert CONDITIONS.compile(text).holds(CONDITIONS.bind(VALUES, PRESENT)) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("devices > 3", "there is no signal called 'devices'"),
        ("count > 2.5", "write whole numbers as 1.0 beside a number"),
        ("part > 1", "write whole numbers as 1.0 beside a number"),
        ("count + 1", "a condition ends in yes or no: this one ends in int"),
        ("count >", "Syntax error"),
        ("count == null", "does not take"),
        ("known == 1", "does not take"),
        ("!count", "`!` does not take int"),
        ("[1, 2].exists(x, x > count)", "signals are single values"),
        ("true", "reads at least one signal"),
        ("'count' == 'count'", "reads at least one signal"),
        ("  ", "1 to 500 characters"),
        ("count > 1 || " * MAXIMUM_LENGTH, "1 to 500 characters"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_compiled(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as raised:
        CONDITIONS.compile(text)
    assert message in raised.value.message


def test_the_place_of_an_error_is_said() -> None:
    with pytest.raises(ConditionError) as raised:
        CONDITIONS.compile("count > 1 &&\n devices > 1")
    assert (raised.value.line, raised.value.column) == (2, 2)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("count > 1", {"count"}),
        ("part_absent || amount > 1", {"part", "amount"}),
        ("standing == 'count > 1' || standing == \"known\"", {"standing"}),
        (r"standing == r'\d' || known", {"standing", "known"}),
        ("known // and not count", {"known"}),
        ("standing == '// count' && known", {"standing", "known"}),
        ("standing == '''count''' && known", {"standing", "known"}),
        ("double(count) > part", {"count", "part"}),
    ],
)
def test_a_condition_says_what_it_reads(text: str, reads: set[str]) -> None:
    assert CONDITIONS.compile(text).reads == reads


@pytest.mark.parametrize("text", ["count >= 3", "!known", "known || count > 99", "count_absent", "standing != 'X'"])
def test_an_unread_signal_gives_no_answer_rather_than_a_true_one(text: str) -> None:
    assert CONDITIONS.compile(text).holds(CONDITIONS.bind({}, {})) is None


def test_a_division_by_zero_gives_no_answer() -> None:
    assert CONDITIONS.compile("count / (count - 3) > 1").holds(CONDITIONS.bind(VALUES, PRESENT)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", True),
        ("count", 2.0),
        ("count", "3"),
        ("count", 2**63),
        ("part", 1),
        ("part", float("nan")),
        ("part", float("inf")),
        ("known", 1),
        ("standing", 0),
    ],
)
def test_a_value_of_another_type_is_not_bound(name: str, value: SignalValue) -> None:
    with pytest.raises(TypeError, match=name):
        CONDITIONS.bind({name: value}, PRESENT)


def test_a_signal_may_not_be_called_like_the_absence_of_another() -> None:
    with pytest.raises(AssertionError, match="absent"):
        Vocabulary({"part_absent": SignalKind.BOOLEAN})
