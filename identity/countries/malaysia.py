"""Malaysia: NRIC, which says birthday, place of birth and sex, and the registration of companies."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum import numdb

from identity.countries.kinds import (
    COMPARE,
    DIGITS,
    LETTERS,
    Flaw,
    Meaning,
    NumberKind,
    Sex,
    century_of,
    need_digits,
    need_length,
    need_shape,
)


def _nric(number: str, on: date) -> Meaning:
    """Year, month and day, place of birth, sequence whose last digit is odd for men; no check digit."""
    need_digits(number, 12)
    born = century_of(int(number[:2]), int(number[2:4]), int(number[4:6]), on, "1 to 6")
    place = {name: value for _, said in numdb.get("my/bp").info(number[6:8]) for name, value in said.items()}
    if not place:
        raise Flaw(f"states a place of birth in characters 7 and 8, and there is none with this code: {COMPARE}")
    where = place.get("state") or place.get("country") or place.get("countries")
    return Meaning(born, Sex.MALE if int(number[11]) % 2 else Sex.FEMALE, str(where))


def _company(number: str, on: date) -> Meaning:
    """Twelve digits since 2019, which begin with the year; before, up to seven and a check letter."""
    if len(number) == 12:
        need_digits(number, 12)
        if not 1900 <= int(number[:4]) <= on.year:
            raise Flaw(f"begins with the year of its registration, and this year is not past: {COMPARE}")
        return Meaning()
    need_length(number, 12, 8, 7, 6, 9)
    need_shape(number, (DIGITS,) * (len(number) - 1) + (LETTERS,))
    return Meaning(doubt="is of the form before 2019: ask for the present number of twelve digits")


KINDS: Final = (
    NumberKind("MY_NRIC", "An NRIC of Malaysia", "IDENTITY_CARD", _nric, checked=False),
    NumberKind("MY_COMPANY", "A Malaysian company number", "BUSINESS_LICENCE", _company, checked=False),
)
