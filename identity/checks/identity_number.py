"""IDENTITY_NUMBER: the number of a person's document, by the rules of its country."""

from __future__ import annotations

from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.countries import read_number
from identity.model import Check, CheckResult, IdentityFile

CODE: Final = "IDENTITY_NUMBER"
DOCUMENTS: Final = frozenset({"IDENTITY_CARD", "PASSPORT", "RESIDENCE_PERMIT"})


def run(file: IdentityFile) -> CheckResult:
    """The number of the identity document keeps the rules of its country, and says the declared date of birth."""
    declared = file.declared
    if declared.document_number is None or declared.document_kind not in {*DOCUMENTS, None}:
        return unclear(CODE, "No identity document was declared: enter its kind, country and number.")
    country = declared.document_country or file.country
    reading = read_number(declared.document_number, country, declared.document_kind, file.on)
    if reading is None:
        return unclear(CODE, f"The numbers of this kind of document of {country[:2]} are not known here: compare it with the document.")
    if not reading.valid:
        return failed(CODE, reading.sentence)
    said = reading.meaning
    if said.born_on is not None and declared.born_on is not None and said.born_on != declared.born_on:
        return failed(CODE, f"{reading.kind.title} states another date of birth than the declared one: compare both with the document.")
    if said.doubt is not None:
        return unclear(CODE, reading.sentence)
    return passed(CODE, reading.sentence)


CHECK: Final = Check(CODE, frozenset(), run)
