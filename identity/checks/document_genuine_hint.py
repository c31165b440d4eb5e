"""DOCUMENT_GENUINE: a hint that the picture is of a screen or of a photocopy; never a refusal alone."""

from __future__ import annotations

from typing import Final

from identity.checks.results import passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile

CODE: Final = "DOCUMENT_GENUINE"
SUSPECT: Final = 0.6
"""Score from which people should look."""


def run(file: IdentityFile) -> CheckResult:
    """The picture of the document does not look like one of a screen or a photocopy (a hint for people: it refuses nobody)."""
    scores = () if file.document is None else (("a screen", file.document.screen_score), ("a photocopy", file.document.copy_score))
    measured = [(score, what) for what, score in scores if score is not None]
    if not measured:
        return unclear(CODE, "The picture was not measured for signs of a screen or a photocopy: look at it.")
    score, what = max(measured)
    if score >= SUSPECT:
        return unclear(CODE, f"The picture looks like one of {what}: look at it, or have the document itself photographed.", score, SUSPECT)
    return passed(CODE, "The picture shows no signs of a screen or a photocopy.", score, SUSPECT)


CHECK: Final = Check(CODE, frozenset({EvidenceKind.DOCUMENT_FRONT}), run)
