"""Writes of verifications and of KYC staff's work: each calls one use case of `api.verifying` and shows what came of it."""

from __future__ import annotations

from typing import Annotated, Any

from api import answering
from api.once import Call
from api.schema.answering import IdempotencyKey, answered
from api.schema.costs import Cost
from api.schema.declaring import argument, field, object_type
from api.schema.hits import find_hit
from api.schema.proposals import find_proposal
from api.schema.roles import Role, visible
from api.schema.scenes import Info, Scene, Shown
from api.schema.verifications import Verification, find_verification
from api.schema.verifying_inputs import (
    AddEvidenceInput,
    AnswerProposalInput,
    AssignWorkInput,
    DecideVerificationInput,
    JudgeHitInput,
    RequestEvidenceInput,
    RequestLivenessChallengeInput,
    RequestUploadInput,
    SendContactCodeInput,
    StartVerificationInput,
)
from api.schema.verifying_payloads import (
    AddEvidencePayload,
    AddEvidenceSuccess,
    AnswerProposalPayload,
    AnswerProposalSuccess,
    AssignWorkPayload,
    AssignWorkSuccess,
    DecideVerificationPayload,
    DecideVerificationSuccess,
    JudgeHitPayload,
    JudgeHitSuccess,
    LivenessAction,
    LivenessChallenge,
    RequestEvidencePayload,
    RequestEvidenceSuccess,
    RequestLivenessChallengePayload,
    RequestLivenessChallengeSuccess,
    RequestUploadPayload,
    RequestUploadSuccess,
    SendContactCodePayload,
    SendContactCodeSuccess,
    StartVerificationPayload,
    StartVerificationSuccess,
    UploadTicket,
)
from api.schema.work_lists import find_work
from api.verifying import deciding, giving, starting, tickets
from api.verifying.images import ACCEPTS
from identity.reading.decoding import IMAGE_BYTES, PIXELS

Raw = dict[str, Any]


@object_type()
class VerifyingMutation:
    """Writes of verifications."""

    @field(directives=[visible(Role.SERVICE, Role.KYC), Cost(weight=10)])
    async def start_verification(
        self,
        info: Info,
        input: Annotated[Raw, argument("The subject.", of=StartVerificationInput)],
        idempotency_key: IdempotencyKey,
    ) -> StartVerificationPayload:
        """Begin to verify a merchant or person. With one that runs already, returns that one."""
        shown: StartVerificationPayload = await answered(
            info,
            "startVerification",
            idempotency_key,
            input,
            start_verification,
        )
        return shown

    @field(directives=[visible(Role.SERVICE, Role.KYC), Cost(weight=10)])
    async def request_upload(
        self,
        info: Info,
        input: Annotated[Raw, argument("What is to be sent.", of=RequestUploadInput)],
        idempotency_key: IdempotencyKey,
    ) -> RequestUploadPayload:
        """Ask for leave to send one image."""
        shown: RequestUploadPayload = await answered(
            info,
            "requestUpload",
            idempotency_key,
            input,
            request_upload,
        )
        return shown

    @field(directives=[visible(Role.SERVICE, Role.KYC), Cost(weight=10)])
    async def request_liveness_challenge(
        self,
        info: Info,
        input: Annotated[Raw, argument("For which verification.", of=RequestLivenessChallengeInput)],
        idempotency_key: IdempotencyKey,
    ) -> RequestLivenessChallengePayload:
        """Ask what the subject must do on camera."""
        shown: RequestLivenessChallengePayload = await answered(
            info, "requestLivenessChallenge", idempotency_key, input, request_liveness_challenge
        )
        return shown

    @field(directives=[visible(Role.SERVICE, Role.KYC), Cost(weight=10)])
    async def send_contact_code(
        self,
        info: Info,
        input: Annotated[Raw, argument("To whom.", of=SendContactCodeInput)],
        idempotency_key: IdempotencyKey,
    ) -> SendContactCodePayload:
        """Send a code to a phone or e-mail; the answer comes back as evidence."""
        shown: SendContactCodePayload = await answered(
            info,
            "sendContactCode",
            idempotency_key,
            input,
            send_contact_code,
        )
        return shown

    @field(directives=[visible(Role.SERVICE, Role.KYC), Cost(weight=10)])
    async def add_evidence(
        self,
        info: Info,
        input: Annotated[Raw, argument("The evidence.", of=AddEvidenceInput)],
        idempotency_key: IdempotencyKey,
    ) -> AddEvidencePayload:
        """Add one piece of evidence. Checks that can run start at once."""
        shown: AddEvidencePayload = await answered(
            info,
            "addEvidence",
            idempotency_key,
            input,
            add_evidence,
        )
        return shown

    @field(directives=[visible(Role.KYC), Cost(weight=10)])
    async def request_evidence(
        self,
        info: Info,
        input: Annotated[Raw, argument("What and why.", of=RequestEvidenceInput)],
        idempotency_key: IdempotencyKey,
    ) -> RequestEvidencePayload:
        """Ask the subject for more."""
        shown: RequestEvidencePayload = await answered(
            info,
            "requestEvidence",
            idempotency_key,
            input,
            request_evidence,
        )
        return shown

    @field(directives=[visible(Role.KYC), Cost(weight=10)])
    async def decide_verification(
        self,
        info: Info,
        input: Annotated[Raw, argument("The decision and why.", of=DecideVerificationInput)],
        idempotency_key: IdempotencyKey,
    ) -> DecideVerificationPayload:
        """Accept or reject a referred verification; where the policy says so, a second person must agree."""
        shown: DecideVerificationPayload = await answered(
            info,
            "decideVerification",
            idempotency_key,
            input,
            decide_verification,
        )
        return shown

    @field(directives=[visible(Role.KYC), Cost(weight=10)])
    async def judge_hit(
        self,
        info: Info,
        input: Annotated[Raw, argument("The judgement and why.", of=JudgeHitInput)],
        idempotency_key: IdempotencyKey,
    ) -> JudgeHitPayload:
        """Say whether a possible list match is one."""
        shown: JudgeHitPayload = await answered(
            info,
            "judgeHit",
            idempotency_key,
            input,
            judge_hit,
        )
        return shown

    @field(directives=[visible(Role.ANALYST, Role.KYC, Role.ADMIN), Cost(weight=10)])
    async def answer_proposal(
        self,
        info: Info,
        input: Annotated[Raw, argument("The answer and why.", of=AnswerProposalInput)],
        idempotency_key: IdempotencyKey,
    ) -> AnswerProposalPayload:
        """Agree or disagree with what another person proposed."""
        shown: AnswerProposalPayload = await answered(
            info,
            "answerProposal",
            idempotency_key,
            input,
            answer_proposal,
        )
        return shown

    @field(directives=[visible(Role.ANALYST, Role.KYC, Role.ADMIN), Cost(weight=10)])
    async def assign_work(
        self,
        info: Info,
        input: Annotated[Raw, argument("The work and who does it.", of=AssignWorkInput)],
        idempotency_key: IdempotencyKey,
    ) -> AssignWorkPayload:
        """Take work, give it to somebody, or put it back."""
        shown: AssignWorkPayload = await answered(
            info,
            "assignWork",
            idempotency_key,
            input,
            assign_work,
        )
        return shown


