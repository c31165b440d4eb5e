"""South Korea: resident registration numbers, which say birthday and sex, and business registrations.

Numbers given out since October 2020 are random behind the sex and hold no check digit, so one that fails it is a doubt then.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.kr import brn, rrn

from identity.countries.kinds import COMPARE, Flaw, Meaning, NumberKind, Sex, by_library, need_check, need_day, need_digits

CENTURIES: Final = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "3": 2000, "4": 2000, "5": 1900, "6": 1900, "7": 2000, "8": 2000}
"""Seventh digit -> century of birth; 5 to 8 are foreigners."""

RANDOM_SINCE: Final = date(2020, 10, 1)


def _resident(number: str, on: date) -> Meaning:
    need_digits(number, 13)
    born = need_day(CENTURIES[number[6]] + int(number[:2]), int(number[2:4]), int(number[4:6]), on, "1 to 6")
    sex = Sex.MALE if number[6] in "13579" else Sex.FEMALE
    said = "foreigner" if number[6] in "5678" else "citizen"
    if born >= RANDOM_SINCE:
        return Meaning(
            born, sex, said, "is of the kind since October 2020 that holds no check digit: see that it stands so on the document"
        )
    try:
        need_check(number, rrn.calc_check_digit(number))
    except Flaw:
        raise Flaw(f"ends its sum in another check digit than character 13 shows: {COMPARE}") from None
    return Meaning(born, sex, said)


KINDS: Final = (
    NumberKind("KR_RESIDENT", "A South Korean resident registration number", "IDENTITY_CARD", _resident),
    NumberKind("KR_BUSINESS", "A South Korean business registration number", "BUSINESS_LICENCE", by_library(brn, (10,), "9" * 10), False),
)
