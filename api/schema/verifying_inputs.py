"""What callers send for verifications and the work of KYC staff."""

from __future__ import annotations

from strawberry import UNSET

from api.schema.declaring import input_type
from api.schema.evidence import EvidenceKind
from api.schema.hits import HitJudgement
from api.schema.money import MoneyInput
from api.schema.problems import ConsentPurpose
from api.schema.references import DocumentInput, EntityReference, PlaceInput, Reference
from api.schema.scalars import ID, Date, DateTime, Probability
from api.schema.verification_parts import VerificationState, VerificationStepKind


@input_type()
class DeclarationInput:
    """Fields as the subject declares them. Encrypted under the subject's key."""

    name: str | None = UNSET
    """Full name."""
    born_on: Date | None = UNSET
    """Date of birth."""
    document: DocumentInput | None = UNSET
    """The document that proves it."""
    document_valid_until: Date | None = UNSET
    """Last day on which the document is valid."""
    address: str | None = UNSET
    """Address."""
    phone: str | None = UNSET
    """Phone number with country code."""
    account: Reference | None = UNSET
    """The account to be paid, which must be in the same name."""


@input_type()
class StartVerificationInput:
    """A subject to be verified."""

    subject: EntityReference
    """The merchant or person."""
    amount: MoneyInput | None = UNSET
    """Amount at stake, which chooses the policy; left out: the policy for onboarding."""
    declaration: DeclarationInput | None = UNSET
    """Fields declared by the subject."""


@input_type()
class RequestUploadInput:
    """What is to be uploaded."""

    verification: ID
    """The verification."""
    kind: EvidenceKind
    """What the image shows."""


@input_type()
class RequestLivenessChallengeInput:
    """A challenge is asked for."""

    verification: ID
    """The verification."""


@input_type()
class SendContactCodeInput:
    """A contact to be reached by a code."""

    verification: ID
    """The verification."""
    contact: EntityReference
    """The phone or e-mail to be reached."""


@input_type()
class ConsentInput:
    """Consent of the subject."""

    purpose: ConsentPurpose
    """What for."""
    given_at: DateTime
    """When it was given."""
    wording: str
    """Version of the wording that was shown."""


@input_type()
class LivenessInput:
    """Frames of a liveness challenge."""

    challenge: ID
    """The challenge."""
    frames: list[ID]
    """Tickets of 4 to 12 frames, in the order taken."""


@input_type()
class FieldVisitInput:
    """What staff or a partner saw at the place of business."""

    visited_at: DateTime
    """When."""
    place: PlaceInput
    """Where."""
    as_declared: bool
    """Whether the business was found as declared."""
    findings: str
    """What was seen, 1 to 2,000 characters."""


@input_type()
class OwnerInput:
    """An owner and its share."""

    owner: EntityReference
    """The person or merchant."""
    share: Probability
    """Part owned."""


@input_type()
class OwnershipInput:
    """Owners and their shares."""

    owners: list[OwnerInput]
    """1 to 50 owners: people or merchants."""


@input_type(one_of=True)
class EvidenceInput:
    """Evidence: exactly one."""

    consent: ConsentInput | None = UNSET
    """Consent of the subject."""
    declaration: DeclarationInput | None = UNSET
    """Declared fields."""
    image: ID | None = UNSET
    """Ticket of an image that was sent."""
    liveness: LivenessInput | None = UNSET
    """Frames of a liveness challenge."""
    contact_code: str | None = UNSET
    """The code that was sent to a contact, as the subject entered it."""
    ownership: OwnershipInput | None = UNSET
    """Owners and their shares."""
    field_visit: FieldVisitInput | None = UNSET
    """What staff or a partner saw at the place of business."""


@input_type()
class AddEvidenceInput:
    """Evidence for a verification."""

    verification: ID
    """The verification."""
    evidence: EvidenceInput
    """The evidence: exactly one."""


@input_type()
class RequestEvidenceInput:
    """More evidence is asked of the subject."""

    verification: ID
    """The verification."""
    version: int
    """The version that was read."""
    steps: list[VerificationStepKind]
    """What to ask for, 1 to 6."""
    reason: str
    """Why, for the subject to read, 1 to 500 characters."""


@input_type()
class DecideVerificationInput:
    """A referred verification is decided."""

    verification: ID
    """The verification."""
    version: int
    """The version that was read."""
    accepted: bool
    """Whether the identity is accepted."""
    reason: str
    """Why, 1 to 2,000 characters."""


@input_type()
class JudgeHitInput:
    """A possible match is judged."""

    hit: ID
    """The hit."""
    version: int
    """The version that was read."""
    judgement: HitJudgement
    """Whether they are the same."""
    reason: str
    """Why, 1 to 2,000 characters."""


@input_type()
class AnswerProposalInput:
    """A proposal is answered, by another person than its author."""

    proposal: ID
    """The proposal."""
    accepted: bool
    """Whether to do it. Its author may only say no, which takes it back."""
    reason: str
    """Why, 1 to 2,000 characters."""


@input_type()
class AssignWorkInput:
    """Work is given to somebody."""

    item: ID
    """The work item."""
    assignee: ID | None = UNSET
    """To whom; null: to nobody."""


@input_type()
class VerificationFilter:
    """Which verifications. All that is given must hold."""

    states: list[VerificationState] | None = UNSET
    """In one of these states."""
    subject: EntityReference | None = UNSET
    """Of this subject."""
    opened_after: DateTime | None = UNSET
    """Opened after this moment."""
