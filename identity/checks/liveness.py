"""LIVENESS: whether a living person answered the challenge (blink, turn) over a short sequence of frames.

A signal for review, made from frames that the caller sent. It is not presentation attack detection in the sense of ISO/IEC 30107-3, was
not tested by its methods, and must not be sold as that.
"""

from __future__ import annotations

from typing import Final

from identity.checks.results import passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile

CODE: Final = "LIVENESS"
FEWEST: Final = 3
"""Frames below which nothing can be said."""


def run(file: IdentityFile) -> CheckResult:
    """The person did what the challenge asked for, with one face throughout (a signal for review, no certified liveness test)."""
    seen = file.liveness
    if seen is None:
        return unclear(CODE, "No frames of the challenge were sent: have the person blink and turn the head in front of the camera.")
    if seen.frames < FEWEST or not seen.actions or len(seen.actions) != len(seen.shown):
        return unclear(CODE, f"The frames are too few to say anything, at least {FEWEST} are needed: repeat the challenge.")
    share = sum(seen.shown) / len(seen.actions)
    if not seen.same_face:
        return unclear(
            CODE,
            "The frames show more than one face, or another one than the photograph: look at them and repeat the challenge.",
            share,
            1.0,
        )
    missed = [action.lower().replace("_", " ") for action, shown in zip(seen.actions, seen.shown, strict=True) if not shown]
    if missed:
        return unclear(CODE, f"The challenge was not answered ({', '.join(missed)[:80]}): repeat it, or see the person.", share, 1.0)
    return passed(
        CODE, f"All {len(seen.actions)} actions of the challenge were shown with one face; this is a signal for review.", share, 1.0
    )


CHECK: Final = Check(CODE, frozenset({EvidenceKind.LIVENESS_FRAMES, EvidenceKind.CONSENT}), run)
