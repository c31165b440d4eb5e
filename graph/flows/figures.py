"""Sums and ratios of money. Amounts are whole minor units; ratios are exact until they are rounded, half up, to three decimals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, NamedTuple

from graph.flows.scope import Movement
from graph.model import Entity

_THOUSANDTH: Final = Decimal("0.001")


class Totals(NamedTuple):
    """Number, sum and largest of some movements."""

    number: int = 0
    total: int = 0
    largest: int | None = None
    """None when there is none."""


class Counterparty(NamedTuple):
    """Movements with one other account, taken together."""

    account: str
    totals: Totals


def total(movements: Iterable[Movement]) -> Totals:
    """The movements taken together."""
    amounts = [movement.amount for movement in movements]
    return Totals(len(amounts), sum(amounts), max(amounts, default=None))


def by_other(movements: Iterable[Movement]) -> dict[str, Totals]:
    """The movements with each other end taken together: parallel ones all count."""
    amounts: dict[str, list[int]] = {}
    for movement in movements:
        amounts.setdefault(movement.other, []).append(movement.amount)
    return {other: Totals(len(some), sum(some), max(some)) for other, some in amounts.items()}


def most_first(totals: dict[str, Totals]) -> tuple[Counterparty, ...]:
    """Counterparties by sum, descending, then by id."""
    return tuple(Counterparty(other, totals[other]) for other in sorted(totals, key=lambda other: (-totals[other].total, other)))


def ratio(part: int, whole: int) -> Decimal | None:
    """`part / whole` rounded half up to three decimals; None when there is nothing to divide by."""
    if whole == 0:
        return None
    with localcontext() as context:
        context.prec = 60  # sums have at most 19 digits: what is rounded is exact far beyond the third decimal
        return (Decimal(part) / Decimal(whole)).quantize(_THOUSANDTH, ROUND_HALF_UP)


def lent(loan: Entity) -> int:
    """A loan's amount: what was lent as described, else what was paid out, else what was asked for; 0 when nothing says."""
    for name in ("amount_lent", "paid_out", "requested"):
        value = loan.fields.get(name)
        if isinstance(value, int):
            return value
    return 0


def owed(loan: Entity) -> int:
    """What is still owed on a loan as described; 0 when nothing says."""
    value = loan.fields.get("balance")
    return value if isinstance(value, int) else 0
