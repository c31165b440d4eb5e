"""What numbers say, country by country: one file a country, listed in `COUNTRIES`.

To add a country: a file here with its `KINDS`, a line in `COUNTRIES`, a test with numbers from its authority. They are
pure: the only clock is the day that is passed.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from identity.countries import (
    bangladesh,
    brazil,
    cn,
    hk,
    india,
    indonesia,
    kenya,
    malaysia,
    mexico,
    mo,
    nigeria,
    pakistan,
    philippines,
    singapore,
    south_africa,
    south_korea,
    thailand,
    tw,
    vietnam,
)
from identity.countries.kinds import NumberKind, Reading

COUNTRIES: Final[dict[str, tuple[NumberKind, ...]]] = {
    "BD": bangladesh.KINDS,
    "BR": brazil.KINDS,
    "CN": cn.KINDS,
    "HK": hk.KINDS,
    "ID": indonesia.KINDS,
    "IN": india.KINDS,
    "KE": kenya.KINDS,
    "KR": south_korea.KINDS,
    "MO": mo.KINDS,
    "MX": mexico.KINDS,
    "MY": malaysia.KINDS,
    "NG": nigeria.KINDS,
    "PH": philippines.KINDS,
    "PK": pakistan.KINDS,
    "SG": singapore.KINDS,
    "TH": thailand.KINDS,
    "TW": tw.KINDS,
    "VN": vietnam.KINDS,
    "ZA": south_africa.KINDS,
}
"""Kinds of numbers by the country's ISO 3166-1 alpha-2 code."""


def kinds_of(country: str, document: str | None) -> tuple[NumberKind, ...]:
    """Kinds of numbers that a document of this kind carries in this country; all of the country's for None; empty where we know none."""
    known = COUNTRIES.get(country.upper(), ())
    return known if document is None else tuple(kind for kind in known if kind.document == document)


def read_number(text: str, country: str, document: str | None, on: date) -> Reading | None:
    """A number as what it most likely is: the first kind that it is valid as, else the kind whose form it is nearest to.

    None for a country or a document whose numbers we do not know.
    """
    readings = [kind.read(text, on) for kind in kinds_of(country, document)]
    if not readings:
        return None
    sound = [reading for reading in readings if reading.valid]
    certain = [reading for reading in sound if reading.meaning.doubt is None]
    # The kind with the right length names the wrong character; the others would speak of the length.
    return min(certain or sound or readings, key=lambda reading: "characters and this has" in reading.sentence)
