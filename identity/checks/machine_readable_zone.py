"""MACHINE_READABLE_ZONE: the lines at the foot of a passport or card, with all their check digits."""

from __future__ import annotations

from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile
from identity.zone import read_zone

CODE: Final = "MACHINE_READABLE_ZONE"
SURE: Final = 0.8
"""Confidence of the reader from which a broken check digit is the document's and not the camera's."""


def run(file: IdentityFile) -> CheckResult:
    """All check digits of the document's machine-readable zone hold, and its dates are possible."""
    found = None if file.document is None else file.document.fields.get("mrz")
    if found is None:
        if file.document is not None and file.document.kind == "PASSPORT":
            return unclear(CODE, "The lines at the foot of the passport were not found: photograph the whole page, straight.")
        return unclear(CODE, "No machine-readable zone was read: photograph the page of the passport that has the picture.")
    zone = read_zone(found.text, file.on)
    if zone.format is None:
        return unclear(CODE, f"The machine-readable zone {zone.flaws[0]}.")
    if zone.flaws:
        sentence = f"The machine-readable zone {zone.flaws[0]}"
        if found.confidence < SURE:
            return unclear(CODE, f"{sentence}, but was hard to read: photograph the page again in better light.", found.confidence, SURE)
        return failed(CODE, f"{sentence}: compare it with the document.", found.confidence, SURE)
    declared = file.declared
    if declared.born_on is not None and zone.born_on is not None and zone.born_on != declared.born_on:
        return failed(CODE, "The machine-readable zone states another date of birth than the declared one: compare both with the document.")
    mended = f", {zone.mended} mended by them" if zone.mended else ""
    return passed(
        CODE,
        f"All check digits of the machine-readable zone ({zone.format}, {zone.issuer[:3] or 'no state'}) hold{mended}.",
        found.confidence,
        SURE,
    )


CHECK: Final = Check(CODE, frozenset({EvidenceKind.DOCUMENT_FRONT}), run)
