"""Ways into the schema: for each of its object types a document that reaches objects of it, with HERE for what is to be read of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, is_composite_type
from graphql import get_named_type as named

from api.schema import schema
from tests.api.world import DOCUMENT, PLACE, application, money


@dataclass(frozen=True, slots=True)
class Door:
    """A document, where its objects are in the data (lists are looked through), and its variables."""

    document: str
    path: str
    variables: Mapping[str, Any] = field(default_factory=dict)


def entity(type_name: str, **reference: Any) -> Door:
    """Into an entity by its value or key."""
    document = f"query ($reference: EntityReference!) {{ entity(reference: $reference) {{ ... on {type_name} {{ HERE }} }} }}"
    return Door(document, "entity", {"reference": reference})


ASSESS = """mutation ($input: AssessLoanInput!, $idempotencyKey: String!) {
  assessLoan(input: $input, idempotencyKey: $idempotencyKey) { ... on %s { HERE } } }"""
OUTCOME = """mutation ($input: RecordOutcomeInput!, $idempotencyKey: String!) {
  recordOutcome(input: $input, idempotencyKey: $idempotencyKey) { ... on %s { HERE } } }"""
RECORD = "mutation ($input: RecordFactsInput!) { recordFacts(input: $input) { ... on %s { HERE } } }"
OUTCOMES = "outcomes(refusedOnly: false) { ... on %s { HERE } }"

AGO = "2026-01-01T00:00:00Z"
CONFLICTING = {"id": "f-0", "occurredAt": AGO, "content": {"merchantDescribed": {"key": "M-1", "name": "Another"}}}
FRESH = {"id": "g-1", "occurredAt": AGO, "content": {"deviceDescribed": {"key": "D-5", "model": "Mate 70"}}}
WRONG = {"id": "g-2", "occurredAt": AGO, "content": {"deviceDescribed": {"key": "\x00"}}}
TIES = "ties(first: 100) { edges { node { HERE } } }"
DECISIONS = "{ decisions(first: 100) { edges { node { %s } } } }"

DOORS: dict[str, list[Door]] = {
    "Principal": [Door("{ me { HERE } }", "me")],
    "Institution": [Door("{ me { institution { HERE } } }", "me.institution")],
    "Merchant": [entity("Merchant", merchant="M-1"), Door('{ merchant(reference: {key: "M-1"}) { HERE } }', "merchant")],
    "Person": [entity("Person", person="P-1")],
    "Account": [entity("Account", account="6222020000000001")],
    "Device": [entity("Device", device="D-1")],
    "Phone": [entity("Phone", phone="+86 138 0013 8000")],
    "Email": [entity("Email", email="zhang@EXAMPLE.com")],
    "IpAddress": [entity("IpAddress", ipAddress="203.0.113.7")],
    "Place": [entity("Place", place=PLACE)],
    "Document": [entity("Document", document=DOCUMENT)],
    "Loan": [entity("Loan", loan="L-0"), entity("Loan", loan="L-1")],
    "Tie": [
        Door(f"{{ entity(reference: {{{one}}}) {{ {TIES} }} }}", "entity.ties.edges.node")
        for one in ('merchant: "M-2"', 'person: "P-1"', 'loan: "L-0"', 'account: "6222020000000001"')
    ],
    "TieConnection": [Door('{ merchant(reference: {key: "M-1"}) { ties(first: 1) { HERE } } }', "merchant.ties")],
    "TieEdge": [Door('{ merchant(reference: {key: "M-1"}) { ties(first: 1) { edges { HERE } } } }', "merchant.ties.edges")],
    "PageInfo": [Door('{ merchant(reference: {key: "M-1"}) { ties(first: 1) { pageInfo { HERE } } } }', "merchant.ties.pageInfo")],
    "Fact": [Door('{ merchant(reference: {key: "M-1"}) { facts(first: 50) { edges { node { HERE } } } } }', "merchant.facts.edges.node")],
    "FactConnection": [Door('{ merchant(reference: {key: "M-1"}) { facts(first: 1) { HERE } } }', "merchant.facts")],
    "FactEdge": [Door('{ merchant(reference: {key: "M-1"}) { facts(first: 1) { edges { HERE } } } }', "merchant.facts.edges")],
    "LoanConnection": [Door('{ merchant(reference: {key: "M-1"}) { loans(first: 1) { HERE } } }', "merchant.loans")],
    "LoanEdge": [Door('{ merchant(reference: {key: "M-1"}) { loans(first: 1) { edges { HERE } } } }', "merchant.loans.edges")],
    "DecisionConnection": [Door("{ decisions(first: 1) { HERE } }", "decisions")],
    "DecisionEdge": [Door("{ decisions(first: 1) { edges { HERE } } }", "decisions.edges")],
    "Decision": [Door(DECISIONS % "HERE", "decisions.edges.node")],
    "Reason": [Door(DECISIONS % "reasons { HERE }", "decisions.edges.node.reasons")],
    "SignalValue": [Door(DECISIONS % "reasons { observed { HERE } }", "decisions.edges.node.reasons.observed")],
    "Signal": [Door(DECISIONS % "reasons { observed { signal { HERE } } }", "decisions.edges.node.reasons.observed.signal")],
    "Strategy": [Door(DECISIONS % "strategy { HERE }", "decisions.edges.node.strategy")],
    "DegradedSource": [Door(DECISIONS % "degraded { HERE }", "decisions.edges.node.degraded")],
    "DecisionTiming": [Door(DECISIONS % "timing { HERE }", "decisions.edges.node.timing")],
    "DecisionCost": [Door(DECISIONS % "cost { HERE }", "decisions.edges.node.cost")],
    "LimitHint": [Door(DECISIONS % "limit { HERE }", "decisions.edges.node.limit")],
    "Subgraph": [
        Door(DECISIONS % "evidence { HERE }", "decisions.edges.node.evidence"),
        Door('{ neighbourhood(centre: {merchant: "M-1"}, maximumEntities: 3) { HERE } }', "neighbourhood"),
    ],
    "SubgraphEntity": [Door(DECISIONS % "evidence { entities { HERE } }", "decisions.edges.node.evidence.entities")],
    "Truncation": [
        Door('{ neighbourhood(centre: {merchant: "M-1"}, maximumEntities: 3) { truncation { HERE } } }', "neighbourhood.truncation")
    ],
    "PathSearch": [
        Door('{ paths(from: {merchant: "H-1"}, to: {merchant: "H-519"}, maximumPaths: 20) { HERE } }', "paths"),
        Door('{ paths(from: {person: "P-1"}, to: {merchant: "M-9"}) { HERE } }', "paths"),
    ],
    "Path": [Door('{ paths(from: {person: "P-1"}, to: {merchant: "M-9"}) { paths { HERE } } }', "paths.paths")],
    "Money": [Door('{ entity(reference: {loan: "L-0"}) { ... on Loan { requested { HERE } } } }', "entity.requested")],
    "RecordFactsSuccess": [Door(RECORD % "RecordFactsSuccess", "recordFacts", {"input": {"source": "walker", "facts": [FRESH, WRONG]}})],
    "FactRecorded": [
        Door(
            (RECORD % "RecordFactsSuccess").replace("HERE", OUTCOMES % "FactRecorded"),
            "recordFacts.outcomes",
            {"input": {"source": "walker", "facts": [{**FRESH, "id": "g-3"}]}},
        )
    ],
    "FactRepeated": [
        Door(
            (RECORD % "RecordFactsSuccess").replace("HERE", OUTCOMES % "FactRepeated"),
            "recordFacts.outcomes",
            {"input": {"source": "walker", "facts": [FRESH, FRESH]}},
        )
    ],
    "FactRefused": [
        Door(
            (RECORD % "RecordFactsSuccess").replace("HERE", OUTCOMES % "FactRefused"),
            "recordFacts.outcomes",
            {"input": {"source": "core-banking", "facts": [CONFLICTING, WRONG]}},
        )
    ],
    "ValidationError": [Door(RECORD % "ValidationError", "recordFacts", {"input": {"source": "NO!", "facts": [FRESH]}})],
    "InputProblem": [
        Door(
            (RECORD % "ValidationError").replace("HERE", "problems { HERE }"),
            "recordFacts.problems",
            {"input": {"source": "NO!", "facts": [FRESH]}},
        )
    ],
    "Forbidden": [
        Door(RECORD % "Forbidden", "recordFacts", {"input": {"source": "walker", "facts": [FRESH]}}),
        Door(ASSESS % "Forbidden", "assessLoan", {"input": application("L-8", 1_00), "idempotencyKey": "walker-8"}),
    ],
    "NotFound": [
        Door(
            OUTCOME % "NotFound",
            "recordOutcome",
            {"input": {"loan": {"key": "L-404"}, "outcome": "REPAID"}, "idempotencyKey": "walker-404"},
        )
    ],
    "FactConflict": [
        Door(
            ASSESS % "FactConflict",
            "assessLoan",
            {
                "input": {**application("L-7", 1_00), "facts": [CONFLICTING], "source": "core-banking"},
                "idempotencyKey": "walker-7",
            },
        )
    ],
    "IdempotencyConflict": [
        Door(ASSESS % "IdempotencyConflict", "assessLoan", {"input": application("L-1", 1_00), "idempotencyKey": "assess-first-1"})
    ],
    "AssessLoanSuccess": [
        Door(ASSESS % "AssessLoanSuccess", "assessLoan", {"input": application("L-6", 1_000_00), "idempotencyKey": "walker-6"})
    ],
    "RecordOutcomeSuccess": [
        Door(
            OUTCOME % "RecordOutcomeSuccess",
            "recordOutcome",
            {"input": {"loan": {"key": "L-0"}, "outcome": "LATE", "loss": money(1)}, "idempotencyKey": "walker-0"},
        )
    ],
}
"""At least one door for each type that can be met; those met only while something is down are opened by their own tests."""

CLOSED = {
    "Face": "reached through ties alone: see the tests of verifying",
    "RateLimited": "opened by its own test",
    "IdempotencyInProgress": "opened by its own test",
    "Unavailable": "opened by its own test",
    "DecisionMade": "told over sockets: see test_sockets",
    "GuardTripped": "what trips blocks both sides: see test_schema_guarded",
}

SCOPE = 'scope: {window: {after: "2020-01-01T00:00:00Z"}}'
ARGUMENTS = {
    "first": "first: 2",
    "scope": SCOPE,
    "payee": 'payee: {key: "FC"}',
    "account": 'account: {key: "FD"}',
    "person": 'person: {key: "F-2"}',
}


def flows(kind: str, key: str, below: str) -> Door:
    """Into the flows of an account, person or loan."""
    names = "".join(f".{part}" for part in re.sub(r"\(.*?\)|HERE", "", below).replace("{", " ").replace("}", " ").split())
    document = f'{{ entity(reference: {{{kind}: "{key}"}}) {{ ... on {kind.capitalize()} {{ flows({SCOPE}) {{ {below} }} }} }} }}'
    return Door(document, f"entity.flows{names}")


def transfers(arguments: str, below: str, path: str = "") -> Door:
    """Into the transfers of the account that receives in the API's world."""
    document = f'{{ entity(reference: {{account: "6222020000000001"}}) {{ ... on Account {{ transfers({arguments}) {{ {below} }} }} }} }}'
    return Door(document, f"entity.transfers.{path}".rstrip("."))


