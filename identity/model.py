"""The words of identity: what a check looks at (`IdentityFile`), what it says (`CheckResult`), and what reading images measures.

All frozen and plain: workers send these between processes, and checks are pure functions of them. Distances of faces are Euclidean over
128 numbers; boxes are pixels of the kept image; shares and rates are 0 to 1; dates are calendar days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

NOTHING: Final[Mapping[str, ReadField]] = MappingProxyType({})


class Outcome(StrEnum):
    """What a check says. INCONCLUSIVE is neither: the evidence does not suffice, and its sentence says what would."""

    PASS = "PASS"  # noqa: S105  # the word of the schema
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class EvidenceKind(StrEnum):
    """What may be handed in for a verification (the schema's words)."""

    DOCUMENT_FRONT = "DOCUMENT_FRONT"
    DOCUMENT_BACK = "DOCUMENT_BACK"
    FACE = "FACE"
    LIVENESS_FRAMES = "LIVENESS_FRAMES"
    PREMISES = "PREMISES"
    DECLARATION = "DECLARATION"
    CONSENT = "CONSENT"
    CONTACT_CODE = "CONTACT_CODE"
    OWNERSHIP = "OWNERSHIP"
    FIELD_VISIT = "FIELD_VISIT"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said: a sentence for KYC staff and, where there is one, the measured value beside its threshold."""

    code: str
    outcome: Outcome
    sentence: str
    measured: float | None = None
    threshold: float | None = None
    false_match_rate: float | None = None
    """Share of strangers that would pass at the threshold, as calibrated; for faces and lists."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared about a subject; None where nothing was."""

    name: str | None = None
    born_on: date | None = None
    document_kind: str | None = None
    document_country: str | None = None
    document_number: str | None = None
    document_valid_until: date | None = None
    address: str | None = None
    phone: str | None = None
    account: str | None = None
    account_holder: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """Where something stands on the kept image, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field read from a document: its text, the reader's confidence (0 to 1), where it stands, and whether a check digit mended it."""

    text: str
    confidence: float
    box: Box | None = None
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """What was read from the image of one document.

    `kind` is what it looks like (RESIDENT_ID, BUSINESS_LICENCE, PASSPORT; None when it looks like none of them). `fields` go by name:
    `name`, `number`, `born_on`, `sex`, `ethnicity`, `address`, `valid_until`, `legal_representative`, `capital`, `established_on`, `mrz`.
    """

    kind: str | None
    fields: Mapping[str, ReadField] = field(default_factory=lambda: NOTHING)
    screen_score: float | None = None
    """How much it looks like a photograph of a screen (0 to 1): a hint."""
    copy_score: float | None = None
    """How much it looks like a photocopy (0 to 1): a hint."""


@dataclass(frozen=True, slots=True)
class FaceReading:
    """The faces found on one image; `template` is the largest one's, 128 numbers, None without a face."""

    faces: int
    template: tuple[float, ...] | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class LivenessReading:
    """What a short sequence of frames showed, in the order of the challenge's actions."""

    actions: tuple[str, ...]
    shown: tuple[bool, ...]
    frames: int
    same_face: bool
    """Whether all frames show one face, and the one of the live photograph."""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class ListMatch:
    """A watchlist's entry whose name is near the subject's: score 0 to 1; `judged` is what KYC staff said of this pair, if anything."""

    list_name: str
    key: str
    name: str
    score: float
    sentence: str
    judged: bool | None = None


@dataclass(frozen=True, slots=True)
class FaceCandidate:
    """Another subject whose template is near: a weighted tie and work for people, never a refusal alone."""

    subject: str
    distance: float


@dataclass(frozen=True, slots=True)
class FaceCalibration:
    """Distances at which faces count as one, and the share of strangers that come as near, both from the calibration in force."""

    threshold: float = 0.5
    """Of the face on the document and the live face."""
    false_match_rate: float = 0.0004
    shared_threshold: float = 0.42
    """Of one face behind many people: among many strangers some are near, so it is smaller."""
    shared_false_match_rate: float = 0.00001


@dataclass(frozen=True, slots=True)
class IdentityFile:
    """Everything that the checks of one verification may look at; None or empty where nothing was handed in or measured yet."""

    on: date
    """The day of the check in UTC: the only clock of the checks."""
    country: str
    """The institution's country, ISO 3166-1 alpha-2: what a number is read by when its document names none."""
    kind: str = "PERSON"
    """PERSON or MERCHANT."""
    declared: Declared = field(default_factory=Declared)
    document: DocumentReading | None = None
    document_face: FaceReading | None = None
    face: FaceReading | None = None
    liveness: LivenessReading | None = None
    face_candidates: tuple[FaceCandidate, ...] | None = None
    list_matches: tuple[ListMatch, ...] | None = None
    contact_reached: bool | None = None
    shares: Mapping[str, Mapping[str, float]] | None = None
    """Who owns what share of whom: company -> owner -> share; the subject is the company `""`, and who is no company here is a person."""
    faces: FaceCalibration = field(default_factory=FaceCalibration)
    list_threshold: float = 0.8
    """Score from which a list match is looked at; so much the next."""
    list_false_positive_rate: float = 0.001
    """Share of ordinary names that reach it, as measured."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its code, the evidence without which it is not run, and the pure function whose docstring's first sentence users read."""

    code: str
    needs: frozenset[EvidenceKind]
    run: Callable[[IdentityFile], CheckResult]
