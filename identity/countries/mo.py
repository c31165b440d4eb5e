"""Macau: the resident identity card's number (its last digit is a check digit, but how it is made is not published)."""

from __future__ import annotations

from datetime import date
from typing import Final

from identity.countries.kinds import DIGITS, Meaning, NumberKind, need_length, need_shape


def _card(number: str, _on: date) -> Meaning:
    """Eight digits; the first is 1 (or, of who held a Portuguese document before 1992, 5 or 7)."""
    need_length(number, 8)
    need_shape(number, ("157", *(DIGITS,) * 7))
    return Meaning(region="Macau")


KINDS: Final = (NumberKind("MO_IDENTITY_CARD", "A Macau resident identity card number", "IDENTITY_CARD", _card, checked=False),)