GUARDED = "mutation ($input: RecordGuardedFactInput!) { recordGuardedFact(input: $input) { ... on RecordGuardedFactSuccess { HERE } } }"
HARMLESS = {
    "source": "walker",
    "fact": {
        "id": "g-9", "occurredAt": AGO,
        "content": {
            "transferMade": {"key": "g-9", "from": {"key": "G-1"}, "to": {"key": "G-2"}, "amount": money(1_00), "kind": "TRANSFER"},
        },
    },
    "guard": {"circle": {"window": {"after": "2020-01-01T00:00:00Z"}}},
}  # fmt: skip

DOORS |= {
    "RecordGuardedFactSuccess": [Door(GUARDED, "recordGuardedFact", {"input": HARMLESS})],
    "Operations": [Door("{ operations { HERE } }", "operations")],
    "DecisionFigures": [Door("{ operations { decisions { HERE } } }", "operations.decisions")],
    "RateLimit": [Door("{ rateLimit { HERE } }", "rateLimit")],
    "DecisionReplay": [Door("{ decisions(first: 3) { edges { node { replay { HERE } } } } }", "decisions.edges.node.replay")],
    "Transfer": [
        transfers("first: 100", "edges { node { HERE } }", "edges.node"),
    ],
    "TransferEdge": [transfers("first: 1", "edges { HERE }", "edges")],
    "TransferConnection": [transfers("first: 1", "HERE")],
    "AccountFlows": [flows("account", "FA", "HERE")],
    "PersonFlows": [flows("person", "F-1", "HERE")],
    "LoanFlows": [flows("loan", "FL", "HERE")],
    "TransferTotals": [flows("account", "FA", "received { HERE }")],
    "CounterpartyTotals": [flows("account", "FA", "payers { HERE }")],
    "PassThrough": [flows("account", "FA", "passThrough { HERE }")],
    "BlockedDeviceReached": [flows("account", "FA", "blockedDevicesReached { HERE }")],
    "TransferCircle": [flows("account", "FA", 'circlesThrough(payee: {key: "FC"}) { HERE }')],
    "TransferChain": [flows("account", "FA", 'shortestChainTo(account: {key: "FD"}) { HERE }')],
    "PooledWithdrawal": [flows("account", "FA", "pooledWithdrawals { HERE }")],
    "LoanTurnover": [flows("account", "FA", "loanTurnover { HERE }")],
    "LoanFundedSource": [flows("person", "F-1", "loanFundedSources { HERE }")],
    "GuaranteeChain": [flows("person", "F-1", "guaranteeChain { HERE }")],
    "LoanTrailStop": [flows("loan", "FL", "trail { HERE }")],
}

