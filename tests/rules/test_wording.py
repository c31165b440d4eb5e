from __future__ import annotations

import pytest

from rules.model import DecisionSource, Signal, SignalKind, SignalValue
from rules.wording import display, money
from tests.rules.drawing import signal


def shown(value: SignalValue, kind: SignalKind, unit: str | None, *, absent: bool = False) -> str:
    return display(Signal(signal("any", 0).compute, kind, unit, DecisionSource.GRAPH), value, absent, "CNY")


@pytest.mark.parametrize(
    ("value", "kind", "unit", "text"),
    [
        (123_456_700, SignalKind.MONEY, "minor units", "1,234,567 yuan"),
        (123_456_789, SignalKind.MONEY, "minor units", "1,234,567.89 yuan"),
        (0.125, SignalKind.NUMBER, "share", "12%"),
        (1, SignalKind.INTEGER, "days", "1 day"),
        (9_999, SignalKind.INTEGER, "days", "9,999 days"),
        (2.5, SignalKind.NUMBER, "months", "2.5 months"),
        (4.0, SignalKind.NUMBER, "times", "4 times"),
        (11.0, SignalKind.NUMBER, "companies", "11"),
        (5.14, SignalKind.NUMBER, "companies", "5"),
        (0.5, SignalKind.NUMBER, "companies", "0.5"),
        (0.16, SignalKind.NUMBER, "strength", "0.16"),
        (1_200, SignalKind.INTEGER, "count", "1,200"),
        (True, SignalKind.BOOLEAN, None, "yes"),
        ("BLOCKED", SignalKind.TEXT, None, "BLOCKED"),
    ],
)
def test_values_are_shown_as_a_person_reads_them(value: SignalValue, kind: SignalKind, unit: str | None, text: str) -> None:
    assert shown(value, kind, unit) == text


def test_nothing_to_measure_is_shown_as_none() -> None:
    assert shown(9_999, SignalKind.INTEGER, "days", absent=True) == "none"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(-1_050, "CNY", "-10.50 yuan"), (1_050, "EUR", "10.50 EUR"), (1_050, "JPY", "1,050 JPY"), (1_050, "KWD", "1.050 KWD")],
)
def test_money_is_shown_in_major_units(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text
