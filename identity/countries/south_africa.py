"""South Africa: ids, which say birthday and sex, tax numbers and the registration of companies."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.za import idnr, tin

from identity.countries.kinds import COMPARE, Flaw, Meaning, NumberKind, Sex, by_library, century_of, need_digits


def _holder(number: str, on: date) -> Meaning:
    born = century_of(int(number[:2]), int(number[2:4]), int(number[4:6]), on, "1 to 6")
    return Meaning(born, Sex.MALE if number[6] >= "5" else Sex.FEMALE, "citizen" if number[10] == "0" else "permanent resident")


def _company(number: str, on: date) -> Meaning:
    """Year, sequence of six and the kind of company: 2015/123456/07."""
    need_digits(number, 12)
    if not 1900 <= int(number[:4]) <= on.year:
        raise Flaw(f"begins with the year of its registration, and this year is not past: {COMPARE}")
    return Meaning()


KINDS: Final = (
    NumberKind("ZA_ID", "A South African id number", "IDENTITY_CARD", by_library(idnr, (13,), "9" * 13, _holder)),
    NumberKind("ZA_TAX_NUMBER", "A South African tax number", "TAX_NUMBER", by_library(tin, (10,), "9" * 10)),
    NumberKind("ZA_COMPANY", "A South African registration number", "BUSINESS_LICENCE", _company, checked=False),
)