OWNED = '{ merchant(reference: {key: "M-1"}) { ownership { HERE } } }'
SCREEN = 'screenName(input: {name: "Zhang Sanfeng", bornOn: "1952-10-07"})'

DOORS |= {
    "Watchlist": [Door("{ watchlists { HERE } }", "watchlists"), Door(f"{{ {SCREEN} {{ lists {{ HERE }} }} }}", "screenName.lists")],
    "Ownership": [Door(OWNED, "merchant.ownership")],
    "BeneficialOwner": [Door(OWNED.replace("HERE", "beneficialOwners { HERE }"), "merchant.ownership.beneficialOwners")],
    "ScreeningResult": [Door(f"{{ {SCREEN} {{ HERE }} }}", "screenName")],
    "ScreeningMatch": [Door(f"{{ {SCREEN} {{ matches {{ HERE }} }} }}", "screenName.matches")],
    "WatchlistEntry": [Door(f"{{ {SCREEN} {{ matches {{ entry {{ HERE }} }} }} }}", "screenName.matches.entry")],
}


VERIFIED = "{ verifications(first: 5) { edges { node { %s } } } }"
NODE = "verifications.edges.node"
HITS = "{ workList(first: 20, kinds: [SCREENING_HIT]) { edges { node { ... on ScreeningHit { HERE } } } } }"
PROPOSED = "{ workList(first: 20, kinds: [PROPOSAL]) { edges { node { ... on Proposal { HERE } } } } }"

