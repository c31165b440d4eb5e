"""Decisions: verdicts with all that they rest on, served from each decision's own snapshot."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Final

import strawberry
from strawberry import UNSET

from api.context import Context
from api.schema.costs import Cost, at_most
from api.schema.declaring import field, input_type, later, object_type
from api.schema.judging import (
    DecisionCost,
    DecisionSource,
    DecisionTiming,
    DegradedCause,
    DegradedSource,
    LimitHint,
    Strategy,
    Verdict,
)
from api.schema.money import Money
from api.schema.nodes import Node, PageInfo
from api.schema.pages import turn
from api.schema.reasons import Reason, SignalValue, show_observed, show_reason
from api.schema.references import Reference
from api.schema.replays import DecisionReplay, replay_decision
from api.schema.rings import RingMembership, place_in_ring
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID, DateTime
from api.schema.scenes import Scene, Shown
from api.schema.subgraphs import Subgraph, show_piece
from api.schema.verification_parts import IdentitySummary, show_identity
from graph import model as graph_model
from graph.errors import GraphUnavailable
from graph.model import EntityKind, Instant, LoanState, Moment
from rules import model
from rules.records import DecisionQuery
from rules.records import decision as read_decision
from rules.records import decisions as read_decisions

SHOWN_REASONS: Final = 20
"""Reasons shown; the rest is counted (semantics 20)."""


@input_type()
class DecisionFilter:
    """Which decisions. All that is given must hold."""

    loan: Reference | None = UNSET
    """On this loan."""
    merchant: Reference | None = UNSET
    """About this merchant."""
    verdicts: list[Verdict] | None = UNSET
    """With one of these verdicts."""
    reason_code: str | None = UNSET
    """With this reason code."""
    degraded: bool | None = UNSET
    """Whether some source was degraded."""
    decided_after: DateTime | None = UNSET
    """Made after this moment."""
    decided_before: DateTime | None = UNSET
    """Made before this moment."""


@object_type(visible=EVERYBODY)
class Decision(Node):
    """A verdict on one loan with all that it rests on. Immutable; a later one may replace it."""

    id: ID
    """Opaque id, `dec_...`."""
    decision: strawberry.Private[model.Decision]
    scene: strawberry.Private[Scene]
    """The decision's own: what was read when it was made."""
    as_of_asked: strawberry.Private[Instant | None]
    """The moment that the caller asked for, which hides later decisions; None for the present."""

    @field(of=later("loans", "Loan"))
    async def loan(self) -> Shown:
        """The loan."""
        asked = self.decision.dossier.application
        return self.scene.show(await self._read(asked.loan) or _unread_loan(asked))

    @field(of=later("merchants", "Merchant"))
    async def merchant(self) -> Shown:
        """The merchant."""
        asked = self.decision.dossier.application
        return self.scene.show(await self._read(asked.merchant) or _unread_merchant(asked))

    @field()
    def verdict(self) -> Verdict:
        """The verdict."""
        return Verdict(self.decision.judgement.verdict)

    @field()
    def approved(self) -> Money | None:
        """The most that may be lent on this verdict, at most what was asked for; null if and only if it is not APPROVE."""
        approved = self.decision.judgement.approved
        return None if approved is None else self._money(approved)

    @field()
    def score(self) -> int:
        """Sum of the points of the rules that held; the strategy's thresholds make it a verdict."""
        return self.decision.judgement.score

    @field(directives=at_most(20))
    def reasons(self) -> list[Reason]:
        """Why: DECLINE before REFER before SCORE, then most points either way, then code; empty for an approval with nothing to say against it."""  # noqa: E501
        ties = {tie.id: tie for tie in self._hood.ties} if self._hood else {}
        return [show_reason(one, ties, self.scene) for one in self.decision.judgement.reasons[:SHOWN_REASONS]]

    @field()
    def reasons_omitted(self) -> int:
        """Reasons beyond the twenty shown; `score` counts them too."""
        return max(0, len(self.decision.judgement.reasons) - SHOWN_REASONS)

    @field(directives=[Cost(weight=10)])
    def evidence(self) -> Subgraph:
        """All that the reasons rest on, in one piece: at most 100 entities and 200 ties."""
        hood, judged = self._hood, self.decision.judgement
        if hood is None:
            return show_piece((), (), None, self.scene)
        near = {one.entity.id: one for one in hood.neighbours}
        ties = {tie.id: tie for tie in hood.ties}
        return show_piece(
            tuple(near[one] for one in judged.evidence_entities if one in near),
            tuple(ties[one] for one in judged.evidence_ties if one in ties),
            hood.truncation,
            self.scene,
        )

    @field(directives=[visible(Role.ANALYST, Role.ADMIN), *at_most(100)])
    def signals(self) -> list[SignalValue] | None:
        """The values of all signals; every role reads those that a reason rests on in `Reason.observed`."""
        return [show_observed(one) for one in self.decision.judgement.observed[:100]]

    @field()
    def strategy(self) -> Strategy:
        """The version that judged."""
        made = self.decision
        return Strategy(id=made.strategy, name=made.strategy_name, version=made.strategy_version)

    @field()
    def at(self) -> DateTime:
        """The application's moment: time windows are measured from it, and nothing later in the world was judged."""
        return self.decision.dossier.application.at

    @field()
    def as_of(self) -> DateTime:
        """Nothing recorded here after this moment was judged."""
        return self.decision.dossier.known_at

    @field()
    def decided_at(self) -> DateTime:
        """When it was made."""
        return self.decision.decided_at

    @field()
    def inputs_hash(self) -> str:
        """SHA-256 of all inputs, hexadecimal. Equal hash and strategy give an equal judgement (all but ids, times and cost), byte for byte."""  # noqa: E501
        return self.decision.inputs_hash

    @field(directives=at_most(10))
    def degraded(self) -> list[DegradedSource]:
        """Sources that gave nothing in time; the verdict holds whatever they would have said, and is REFER where none would. Empty when all answered."""  # noqa: E501
        unknown = self.decision.judgement.degraded
        return [
            DegradedSource(
                source=DecisionSource(one.source),
                cause=DegradedCause(one.cause),
                waited=one.waited,
                signals=list(unknown.get(one.source, ())),
            )
            for one in self.decision.dossier.unread[:10]
        ]

    @field()
    def timing(self) -> DecisionTiming:
        """Time by part."""
        took = self.decision.timing
        return DecisionTiming(
            total=took.total,
            facts=took.facts,
            graph=took.graph,
            signals=took.signals,
            rules=took.rules,
            records=took.records,
            identity=took.identity,
        )

    @field()
    def identity(self) -> IdentitySummary | None:
        """Who the merchant was at that moment; null before a first verification."""
        known = self.decision.dossier.history
        return None if known is None or known.merchant is None else show_identity(known.merchant)

    @field()
    def cost(self) -> DecisionCost:
        """What computing it cost."""
        made = self.decision
        return DecisionCost(cpu=made.cpu, read=made.read, micros=made.micros, currency=made.dossier.application.currency)

    @field(of=later("decisions", "Decision") | None)
    async def replaced_by(self) -> Shown:
        """The decision on the same loan that replaced it; null while it is the newest."""
        if self.decision.replaced_by is None:
            return None
        newer = await load_decision(self.scene.context, self.decision.replaced_by)
        hidden = newer is None or (self.as_of_asked is not None and newer.decided_at > self.as_of_asked)
        return None if newer is None or hidden else show_decision(newer, self.scene, self.as_of_asked)

    @field(directives=[visible(Role.ANALYST, Role.ADMIN), Cost(weight=20)])
    async def replay(self) -> DecisionReplay | None:
        """Decides again from the stored inputs and compares; null when masked."""
        return await replay_decision(self.scene.context, self.decision)

    @field()
    def limit(self) -> LimitHint | None:
        """What the receipts carry, whatever was asked for; null when declined or when the receipts do not say."""
        limit = self.decision.judgement.limit
        if limit is None:
            return None
        return LimitHint(amount=self._money(limit.amount), monthly_receipts=self._money(limit.monthly_receipts), sentence=limit.sentence)

    @field()
    async def ring(self) -> RingMembership | None:
        """The ring that the merchant or applicant was in at that moment; null when in none."""
        asked = self.decision.dossier.application
        entities = (asked.merchant,) if asked.applicant is None else (asked.merchant, asked.applicant)
        return await place_in_ring(self.scene, entities, self.decision.decided_at)

    async def _read(self, id_: str) -> graph_model.Entity | None:
        """An entity from the snapshot, else from the graph; None when it was not there, or while the graph is down."""
        try:
            return await self.scene.load(id_)
        except GraphUnavailable:
            return None

    @cached_property
    def _hood(self) -> graph_model.Neighbourhood | None:
        around = self.decision.dossier.surroundings
        return None if around is None else around.neighbourhood

    def _money(self, amount: int) -> Money:
        return Money(amount=amount, currency=self.decision.dossier.application.currency)


