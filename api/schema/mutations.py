"""All writes. Inputs come as the raw dicts that coercion made: no object is built for any of a batch's facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from api import assessing, recording
from api.errors import Told, as_conflicting_input, as_invalid, told
from api.schema.assessments import (
    AssessLoanInput,
    AssessLoanPayload,
    AssessLoanSuccess,
    RecordOutcomeInput,
    RecordOutcomePayload,
    RecordOutcomeSuccess,
)
from api.schema.contents import RecordFactsInput
from api.schema.costs import Cost
from api.schema.decisions import show_decision
from api.schema.declaring import argument, field, object_type
from api.schema.entity_types import ENTITY_TYPES
from api.schema.erasing import ErasingMutation
from api.schema.guarded import RecordGuardedFactInput, RecordGuardedFactPayload, read_guard, show_guarded
from api.schema.loans import Loan
from api.schema.outcomes import RecordFactsPayload, show_batch
from api.schema.problems import show_problem
from api.schema.ring_judgements import RingMutation
from api.schema.roles import Role, visible
from api.schema.scenes import Info, Scene, Shown, timeless
from api.schema.verifying import VerifyingMutation
from graph.decoding import check_source
from graph.errors import RingfenceError

Raw = dict[str, Any]
IdempotencyKey = Annotated[str, argument("Your key for this intent; the same for its retries.")]


@object_type()
class Mutation(VerifyingMutation, RingMutation, ErasingMutation):
    """
    All writes. Each returns its success or a problem that implements UserError; a fault is in `errors`. An `idempotencyKey` is a string
    of 8 to 64 printable ASCII characters that you choose for one intent and keep for its retries: within 30 days the same key and input give the first
    answer again, the same key with another input is refused.
    """  # noqa: E501

    @field(directives=[visible(Role.SERVICE, Role.ADMIN), Cost(weight=10)])
    async def record_facts(self, info: Info, input: Annotated[Raw, argument("The facts.", of=RecordFactsInput)]) -> RecordFactsPayload:
        """Record up to 1,000 facts. Needs no idempotency key: the facts' ids are."""
        context = info.context
        try:
            return show_batch(await recording.record_facts(context.services, context.principal, input["source"], input["facts"]))
        except RingfenceError as error:
            refused: RecordFactsPayload = _problem(error, as_invalid)
            return refused

    @field(directives=[visible(Role.SERVICE), Cost(weight=10)])
    async def assess_loan(
        self, info: Info, input: Annotated[Raw, argument("The loan.", of=AssessLoanInput)], idempotency_key: IdempotencyKey
    ) -> AssessLoanPayload:
        """Record an application and decide it, within 900 ms, with nobody in the loop."""
        context = info.context
        request = assessing.AssessRequest(
            idempotency_key=idempotency_key,
            application=input["application"],
            applied_at=input.get("appliedAt"),
            facts=input.get("facts") or (),
            source=input.get("source"),
            deadline=input["deadline"],
        )
        try:
            made = await assessing.assess(context.services, context.principal, request, context.received)
        except RingfenceError as error:
            refused: AssessLoanPayload = _problem(error)
            return refused
        return AssessLoanSuccess(decision=show_decision(made.decision, timeless(context, ENTITY_TYPES), None), replayed=made.replayed)

    @field(directives=[visible(Role.SERVICE, Role.ANALYST), Cost(weight=10)])
    async def record_outcome(
        self,
        info: Info,
        input: Annotated[Raw, argument("The loan and its outcome.", of=RecordOutcomeInput)],
        idempotency_key: IdempotencyKey,
    ) -> RecordOutcomePayload:
        """Record how a loan turned out."""
        context = info.context
        request = recording.OutcomeRequest(
            idempotency_key=idempotency_key,
            loan=input["loan"],
            outcome=input["outcome"],
            occurred_at=input.get("occurredAt"),
            loss=input.get("loss"),
        )
        try:
            loan = await recording.record_outcome(context.services, context.principal, request)
            # Read after the recording, whatever present other fields of the operation may share.
            moment = await context.graph.now(context.principal.institution.id)
            shown = await Scene(context, moment, ENTITY_TYPES).shown(loan)
        except RingfenceError as error:
            refused: RecordOutcomePayload = _problem(error, as_conflicting_input)
            return refused
        assert isinstance(shown, Loan), "an outcome is recorded of a loan that is there"
        return RecordOutcomeSuccess(loan=shown)

    @field(directives=[visible(Role.SERVICE, Role.ADMIN), Cost(weight=30)])
    async def record_guarded_fact(
        self, info: Info, input: Annotated[Raw, argument("The fact and its guard.", of=RecordGuardedFactInput)]
    ) -> RecordGuardedFactPayload:
        """Record a transfer or guarantee unless it would complete a stated pattern. Needs no idempotency key: the fact's id is."""
        context = info.context
        try:
            check_source(input["source"], ("input", "source"))
            guard = read_guard(input["guard"], context.principal.institution, context.services.now())
        except RingfenceError as error:
            wrong: RecordGuardedFactPayload = _problem(error)
            return wrong
        try:
            made = await recording.record_guarded(context.services, context.principal, input["source"], input["fact"], guard)
            moment = await context.graph.now(context.principal.institution.id)
        except RingfenceError as error:
            refused: RecordGuardedFactPayload = _problem(error, below=("input", "fact"))
            return refused
        return show_guarded(made, Scene(context, moment, ENTITY_TYPES))


def _problem(error: RingfenceError, fit: Callable[[Told], Told] = lambda said: said, below: tuple[str, ...] = ()) -> Shown:
    """The problem of a payload for an error that the caller can act upon, fitted to what the payload knows; a fault of ours goes on."""
    said = told(error, below)
    if said is None:
        raise error
    return show_problem(fit(said))