DOORS |= {
    "Verification": [Door(VERIFIED % "HERE", NODE)],
    "VerificationConnection": [Door("{ verifications(first: 1) { HERE } }", "verifications")],
    "VerificationEdge": [Door("{ verifications(first: 1) { edges { HERE } } }", "verifications.edges")],
    "VerificationPolicy": [Door(VERIFIED % "policy { HERE }", f"{NODE}.policy")],
    "VerificationStep": [Door(VERIFIED % "nextSteps { HERE }", f"{NODE}.nextSteps")],
    "VerificationConclusion": [Door(VERIFIED % "conclusion { HERE }", f"{NODE}.conclusion")],
    "Check": [Door(VERIFIED % "checks { HERE }", f"{NODE}.checks")],
    "FieldComparison": [Door(VERIFIED % "comparisons { HERE }", f"{NODE}.comparisons")],
    "EvidenceItem": [Door(VERIFIED % "evidence { HERE }", f"{NODE}.evidence")],
    "EvidenceImage": [Door(VERIFIED % "evidence { image { HERE } }", f"{NODE}.evidence.image")],
    "IdentitySummary": [Door('{ entity(reference: {person: "P-1"}) { ... on Person { identity { HERE } } } }', "entity.identity")],
    "ScreeningHit": [Door(HITS, "workList.edges.node")],
    "Proposal": [Door(PROPOSED, "workList.edges.node")],
    "WorkItemConnection": [Door("{ workList(first: 1) { HERE } }", "workList")],
    "WorkItemEdge": [Door("{ workList(first: 1) { edges { HERE } } }", "workList.edges")],
}

