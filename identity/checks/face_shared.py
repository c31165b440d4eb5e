"""FACE_SHARED: one face behind many people. Candidates are weighted ties and work for people, never a refusal alone."""

from __future__ import annotations

from typing import Final

from identity.checks.results import passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile

CODE: Final = "FACE_SHARED"


def run(file: IdentityFile) -> CheckResult:
    """Nobody else who was verified has a face as near as this one (a hint for people: it refuses nobody)."""
    known = file.faces
    rate = known.shared_false_match_rate
    if file.face_candidates is None:
        return unclear(CODE, "The face was not compared with those of others: a live photograph and consent are needed.")
    near = [found.distance for found in file.face_candidates if found.distance <= known.shared_threshold]
    if not near:
        nearest = min((found.distance for found in file.face_candidates), default=None)
        return passed(CODE, "No other person's face is as near.", nearest, known.shared_threshold, rate)
    others = "1 other person has" if len(near) == 1 else f"{len(near)} other people have"
    return unclear(
        CODE, f"{others} a face this near: compare the photographs; it may be a twin or chance.", min(near), known.shared_threshold, rate
    )


CHECK: Final = Check(CODE, frozenset({EvidenceKind.FACE, EvidenceKind.CONSENT}), run)