async def _verification(scene: Scene, id: str) -> Verification:
    found = await find_verification(scene, id)
    assert found is not None, "a verification that was changed is there"
    return found


async def start_verification(call: Call, scene: Scene) -> Shown:
    """See `api.verifying.starting`."""
    return StartVerificationSuccess(verification=await _verification(scene, await starting.start(call)))


async def request_upload(call: Call, _scene: Scene) -> Shown:
    """See `api.verifying.tickets`."""
    made = await tickets.request_upload(call)
    ticket = UploadTicket(
        id=made["ticket"],
        path=f"/evidence/{made['ticket']}",
        accepts=list(ACCEPTS),
        maximum_bytes=IMAGE_BYTES,
        maximum_pixels=PIXELS,
        expires_at=made["expires_at"],
    )
    return RequestUploadSuccess(ticket=ticket)


async def request_liveness_challenge(call: Call, _scene: Scene) -> Shown:
    """See `api.verifying.tickets`."""
    made = await tickets.request_challenge(call)
    actions = [LivenessAction(one) for one in made["about"].split()]
    return RequestLivenessChallengeSuccess(challenge=LivenessChallenge(id=made["ticket"], actions=actions, expires_at=made["expires_at"]))


async def send_contact_code(call: Call, _scene: Scene) -> Shown:
    """See `api.verifying.tickets`."""
    return SendContactCodeSuccess(expires_at=(await tickets.send_code(call))["expires_at"])


async def add_evidence(call: Call, scene: Scene) -> Shown:
    """See `api.verifying.giving`."""
    return AddEvidenceSuccess(verification=await _verification(scene, await giving.add_evidence(call)))


async def request_evidence(call: Call, scene: Scene) -> Shown:
    """See `api.verifying.deciding`."""
    return RequestEvidenceSuccess(verification=await _verification(scene, await deciding.request_evidence(call)))


async def decide_verification(call: Call, scene: Scene) -> Shown:
    """See `api.verifying.deciding`."""
    made = await deciding.decide(call)
    proposal = None if "proposal" not in made else await find_proposal(scene, made["proposal"])
    return DecideVerificationSuccess(verification=await _verification(scene, made["verification"]), proposal=proposal)


async def judge_hit(call: Call, scene: Scene) -> Shown:
    """See `api.verifying.deciding`."""
    found = await find_hit(scene, await deciding.judge_hit(call))
    assert found is not None, "a hit that was judged is there"
    return JudgeHitSuccess(hit=found)


async def answer_proposal(call: Call, scene: Scene) -> Shown:
    """See `api.answering`."""
    found = await find_proposal(scene, await answering.answer_proposal(call))
    assert found is not None, "a proposal that was answered is there"
    return AnswerProposalSuccess(proposal=found)


async def assign_work(call: Call, scene: Scene) -> Shown:
    """See `api.verifying.deciding`."""
    return AssignWorkSuccess(item=await find_work(scene, await deciding.assign_work(call)))