ALL_RINGS = "{ rings(first: 20, filter: {states: [SUSPECTED, CONFIRMED, DISMISSED, MERGED, DISSOLVED]}) { edges { node { %s } } } }"
RINGED = "rings.edges.node"
HIS_RING = '{ entity(reference: {person: "P-1"}) { ... on Person { ring { %s } } } }'
HISTORY = "history(first: 20) { edges { node { HERE } } }"

DOORS |= {
    "Ring": [Door(ALL_RINGS % "HERE", RINGED), Door(HIS_RING % "ring { HERE }", "entity.ring.ring")],
    "RingConnection": [Door("{ rings(first: 1) { HERE } }", "rings")],
    "EntityConnection": [Door("{ entities(first: 2, filter: {}) { HERE } }", "entities")],
    "EntityEdge": [Door("{ entities(first: 2, filter: {}) { edges { HERE } } }", "entities.edges")],
    "RingEdge": [Door("{ rings(first: 1) { edges { HERE } } }", "rings.edges")],
    "RingScorePart": [Door(ALL_RINGS % "scoreParts { HERE }", f"{RINGED}.scoreParts")],
    "RingMembership": [Door(HIS_RING % "HERE", "entity.ring")],
    "RingMembershipConnection": [Door(ALL_RINGS % "members(first: 1) { HERE }", f"{RINGED}.members")],
    "RingMembershipEdge": [Door(ALL_RINGS % "members(first: 1) { edges { HERE } }", f"{RINGED}.members.edges")],
    "RingEvent": [Door(ALL_RINGS % HISTORY, f"{RINGED}.history.edges.node")],
    "RingEventConnection": [Door(ALL_RINGS % "history(first: 1) { HERE }", f"{RINGED}.history")],
    "RingEventEdge": [Door(ALL_RINGS % "history(first: 1) { edges { HERE } }", f"{RINGED}.history.edges")],
}

BY_THEMSELVES = (
    *("StartVerificationSuccess", "RequestUploadSuccess", "UploadTicket", "RequestLivenessChallengeSuccess", "LivenessChallenge"),
    *("SendContactCodeSuccess", "AddEvidenceSuccess", "RequestEvidenceSuccess", "DecideVerificationSuccess", "JudgeHitSuccess"),
    *("AnswerProposalSuccess", "AssignWorkSuccess", "StaleVersion", "WrongState", "FourEyesRequired", "ConsentMissing"),
    *("VerificationChanged", "JudgePairSuccess", "JudgeRingSuccess", "RingChanged", "EraseSubjectSuccess", "Erasure"),
)
CLOSED |= dict.fromkeys(BY_THEMSELVES, "opened by the tests of verifying and of rings, over HTTP")


def fields_of(type_name: str) -> dict[str, GraphQLField]:
    """The fields of an object type."""
    found = schema.type_map[type_name]
    assert isinstance(found, GraphQLObjectType)
    fields: dict[str, GraphQLField] = found.fields
    return fields


def whole(type_name: str) -> str:
    """A selection of every field of a type; of what is below it just the type's name."""
    parts = []
    for name, one in fields_of(type_name).items():
        arguments = ", ".join(ARGUMENTS[argument] for argument in one.args if argument in ARGUMENTS)
        parts.append(name + (f"({arguments})" if arguments else "") + (" { __typename }" if is_composite_type(named(one.type)) else ""))
    return " ".join(parts)


def objects(data: Any, path: str) -> list[dict[str, Any]]:
    """The objects at a path, through lists; none where something on the way is null."""
    found = [data]
    for step in path.split("."):
        found = [one[step] for one in _flat(found) if step in one]
    return list(_flat(found))


def _flat(found: list[Any]) -> Any:
    for one in found:
        if isinstance(one, list):
            yield from _flat(one)
        elif one:
            yield one
