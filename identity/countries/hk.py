"""Hong Kong: the identity card's number, whose check digit python-stdnum does not know, and the business registration number."""

from __future__ import annotations

from datetime import date
from typing import Final

from identity.countries.kinds import DIGITS, LETTERS, Meaning, NumberKind, need_check, need_digits, need_length, need_shape


def _card(number: str, _on: date) -> Meaning:
    """One or two letters, six digits and a check digit of the sum modulo 11, where A is 10 and a missing letter 36."""
    need_length(number, 8, 9)
    need_shape(number, (LETTERS,) * (len(number) - 7) + (DIGITS,) * 6 + (DIGITS + "A",))
    padded = number[:-1].rjust(8)
    total = sum((36 if character == " " else int(character, 36)) * (9 - place) for place, character in enumerate(padded))
    need_check(number, "0123456789A"[-total % 11])
    return Meaning(region="Hong Kong")


def _business(number: str, _on: date) -> Meaning:
    need_digits(number, 8)
    return Meaning(region="Hong Kong")


KINDS: Final = (
    NumberKind("HK_IDENTITY_CARD", "A Hong Kong identity card number", "IDENTITY_CARD", _card),
    NumberKind("HK_BUSINESS_REGISTRATION", "A Hong Kong business registration number", "BUSINESS_LICENCE", _business, checked=False),
)
