"""The plain parts of a verification: where it stands, what is asked, what the checks said, what was compared."""

from __future__ import annotations

from enum import StrEnum

from api.schema.costs import at_most
from api.schema.declaring import attribute, enum_type, object_type
from api.schema.evidence import EvidenceItem
from api.schema.principals import Principal
from api.schema.scalars import DateTime, Milliseconds, Probability
from rules.model import Identified


@enum_type
class VerificationState(StrEnum):
    """Where a verification stands."""

    OPENED = "OPENED"
    """Opened; nothing asked for yet."""
    WAITING_FOR_EVIDENCE = "WAITING_FOR_EVIDENCE"
    """Waiting for evidence: see `nextSteps`."""
    CHECKING = "CHECKING"
    """Checks are running."""
    VERIFIED = "VERIFIED"
    """Identity is established."""
    REFERRED = "REFERRED"
    """A person must decide."""
    REJECTED = "REJECTED"
    """Identity is refused."""
    EXPIRED = "EXPIRED"
    """Evidence did not come in time."""


@object_type()
class VerificationPolicy:
    """Which checks for which merchant and amount."""

    name: str
    """Name."""
    version: int
    """Version, from 1."""
    four_eyes: bool
    """Whether two people must agree."""


@enum_type
class VerificationStepKind(StrEnum):
    """What can be asked for. More may be added."""

    CONSENT = "CONSENT"
    """Give consent."""
    DECLARATION = "DECLARATION"
    """Declare fields."""
    DOCUMENT_IMAGE = "DOCUMENT_IMAGE"
    """Photograph a document."""
    FACE_IMAGE = "FACE_IMAGE"
    """Photograph the face."""
    LIVENESS = "LIVENESS"
    """Do what the challenge asks, on camera."""
    CONTACT_CODE = "CONTACT_CODE"
    """Enter the code that was sent."""
    OWNERSHIP = "OWNERSHIP"
    """Name the owners and their shares."""
    FIELD_VISIT = "FIELD_VISIT"
    """Visit the place of business."""
    DECISION = "DECISION"
    """Decide."""


@enum_type
class VerificationActor(StrEnum):
    """Who does a step."""

    SUBJECT = "SUBJECT"
    """The merchant or person."""
    STAFF = "STAFF"
    """KYC staff."""


@object_type()
class VerificationStep:
    """Something to be done in a verification."""

    kind: VerificationStepKind
    """What to do."""
    sentence: str
    """The same in one sentence, for the person who does it."""
    actor: VerificationActor
    """Who does it."""


@enum_type
class CheckResult(StrEnum):
    """Results of a check."""

    PASS = "PASS"  # noqa: S105  # the word of the schema
    """In order."""
    FAIL = "FAIL"
    """Not in order."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """Cannot be told from what was given."""


@object_type()
class Check:
    """One identity check. A bad document gives FAIL or INCONCLUSIVE, never an error."""

    code: str
    """Stable code: `IDENTITY_NUMBER`, `FACE_ON_DOCUMENT`, `LIVENESS` ... The set grows."""
    result: CheckResult | None
    """Its result; null while it runs."""
    sentence: str | None
    """Why, in one sentence, masked for the reader's role; null while it runs."""
    measured: float | None
    """What was measured, such as a face distance; null when nothing is."""
    threshold: float | None
    """The measured value at which the result changes; null when nothing is measured."""
    false_match_rate: Probability | None
    """Share of strangers that pass at this threshold, as calibrated; null when that is not known. Not a certified figure."""
    required: bool
    """Whether the policy needs it to pass."""
    took: Milliseconds | None
    """How long it ran; null while it runs."""


@object_type()
class FieldComparison:
    """A field as declared and as read."""

    field: str
    """The field: `name`, `number`, `address`, `validUntil` ..."""
    declared: str | None
    """As declared; null when not declared or erased."""
    read: str | None
    """As read from the document; null when unreadable or erased."""
    agreement: Probability | None
    """How far they agree, from 0 to 1; null when one is missing."""
    evidence: EvidenceItem | None
    """The evidence it was read from; null when that was erased."""


@object_type()
class VerificationConclusion:
    """How a verification ended."""

    accepted: bool
    """Whether the identity was accepted."""
    reason: str
    """Why."""
    decided_at: DateTime
    """When."""
    decided_by: list[Principal] = attribute(directives=at_most(2))
    """By whom, one or two; empty when all checks passed and nobody was needed."""


@object_type()
class IdentitySummary:
    """What is known of who a merchant or person is. Holds no personal data."""

    state: VerificationState | None
    """State of the newest verification; null when there is none."""
    verified_at: DateTime | None
    """When it was verified; null when it is not."""
    failed: list[str]
    """Codes of checks that failed."""
    inconclusive: list[str]
    """Codes of checks that could not tell."""
    people_with_face: int | None
    """How many people share its face at the calibrated threshold; null without a face."""
    list_matches: int
    """List matches that stand: true, or not judged yet."""


def show_identity(known: Identified) -> IdentitySummary:
    """Who somebody is as the schema shows it."""
    return IdentitySummary(
        state=VerificationState(known.state),
        verified_at=known.verified_at,
        failed=list(known.failed),
        inconclusive=list(known.inconclusive),
        people_with_face=known.faces,
        list_matches=known.matches,
    )
