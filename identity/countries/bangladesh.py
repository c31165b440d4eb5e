"""Bangladesh: national ids of 10, 13 and 17 digits, and taxpayer numbers. None has a published check digit."""

from __future__ import annotations

from datetime import date
from typing import Final

from identity.countries.kinds import COMPARE, Flaw, Meaning, NumberKind, need_digits


def _national(number: str, on: date) -> Meaning:
    """Ten digits on smart cards; 13 before, behind the year of birth since 2008."""
    need_digits(number, 10, 13, 17)
    if len(number) == 17 and not on.year - 130 <= int(number[:4]) <= on.year:
        raise Flaw(f"begins with the year of birth, and nobody was born in this one: {COMPARE}")
    return Meaning(region=f"born in {number[:4]}" if len(number) == 17 else None)


def _tin(number: str, _on: date) -> Meaning:
    need_digits(number, 12)
    return Meaning()


def _bin(number: str, _on: date) -> Meaning:
    need_digits(number, 13, 9)
    return Meaning()


KINDS: Final = (
    NumberKind("BD_NATIONAL_ID", "A national id number of Bangladesh", "IDENTITY_CARD", _national, checked=False),
    NumberKind("BD_TIN", "A taxpayer number of Bangladesh", "TAX_NUMBER", _tin, checked=False),
    NumberKind("BD_BIN", "A business number of Bangladesh", "BUSINESS_LICENCE", _bin, checked=False),
)
