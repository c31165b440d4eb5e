"""Values as a person reads them: yuan for fen, per cent for shares, days for days."""

from __future__ import annotations

from typing import Final

from graph.currencies import MINOR_DIGITS
from rules.model import Signal, SignalKind, SignalValue

UNKNOWN: Final = "unknown"
"""Of a signal that was not read."""

NONE: Final = "none"
"""Of a signal with nothing to measure."""

_SPELT: Final = frozenset({"months", "days", "hours", "minutes"})
"""Units that stand behind their number; of others the sentence says what is counted."""

_NAMES: Final = {"CNY": "yuan"}


def money(amount: int, currency: str) -> str:
    """`1,234.50 yuan` of minor units; whole amounts without decimals."""
    name = _NAMES.get(currency, currency)
    digits = MINOR_DIGITS.get(currency, 2)
    sign, (major, minor) = "-" if amount < 0 else "", divmod(abs(amount), 10**digits)
    return f"{sign}{major:,}{f'.{minor:0{digits}d}' if minor else ''} {name}"


def display(signal: Signal, value: SignalValue, absent: bool, currency: str) -> str:
    """The value with its unit; `none` when there was nothing to measure."""
    if absent:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if signal.kind is SignalKind.MONEY:
        return money(int(value), currency)
    if signal.unit == "share":
        return f"{value * 100:.0f}%"
    number = f"{value:,}" if isinstance(value, int) else _decimals(value, 0 if signal.unit == "companies" and value >= 2 else 2)
    if signal.unit in _SPELT:
        return f"{number} {signal.unit.removesuffix('s') if value == 1 else signal.unit}"
    return f"{number} times" if signal.unit == "times" else number


def _decimals(value: float, most: int) -> str:
    """The number with at most so many decimals; companies are counted in whole ones (half of one is said all the same)."""
    return f"{value:,.{most}f}".rstrip("0").rstrip(".") if most else f"{value:,.0f}"
