"""`/verifications/{id}`: one verification side by side: what was declared, what was read and where, and what the checks say.

Images are drawn with the boxes of what was read on them; they lie in the page itself, since a page fetches nothing. For KYC staff alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from api.context import Principal
from api.pages.frame import page
from api.pages.wording import when
from identity.checks import descriptions
from identity.checks.document_fields import compare_fields
from identity.model import Box, EvidenceKind, IdentityFile, Outcome
from identity.policy import Policy
from identity.records import Evidence, Kept
from identity.verification import Given, State, next_steps

STATE_WORDS: Final = {
    State.OPENED: "Opened",
    State.WAITING_FOR_EVIDENCE: "Waiting for evidence",
    State.CHECKING: "Checks are running",
    State.VERIFIED: "Verified",
    State.REFERRED: "A person must decide",
    State.REJECTED: "Rejected",
    State.EXPIRED: "Expired",
}
BANNERS: Final = {State.VERIFIED: "APPROVE", State.REJECTED: "DECLINE", State.EXPIRED: "DECLINE"}
"""The colour of a state, as that of a decision's verdict; others are as what is referred."""

ROWS: Final = {Outcome.PASS: "good", Outcome.FAIL: "why", Outcome.INCONCLUSIVE: ""}
IMAGE_WORDS: Final = {
    EvidenceKind.DOCUMENT_FRONT: "Document",
    EvidenceKind.DOCUMENT_BACK: "Document, back",
    EvidenceKind.FACE: "Live face",
    EvidenceKind.LIVENESS_FRAMES: "First frame of the challenge",
    EvidenceKind.PREMISES: "Place of business",
}
FIELD_WORDS: Final = {"name": "name", "number": "number", "born_on": "date of birth", "valid_until": "valid until", "address": "address"}


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the page shows, opened."""

    kept: Kept
    policy: Policy
    given: Given
    label: str
    """The subject's masked label."""
    pieces: Sequence[Evidence]
    contents: Mapping[str, Any]
    images: Mapping[str, bytes]
    """JPEG by the evidence's id."""
    file: IdentityFile
    conclusion: Mapping[str, Any] | None


def render(seen: Seen, principal: Principal, now: int) -> HTMLResponse:
    """The page for one of KYC staff."""
    kept, zone = seen.kept.at(now), principal.institution.time_zone
    said = descriptions()
    return page(
        "verification.html",
        institution=principal.institution_name,
        reader=principal.name,
        banner=BANNERS.get(kept.state, "REFER"),
        state=STATE_WORDS[kept.state],
        label=seen.label,
        kind=kept.kind.lower(),
        policy=f"{seen.policy.name}, version {seen.policy.version}",
        opened=when(kept.opened_at, zone),
        due=None if kept.due_at is None else when(kept.due_at, zone),
        expires=None if kept.expires_at is None else when(kept.expires_at, zone),
        steps=[step.sentence for step in next_steps(seen.policy, seen.given, kept.state)],
        conclusion=None if seen.conclusion is None else seen.conclusion["reason"],
        checks=[_check(run.result.code, run, said) for run in kept.checks],
        fields=[_field(one) for one in compare_fields(seen.file)],
        figures=[_figure(piece, seen) for piece in seen.pieces if piece.id in seen.images],
        id=kept.id,
    )


def _check(code: str, run: Any, said: Mapping[str, str]) -> dict[str, Any]:  # noqa: ANN401 - a run of the records
    result = run.result
    return {
        "row": ROWS[result.outcome],
        "code": code,
        "means": said.get(code, ""),
        "outcome": result.outcome.value.lower(),
        "sentence": result.sentence,
        "measured": "" if result.measured is None else f"{result.measured:.3f}",
        "threshold": "" if result.threshold is None else f"{result.threshold:.3f}",
        "rate": _rate(result.false_match_rate),
        "required": run.required,
    }


def _rate(rate: float | None) -> str:
    """A share of strangers in percent."""
    if rate is None:
        return ""
    return "under 0.001%" if rate < 1e-5 else f"{rate * 100:.3f}".rstrip("0").rstrip(".") + "%"


def _field(one: Any) -> dict[str, Any]:  # noqa: ANN401 - a comparison
    row = {True: "good", False: "why", None: ""}[one.agrees]
    agreement = "" if one.agreement is None else f"{one.agreement:.0%}"
    word = FIELD_WORDS.get(one.field, one.field)
    return {"row": row, "field": word, "declared": one.declared, "read": one.read or "not readable", "agreement": agreement}


def _figure(piece: Evidence, seen: Seen) -> dict[str, Any]:
    """An image with the boxes of what was read on it."""
    width, height = piece.width or 1, piece.height or 1
    content = seen.contents.get(piece.id) or {}
    boxes = list(_boxes(piece.kind, content))
    unit = max(width, height) / 60
    drawn = [_box(box, word, unit) for box, word in boxes]
    data = base64.b64encode(seen.images[piece.id]).decode()
    image = f'<image href="data:image/jpeg;base64,{data}" width="{width}" height="{height}"/>'
    label = escape(IMAGE_WORDS.get(piece.kind, piece.kind.value))
    svg = f'<svg class="evidence" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{image}{"".join(drawn)}</svg>'
    problem = content.get("problem")
    return {"svg": Markup(svg), "caption": IMAGE_WORDS.get(piece.kind, piece.kind.value), "problem": problem}  # noqa: S704 - all escaped


def _boxes(kind: EvidenceKind, content: Mapping[str, Any]) -> list[tuple[Box, str]]:
    """Where something was read, with what it is called."""
    found: list[tuple[Box, str]] = []
    read = content.get("read") or {}
    if kind in {EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK}:
        for name, (_text, _confidence, box, _repaired) in read.get("fields", {}).items():
            if box is not None:
                found.append((Box(*box), FIELD_WORDS.get(name, name.replace("_", " "))))
        read = content.get("face") or {}
    if read.get("box") is not None:
        found.append((Box(*read["box"]), "face"))
    return found


def _box(box: Box, word: str, unit: float) -> str:
    x, y = box.left, box.top
    rect = f'<rect x="{x}" y="{y}" width="{box.width}" height="{box.height}" stroke-width="{unit / 5:.1f}"/>'
    return f'{rect}<text x="{x}" y="{max(unit, y - unit / 4):.0f}" font-size="{unit:.1f}">{escape(word)}</text>'
