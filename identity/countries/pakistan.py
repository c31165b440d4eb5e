"""Pakistan: CNIC, which says province and sex, and NTN."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.pk import cnic

from identity.countries.kinds import Meaning, NumberKind, Sex, by_library, need_digits


def _holder(number: str, _on: date) -> Meaning:
    return Meaning(sex={"M": Sex.MALE, "F": Sex.FEMALE}.get(cnic.get_gender(number) or ""), region=cnic.get_province(number))


def _ntn(number: str, _on: date) -> Meaning:
    """Seven digits and the check digit, whose rule is not published."""
    need_digits(number, 7, 8)
    return Meaning()


KINDS: Final = (
    NumberKind("PK_CNIC", "A CNIC", "IDENTITY_CARD", by_library(cnic, (13,), "9" * 13, _holder), checked=False),
    NumberKind("PK_NTN", "An NTN", "TAX_NUMBER", _ntn, checked=False),
)
