"""FACE_ON_DOCUMENT: the face on the document against the live face."""

from __future__ import annotations

import math
from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile

CODE: Final = "FACE_ON_DOCUMENT"
NEAR: Final = 0.1
"""Above the threshold by this much people should look: lighting and years do that to one person."""


def run(file: IdentityFile) -> CheckResult:
    """The face on the document and the live face are nearer than nearly all strangers' faces are."""
    if file.document_face is None or file.face is None:
        return unclear(CODE, "A face is missing: the document's side with the picture and a live photograph are needed.")
    on_document, live = file.document_face.template, file.face.template
    if on_document is None:
        return unclear(CODE, "No face was found on the document: photograph the side with the picture, without glare.")
    if live is None:
        return unclear(CODE, "No face was found on the live photograph: take it again, from the front and in light.")
    if file.face.faces > 1:
        return unclear(CODE, f"The live photograph shows {file.face.faces} faces: take it again with one person.")
    if len(on_document) != len(live):
        return unclear(CODE, "The two faces were measured in different ways: measure them again.")
    distance = math.dist(on_document, live)
    known = file.faces
    if not math.isfinite(distance):
        return unclear(CODE, "The distance of the faces is no number: measure them again.")
    rate = known.false_match_rate
    rounded = round(distance, 4)
    if distance <= known.threshold:
        return passed(CODE, f"The faces agree; about one stranger in {_one_in(rate)} would come as near.", rounded, known.threshold, rate)
    if distance <= known.threshold + NEAR:
        return unclear(
            CODE,
            "The faces are alike, but not enough to be sure: compare them, or take both photographs again.",
            rounded,
            known.threshold,
            rate,
        )
    return failed(CODE, "The faces differ: compare them, or ask for another photograph.", rounded, known.threshold, rate)


def _one_in(rate: float) -> str:
    return f"{round(1 / rate):,}" if rate > 1e-9 else "very many"


CHECK: Final = Check(CODE, frozenset({EvidenceKind.DOCUMENT_FRONT, EvidenceKind.FACE, EvidenceKind.CONSENT}), run)
