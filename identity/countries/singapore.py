"""Singapore: NRIC and FIN with their check letter, and UEN."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.sg import uen

from identity.countries.kinds import DIGITS, LETTERS, Meaning, NumberKind, by_library, need_check, need_length, need_shape

SERIES: Final = {
    "S": (0, "JZIHGFEDCBA"),
    "T": (4, "JZIHGFEDCBA"),
    "F": (0, "XWUTRQPNMLK"),
    "G": (4, "XWUTRQPNMLK"),
    "M": (3, "XWUTRQPNJLK"),
}
"""First letter -> what is added to the sum, and the check letters by its rest modulo 11."""


def _card(number: str, _on: date) -> Meaning:
    need_length(number, 9)
    need_shape(number, ("STFGM", *(DIGITS,) * 7, LETTERS))
    offset, letters = SERIES[number[0]]
    rest = (offset + sum(int(digit) * weight for digit, weight in zip(number[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))) % 11
    need_check(number, letters[rest])
    return Meaning(region="citizen or permanent resident" if number[0] in "ST" else "foreigner")


KINDS: Final = (
    NumberKind("SG_NRIC", "An NRIC or FIN of Singapore", "IDENTITY_CARD", _card),
    NumberKind("SG_UEN", "A UEN", "BUSINESS_LICENCE", by_library(uen, (9, 10), "X" * 10)),
)
