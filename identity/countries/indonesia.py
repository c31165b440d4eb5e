"""Indonesia: NIK, which says birthday and sex (40 is added to the day of women), and NPWP."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum import numdb
from stdnum.id import npwp

from identity.countries.kinds import COMPARE, Flaw, Meaning, NumberKind, Sex, by_library, century_of, need_digits


def _nik(number: str, on: date) -> Meaning:
    """Province, regency and district, day, month and year of birth, sequence; there is no check digit."""
    need_digits(number, 16)
    place = {name: value for _, said in numdb.get("id/loc").info(number[:4]) for name, value in said.items()}
    if not place:
        raise Flaw(f"states a regency in characters 1 to 4, and there is none with this code: {COMPARE}")
    day = int(number[6:8])
    born = century_of(int(number[10:12]), int(number[8:10]), day % 40, on, "7 to 12")
    return Meaning(born, Sex.FEMALE if day > 40 else Sex.MALE, ", ".join(str(value) for value in place.values()))


KINDS: Final = (
    NumberKind("ID_NIK", "A NIK", "IDENTITY_CARD", _nik, checked=False),
    NumberKind("ID_NPWP", "An NPWP", "TAX_NUMBER", by_library(npwp, (15, 16), "9" * 16)),
)
