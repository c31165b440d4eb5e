"""Verifications: the identity checks on one subject, as the service, analysts and KYC staff see them."""

from __future__ import annotations

from typing import Any, Final

import strawberry

from api.context import Context
from api.schema.costs import at_most
from api.schema.declaring import field, object_type
from api.schema.disclosing import disclose
from api.schema.evidence import EvidenceItem, show_evidence
from api.schema.nodes import PageInfo
from api.schema.pages import turn
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID, DateTime
from api.schema.scenes import Info, Scene, present
from api.schema.ties import ENTITY
from api.schema.verification_parts import (
    Check,
    CheckResult,
    FieldComparison,
    IdentitySummary,
    VerificationActor,
    VerificationConclusion,
    VerificationPolicy,
    VerificationState,
    VerificationStep,
    VerificationStepKind,
    show_identity,
)
from api.schema.work_items import WorkItem, load_principal
from api.verifying.checking import checks_said, plain_file
from api.verifying.looking import Looked, look
from graph.model import Instant
from graph.store import Page
from identity import records
from identity.checks.document_fields import compare_fields
from identity.model import EvidenceKind, Outcome
from identity.policy import Policy, policy_named
from identity.records import Kept, Query
from identity.verification import Given, State, Step, next_steps
from rules.identified import identified

KYC_ALONE: Final = visible(Role.KYC)
SHOWN_AS: Final = {"born_on": "bornOn", "valid_until": "validUntil"}
"""Fields whose name in the schema differs."""


@object_type(visible=EVERYBODY)
class Verification(WorkItem):
    """The identity checks on one subject and their outcome."""

    id: ID
    """Opaque id."""
    state: VerificationState
    """Where it stands."""
    version: int
    """Rises with each change; give it back when you change it."""
    expires_at: DateTime | None
    """When it expires without evidence, or must be renewed; null when rejected."""
    kept: strawberry.Private[Kept]

    @field(of=ENTITY)
    async def subject(self) -> Any:  # noqa: ANN401 - one of the entities' types
        """The merchant or person verified."""
        context = self.scene.context
        return await Scene(context, await present(context), self.scene.types).shown(self.kept.subject)

    @field()
    def policy(self) -> VerificationPolicy:
        """The policy that says which checks, and who may decide."""
        policy = self._policy()
        return VerificationPolicy(name=policy.name, version=policy.version, four_eyes=policy.four_eyes)

    @field(directives=at_most(12))
    async def next_steps(self) -> list[VerificationStep]:
        """What to do next, in order; empty when nothing is asked of anybody."""
        steps = next_steps(self._policy(), await self._given(), self.kept.state)
        return [_step(one) for one in steps]

    @field(directives=at_most(24))
    def checks(self) -> list[Check]:
        """The checks, in the policy's order."""
        said = {run.result.code: run for run in self.kept.checks}
        policy, running = self._policy(), self.kept.state is State.CHECKING
        return [_check(code, said.get(code), policy) for code in policy.checks if code in said or (running and code in policy.required)]

    @field(directives=[KYC_ALONE, *at_most(40)])
    async def comparisons(self, info: Info) -> list[FieldComparison] | None:
        """Every field that was both declared and read, side by side; null when masked."""
        looked = await _looked(info.context, self.id)
        if looked is None or looked.cipher.erased:
            return []
        disclose(info.context, self.kept.subject)
        front = next((piece for piece in reversed(looked.pieces) if piece.kind is EvidenceKind.DOCUMENT_FRONT), None)
        file = plain_file(looked, info.context.principal.institution.currency[:2], info.context.services.now())
        return [
            FieldComparison(
                field=SHOWN_AS.get(one.field, one.field),
                declared=one.declared,
                read=one.read,
                agreement=one.agreement,
                evidence=None if front is None else show_evidence(front),
            )
            for one in compare_fields(file)
        ]

    @field(directives=[KYC_ALONE, *at_most(24)])
    async def evidence(self, info: Info) -> list[EvidenceItem] | None:
        """The evidence given; null when masked."""
        institution = info.context.principal.institution.id
        pieces = await info.context.services.records.read(
            lambda connection: records.evidence_of(connection, institution, self.id), institution=institution
        )
        return [show_evidence(piece) for piece in pieces]

    @field()
    async def conclusion(self, info: Info) -> VerificationConclusion | None:
        """How it ended; null while it has not."""
        if self.kept.conclusion is None:
            return None
        looked = await _looked(info.context, self.id)
        said = None if looked is None else looked.cipher.open(f"conclusion {self.id}", self.kept.conclusion)
        if said is None:
            accepted = self.kept.state is State.VERIFIED
            return VerificationConclusion(accepted=accepted, reason="Erased.", decided_at=self.kept.changed_at, decided_by=[])
        by = [await load_principal(info.context, one) for one in said["by"]]
        return VerificationConclusion(
            accepted=said["accepted"], reason=said["reason"], decided_at=said["at"], decided_by=[one for one in by if one is not None]
        )

    def _policy(self) -> Policy:
        return policy_named(self.kept.policy, self.kept.policy_version)

    async def _given(self) -> Given:
        context, institution = self.scene.context, self.scene.context.principal.institution.id
        pieces = await context.services.records.read(
            lambda connection: records.evidence_of(connection, institution, self.id), institution=institution
        )
        return records.given(self.kept, pieces)


