"""Viet Nam: citizens' numbers, which say province, sex and year of birth, and tax numbers of firms."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.vn import mst

from identity.countries.kinds import COMPARE, Flaw, Meaning, NumberKind, Sex, by_library, need_digits

LAST_PROVINCE: Final = 96
"""Provinces are numbered 001 to 096, with gaps."""


def _citizen(number: str, on: date) -> Meaning:
    """Twelve digits: province (3), century and sex (1), year (2), sequence; nine on the cards before 2016. No check digit."""
    need_digits(number, 12, 9)
    if len(number) == 9:
        return Meaning(doubt="has the nine digits of cards from before 2016: ask for the present card of twelve digits")
    if not 1 <= int(number[:3]) <= LAST_PROVINCE:
        raise Flaw(f"states a province in characters 1 to 3, and there is none with this code: {COMPARE}")
    year = 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])
    if year > on.year:
        raise Flaw(f"states in characters 4 to 6 a year of birth that is still to come: {COMPARE}")
    return Meaning(sex=Sex.FEMALE if int(number[3]) % 2 else Sex.MALE, region=f"province {number[:3]}, born in {year}")


KINDS: Final = (
    NumberKind("VN_CITIZEN", "A Vietnamese citizen's number", "IDENTITY_CARD", _citizen, checked=False),
    NumberKind("VN_TAX_NUMBER", "A Vietnamese tax number", "TAX_NUMBER", by_library(mst, (10, 13), "9" * 13)),
    NumberKind("VN_ENTERPRISE", "A Vietnamese enterprise number", "BUSINESS_LICENCE", by_library(mst, (10, 13), "9" * 13)),
)
