"""Nigeria: NIN, BVN, tax and company numbers. None has a published check digit."""

from __future__ import annotations

from datetime import date
from typing import Final

from identity.countries.kinds import COMPARE, DIGITS, Flaw, Meaning, NumberKind, need_digits, need_shape


def _eleven(number: str, _on: date) -> Meaning:
    need_digits(number, 11)
    if len(set(number)) == 1:
        raise Flaw(f"is not one digit over and over: {COMPARE}")
    return Meaning()


def _tin(number: str, _on: date) -> Meaning:
    """Eight digits and four of the office, or the ten of the joint tax board."""
    need_digits(number, 10, 12)
    return Meaning()


def _company(number: str, _on: date) -> Meaning:
    """RC (company), BN (business name) or IT (trust) and four to eight digits."""
    digits = number[2:] if number[:2] in ("RC", "BN", "IT") else number
    if not 4 <= len(digits) <= 8:
        raise Flaw(f"has 4 to 8 digits behind RC, BN or IT, and this has {len(digits)}: {COMPARE}")
    need_shape(digits, (DIGITS,) * 8)
    return Meaning()


KINDS: Final = (
    NumberKind("NG_NIN", "A NIN", "IDENTITY_CARD", _eleven, checked=False),
    NumberKind("NG_TIN", "A Nigerian TIN", "TAX_NUMBER", _tin, checked=False),
    NumberKind("NG_COMPANY", "A Nigerian registration number", "BUSINESS_LICENCE", _company, checked=False),
)
