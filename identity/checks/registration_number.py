"""REGISTRATION_NUMBER: the number of a firm's licence or its tax number, by the rules of its country."""

from __future__ import annotations

from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.countries import read_number
from identity.model import Check, CheckResult, IdentityFile

CODE: Final = "REGISTRATION_NUMBER"
DOCUMENTS: Final = frozenset({"BUSINESS_LICENCE", "TAX_NUMBER"})


def run(file: IdentityFile) -> CheckResult:
    """The number of the business licence keeps the rules of its country."""
    declared = file.declared
    if declared.document_number is None or declared.document_kind not in DOCUMENTS:
        return unclear(CODE, "No business licence or tax number was declared: enter its kind, country and number.")
    country = declared.document_country or file.country
    reading = read_number(declared.document_number, country, declared.document_kind, file.on)
    if reading is None:
        return unclear(CODE, f"The registration numbers of {country[:2]} are not known here: look it up in the register.")
    if not reading.valid:
        return failed(CODE, reading.sentence)
    return unclear(CODE, reading.sentence) if reading.meaning.doubt is not None else passed(CODE, reading.sentence)


CHECK: Final = Check(CODE, frozenset(), run)
