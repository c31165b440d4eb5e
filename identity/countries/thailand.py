"""Thailand: citizens' numbers and those of juristic persons, both with a check digit."""

from __future__ import annotations

from typing import Final

from stdnum.th import moa, pin, tin

from identity.countries.kinds import NumberKind, by_library

KINDS: Final = (
    NumberKind("TH_CITIZEN", "A Thai citizen's number", "IDENTITY_CARD", by_library(pin, (13,), "9" * 13)),
    NumberKind("TH_JURISTIC_PERSON", "A Thai juristic person's number", "BUSINESS_LICENCE", by_library(moa, (13,), "9" * 13)),
    NumberKind("TH_TAX_NUMBER", "A Thai taxpayer number", "TAX_NUMBER", by_library(tin, (13,), "9" * 13)),
)