@object_type()
class VerificationEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Verification
    """The item."""


@object_type()
class VerificationConnection:
    """Verifications, newest first: one page."""

    edges: list[VerificationEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


def _step(step: Step) -> VerificationStep:
    return VerificationStep(kind=VerificationStepKind(step.kind), sentence=step.sentence, actor=VerificationActor(step.actor))


def _check(code: str, run: records.CheckRun | None, policy: Policy) -> Check:
    if run is None:
        nothing = {"result": None, "sentence": None, "measured": None, "threshold": None, "false_match_rate": None, "took": None}
        return Check(code=code, required=code in policy.required, **nothing)
    said = run.result
    return Check(
        code=code,
        result=CheckResult(said.outcome),
        sentence=said.sentence,
        measured=said.measured,
        threshold=said.threshold,
        false_match_rate=said.false_match_rate,
        required=run.required,
        took=run.took,
    )


def show_verification(kept: Kept, scene: Scene) -> Verification:
    """A verification as the schema shows it, as it stands now."""
    kept = kept.at(scene.context.services.now())
    who = "person" if kept.kind == "PERSON" else "merchant"
    doubted = len(checks_said(kept, Outcome.FAIL)) + len(checks_said(kept, Outcome.INCONCLUSIVE))
    title = f"Verification of a {who}" + (f": {doubted} of {len(kept.checks)} checks to look at" if kept.state is State.REFERRED else "")
    return Verification(
        id=kept.id,
        title=title,
        opened_at=kept.opened_at,
        due_at=kept.due_at,
        scene=scene,
        state=VerificationState(kept.state),
        version=kept.version,
        expires_at=None if kept.state is State.REJECTED else kept.expires_at,
        kept=kept,
    )


async def find_verification(scene: Scene, id: str) -> Verification | None:
    """A verification by its id; None when there is none."""
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: records.verification(connection, institution, id), institution=institution
    )
    return None if found is None else show_verification(found, scene)


async def page_of_verifications(scene: Scene, scope: list[object], query: Query, after: str | None) -> VerificationConnection:
    """One page; `scope` names the list and its arguments. Raises `InvalidInput`."""
    services, institution, now = scene.context.services, scene.context.principal.institution.id, scene.context.services.now()

    async def read(place: str | None) -> Page[Kept]:
        asked = Query(query.first, place, query.states, query.subjects, query.opened_after)
        found, more = await services.records.read(
            lambda connection: records.listed(connection, institution, asked, now), institution=institution
        )
        return Page(tuple(found), tuple(records.place_of(one) for one in found), more)

    page, cursors, page_info = await turn(scene.context, scope, query.first, after, read)
    edges = [VerificationEdge(cursor=cursor, node=show_verification(one, scene)) for cursor, one in zip(cursors, page.items, strict=True)]
    return VerificationConnection(edges=edges, page_info=page_info)


async def identity_of(scene: Scene, subject: str, until: Instant | None = None) -> IdentitySummary | None:
    """Who a subject is, by its newest verification; None before a first one."""
    services, institution = scene.context.services, scene.context.principal.institution.id

    known_at = services.now() if until is None else until
    found = await services.records.read(
        lambda connection: identified(connection, institution, subject, None, known_at), institution=institution
    )
    return show_identity(found[subject]) if subject in found else None


async def _looked(context: Context, id: str) -> Looked | None:
    """A verification with its evidence opened; read once for an operation."""
    kept: dict[str, Looked | None] = context.loaders.setdefault("looked", {})
    if id not in kept:
        institution = context.principal.institution.id
        kept[id] = await context.services.records.read(
            lambda connection: look(connection, context.services, institution, id, images=False), institution=institution
        )
    return kept[id]
