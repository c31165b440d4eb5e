"""Taiwan: national ids, resident certificates old and new, unified business numbers."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.tw import ubn

from identity.countries.kinds import DIGITS, LETTERS, Meaning, NumberKind, Sex, by_library, need_check, need_length, need_shape

ORDER: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""Letters by their value, from 10: the order in which the places got theirs."""

PLACES: Final = {
    "A": "Taipei", "B": "Taichung", "C": "Keelung", "D": "Tainan", "E": "Kaohsiung", "F": "New Taipei", "G": "Yilan", "H": "Taoyuan",
    "I": "Chiayi City", "J": "Hsinchu County", "K": "Miaoli", "L": "Taichung County", "M": "Nantou", "N": "Changhua", "O": "Hsinchu City",
    "P": "Yunlin", "Q": "Chiayi County", "R": "Tainan County", "S": "Kaohsiung County", "T": "Pingtung", "U": "Hualien", "V": "Taitung",
    "W": "Kinmen", "X": "Penghu", "Y": "Yangmingshan", "Z": "Lienchiang",
}  # fmt: skip


def _sum(number: str) -> int:
    """The weighted sum of all but the check digit; of a second letter the last digit of its value counts."""
    first = 10 + ORDER.index(number[0])
    second = (10 + ORDER.index(number[1])) % 10 if number[1] in LETTERS else int(number[1])
    digits = [first // 10, first % 10, second, *map(int, number[2:9])]
    return sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1), strict=True))


def _card(number: str, _on: date) -> Meaning:
    need_length(number, 10)
    need_shape(number, (LETTERS, "12", *(DIGITS,) * 8))
    need_check(number, str(-_sum(number) % 10))
    return Meaning(sex=Sex.MALE if number[1] == "1" else Sex.FEMALE, region=PLACES[number[0]])


def _certificate(number: str, _on: date) -> Meaning:
    """Since 2021 the second character is 8 or 9; before it was A to D."""
    need_length(number, 10)
    need_shape(number, (LETTERS, "89ABCD", *(DIGITS,) * 8))
    need_check(number, str(-_sum(number) % 10))
    return Meaning(sex=Sex.MALE if number[1] in "8AC" else Sex.FEMALE, region=PLACES[number[0]])


KINDS: Final = (
    NumberKind("TW_IDENTITY_CARD", "A Taiwan identity card number", "IDENTITY_CARD", _card),
    NumberKind("TW_RESIDENT_CERTIFICATE", "A Taiwan resident certificate number", "RESIDENCE_PERMIT", _certificate),
    NumberKind("TW_BUSINESS_NUMBER", "A Taiwan unified business number", "BUSINESS_LICENCE", by_library(ubn, (8,), "99999999")),
)
