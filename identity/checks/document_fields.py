"""DOCUMENT_FIELDS: what was read from the document against what was declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from rapidfuzz import fuzz

from identity.checks.document_expiry import last_day_of
from identity.checks.results import failed, passed, unclear
from identity.countries import read_number
from identity.countries.kinds import compact
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile, ReadField
from identity.names.comparing import likeness
from identity.names.forms import Name, NameKind
from identity.zone import ALIKE, BACK, Zone, read_zone

CODE: Final = "DOCUMENT_FIELDS"
SAME_NAME: Final = 0.85
SAME_ADDRESS: Final = 80.0
"""Of 100 (rapidfuzz `partial_ratio` without spaces): documents shorten addresses."""

SURE: Final = 0.7
"""Confidence of the reader from which a difference is the document's and not the camera's."""

WORDS: Final = {"name": "name", "number": "number", "born_on": "date of birth", "valid_until": "date of expiry", "address": "address"}
"""Fields as sentences say them, in the order in which they are compared."""

DECISIVE: Final = frozenset({"name", "number", "born_on"})
"""Fields that make another person."""


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One field as declared and as read; `read` is None where it was not found."""

    field: str
    declared: str
    read: str | None
    agrees: bool | None
    confidence: float = 1.0
    repaired: bool = False
    """Whether a check digit told what the reader mistook."""

    @property
    def agreement(self) -> float | None:
        """How far both agree, 0 to 1; None when nothing was read. Where they do not, the share of signs in common (rapidfuzz `ratio`)."""
        if self.read is None or self.agrees is None:
            return None
        return 1.0 if self.agrees else min(0.99, round(fuzz.ratio(self.declared, self.read) / 100, 4))


def compare_fields(file: IdentityFile) -> tuple[FieldComparison, ...]:
    """Every declared field beside what was read of it: what the page shows, and what the check counts."""
    if file.document is None:
        return ()
    fields = file.document.fields
    found = fields.get("mrz")
    zone = None if found is None else read_zone(found.text, file.on)
    return tuple(_compared(file, zone if zone is not None and zone.format is not None and not zone.flaws else None))


def _compared(file: IdentityFile, zone: Zone | None) -> Iterator[FieldComparison]:
    assert file.document is not None, "fields are read from a document"
    declared, fields = file.declared, file.document.fields
    if declared.name is not None:
        yield _name(file, declared.name, fields.get("name"), zone)
    if declared.document_number is not None:
        yield _number(file, declared.document_number, fields.get("number"), zone)
    if declared.born_on is not None:
        yield _day("born_on", declared.born_on, fields.get("born_on"), None if zone is None else zone.born_on)
    if declared.document_valid_until is not None:
        yield _day("valid_until", declared.document_valid_until, fields.get("valid_until"), None if zone is None else zone.expires_on)
    if declared.address is not None:
        read = fields.get("address")
        agrees = None if read is None else _place(declared.address, read.text)
        yield _seen("address", declared.address, read, agrees)


def _name(file: IdentityFile, declared: str, read: ReadField | None, zone: Zone | None) -> FieldComparison:
    """A name agrees in any script and order; the zone's Latin letters count where the field's do not."""
    kind = NameKind.PERSON if file.kind == "PERSON" else NameKind.FIRM
    wanted = Name.of(declared, kind)
    if read is not None and likeness(wanted, Name.of(read.text, kind)).score >= SAME_NAME:
        return _seen("name", declared, read, agrees=True)
    if zone is not None:
        text = f"{zone.given_names} {zone.surname}".strip()
        return FieldComparison("name", declared, text, likeness(wanted, Name.of(text, kind)).score >= SAME_NAME)
    return _seen("name", declared, read, None if read is None else False)


def _number(file: IdentityFile, declared: str, read: ReadField | None, zone: Zone | None) -> FieldComparison:
    """A number agrees sign by sign; where it does not, the one mending that holds the country's check digit is compared."""
    wanted = compact(declared)
    if zone is not None and compact(zone.number) == wanted:
        return FieldComparison("number", declared, zone.number, True, repaired=zone.mended > 0)
    if read is None:
        return FieldComparison("number", declared, None if zone is None else zone.number, None if zone is None else False)
    text = compact(read.text)
    if text == wanted:
        return _seen("number", declared, read, agrees=True)
    country = file.declared.document_country or file.country
    if len(text) == len(wanted) and _looks_like(text, wanted):
        proof = read_number(wanted, country, file.declared.document_kind, file.on)
        if proof is not None and proof.valid and proof.kind.checked:
            return FieldComparison("number", declared, wanted, True, read.confidence, repaired=True)
    return _seen("number", declared, read, agrees=False)


def _looks_like(text: str, wanted: str) -> bool:
    """Whether only signs differ that cameras mistake, at most two."""
    wrong = [(a, b) for a, b in zip(text, wanted, strict=True) if a != b]
    return len(wrong) <= 2 and all(ALIKE.get(a) == b or BACK.get(a) == b for a, b in wrong)


def _day(name: str, declared: date, read: ReadField | None, in_zone: date | None) -> FieldComparison:
    if in_zone is not None:
        return FieldComparison(name, declared.isoformat(), in_zone.isoformat(), in_zone == declared)
    day = None if read is None else last_day_of(read.text)
    if day is None:
        return _seen(name, declared.isoformat(), read, None)
    return _seen(name, declared.isoformat(), read, day == declared)


def _place(declared: str, read: str) -> bool:
    one, other = ("".join(text[:400].split()).casefold() for text in (declared, read))
    return bool(one and other) and fuzz.partial_ratio(one, other) >= SAME_ADDRESS


def _seen(name: str, declared: str, read: ReadField | None, agrees: bool | None) -> FieldComparison:
    if read is None:
        return FieldComparison(name, declared, None, None)
    return FieldComparison(name, declared, read.text, agrees, read.confidence, read.repaired)


def run(file: IdentityFile) -> CheckResult:
    """The fields read from the document agree with what was declared."""
    if file.document is None:
        return unclear(CODE, "No document was read: photograph it, whole and without glare.")
    compared = [found for found in compare_fields(file) if found.agrees is not None]
    if not compared:
        return unclear(CODE, "No declared field could be read from the document: photograph it again, or compare it with your own eyes.")
    differing = [found for found in compared if not found.agrees]
    share = round(1 - len(differing) / len(compared), 4)
    if not differing:
        count = "the 1 field that was" if len(compared) == 1 else f"all {len(compared)} fields that were"
        return passed(CODE, f"What was declared agrees with {count} read from the document.", share, 1.0)
    names = " and ".join(WORDS[found.field] for found in differing)
    if any(found.field in DECISIVE and found.confidence >= SURE for found in differing):
        return failed(CODE, f"The document shows another {names} than was declared: compare them with the picture.", share, 1.0)
    return unclear(CODE, f"The {names} may differ from what was declared, but was hard to read: compare it with the picture.", share, 1.0)


CHECK: Final = Check(CODE, frozenset({EvidenceKind.DOCUMENT_FRONT}), run)
