"""Mexico: CURP, which says birthday, sex and state, and RFC."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.mx import curp, rfc

from identity.countries.kinds import DIGITS, Meaning, NumberKind, Sex, by_library, need_day


def _person(number: str, on: date) -> Meaning:
    """Character 17 tells the century: a digit for the last one, a letter for this one."""
    century = 1900 if number[16] in DIGITS else 2000
    born = need_day(century + int(number[4:6]), int(number[6:8]), int(number[8:10]), on, "5 to 10")
    return Meaning(born, {"H": Sex.MALE, "M": Sex.FEMALE}.get(number[10]), number[11:13])


KINDS: Final = (
    NumberKind("MX_CURP", "A CURP", "IDENTITY_CARD", by_library(curp, (18,), "AAAA999999AAAAAAX9", _person)),
    NumberKind("MX_RFC", "An RFC", "TAX_NUMBER", by_library(rfc, (12, 13), "X" * 13)),
)
