"""What both stores ask of whoever wants the ties that hold."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from graph.errors import InvalidInput, Problem
from graph.model import MONEY_TIES, TieKind

MAXIMUM_HELD: Final = 10_000
"""Entities in one page."""


def check_held(kinds: Collection[TieKind], first: int) -> None:
    """Raise `InvalidInput` for no kinds, ties of money, or a page that is not of 1 to 10,000 entities."""
    if not kinds or MONEY_TIES.intersection(kinds):
        raise InvalidInput([Problem(("kinds",), "name ties of money, or none: give some that are not PAYS, PAID_OUT_TO or REPAYS")])
    if not 1 <= first <= MAXIMUM_HELD:
        raise InvalidInput([Problem(("first",), f"is {first:,}: give 1 to {MAXIMUM_HELD:,}")])
