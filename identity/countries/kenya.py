"""Kenya: national ids, KRA PINs and the registration of companies."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.ke import pin

from identity.countries.kinds import Meaning, NumberKind, by_library, need_digits


def _national(number: str, _on: date) -> Meaning:
    need_digits(number, 7, 8, 9)
    return Meaning()


def _whose(number: str, _on: date) -> Meaning:
    return Meaning(region="person" if number[0] == "A" else "firm")


KINDS: Final = (
    NumberKind("KE_NATIONAL_ID", "A Kenyan national id number", "IDENTITY_CARD", _national, checked=False),
    NumberKind("KE_PIN", "A KRA PIN", "TAX_NUMBER", by_library(pin, (11,), "A999999999A", _whose), checked=False),
    NumberKind("KE_FIRM_PIN", "A KRA PIN of a firm", "BUSINESS_LICENCE", by_library(pin, (11,), "A999999999A", _whose), checked=False),
)
