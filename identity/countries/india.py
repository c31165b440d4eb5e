"""India: Aadhaar, PAN, voters' cards and GSTIN."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.in_ import aadhaar, epic, gstin, pan

from identity.countries.kinds import Meaning, NumberKind, by_library

HOLDERS: Final = {"A": "association", "B": "body of persons", "C": "company", "F": "firm", "G": "government", "H": "family (HUF)",
                  "J": "artificial person", "K": "Krish trust", "L": "local authority", "P": "person", "T": "trust"}  # fmt: skip
"""Fourth letter of a PAN: whose it is."""


def _holder(number: str, _on: date) -> Meaning:
    return Meaning(region=HOLDERS.get(number[3]))


def _business(number: str, _on: date) -> Meaning:
    return Meaning(region=str(gstin.info(number)["state"]))


KINDS: Final = (
    NumberKind("IN_AADHAAR", "An Aadhaar number", "IDENTITY_CARD", by_library(aadhaar, (12,), "9" * 12)),
    NumberKind("IN_VOTER_CARD", "An Indian voter's card number", "IDENTITY_CARD", by_library(epic, (10,), "AAA9999999")),
    NumberKind("IN_PAN", "A PAN", "TAX_NUMBER", by_library(pan, (10,), "AAAAA9999A", _holder), checked=False),
    NumberKind("IN_GSTIN", "A GSTIN", "BUSINESS_LICENCE", by_library(gstin, (15,), "99AAAAA9999AXXX", _business)),
)