@object_type()
class DecisionEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Decision
    """The item."""


@object_type()
class DecisionConnection:
    """Decisions, newest first: one page."""

    edges: list[DecisionEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


def show_decision(decision: model.Decision, scene: Scene, as_of: Instant | None) -> Decision:
    """The decision as the schema shows it: below it everything is read at its own moments, and from its own snapshot where it has it."""
    dossier = decision.dossier
    around = dossier.surroundings
    own = Scene(scene.context, Moment(dossier.application.at, dossier.known_at), scene.types)
    if around is not None:
        own = own.among([one.entity for one in around.neighbourhood.neighbours], stored=True)
    return Decision(id=decision.id, decision=decision, scene=own, as_of_asked=as_of)


async def load_decision(context: Context, id: str) -> model.Decision | None:
    """The decision with this id; None when the institution has none."""
    institution = context.principal.institution.id
    return await context.services.records.read(lambda connection: read_decision(connection, institution, id), institution=institution)


async def page_of_decisions(scene: Scene, scope: list[object], query: DecisionQuery, after: str | None) -> DecisionConnection:
    """One page of decisions; under an `asOf` those made by then."""
    context, institution = scene.context, scene.context.principal.institution.id
    if scene.as_of is not None:
        before = scene.as_of + 1 if query.decided_before is None else min(query.decided_before, scene.as_of + 1)
        query = replace(query, decided_before=before)
    page, cursors, page_info = await turn(
        context,
        [*scope, scene.as_of],
        query.first,
        after,
        lambda place: context.services.records.read(
            lambda connection: read_decisions(connection, institution, replace(query, after=place)), institution=institution
        ),
    )
    edges = [
        DecisionEdge(cursor=cursor, node=show_decision(one, scene, scene.as_of)) for cursor, one in zip(cursors, page.items, strict=True)
    ]
    return DecisionConnection(edges=edges, page_info=page_info)


def _unread_loan(asked: model.Application) -> graph_model.Entity:
    """The loan as its application tells of it, while the graph has not taken it in."""
    fields: dict[str, graph_model.FieldValue] = {
        "state": LoanState.APPLIED.value,
        "merchant": asked.merchant,
        "requested": asked.amount,
        "term_days": asked.term_days,
        "applied_at": asked.at,
    }
    if asked.applicant is not None:
        fields["applicant"] = asked.applicant
    return graph_model.Entity(asked.loan, EntityKind.LOAN, asked.loan_key, asked.loan_key, asked.at, asked.at, fields=fields)


def _unread_merchant(asked: model.Application) -> graph_model.Entity:
    """A merchant of whom nothing but the application was known."""
    return graph_model.Entity(asked.merchant, EntityKind.MERCHANT, None, asked.merchant, asked.at, asked.at)
