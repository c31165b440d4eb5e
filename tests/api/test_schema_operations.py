"""What users send, run as it is against real stores."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql import GraphQLObjectType, OperationDefinitionNode, execute, parse
from graphql.execution.collect_fields import collect_fields

from api.context import Context, Role
from api.schema import schema
from api.schema.plain import PlainFields
from tests.api.asking import OPERATIONS
from tests.api.world import World, application, decided, in_world

CENTRE = {"device": "D-1"}


def operation(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")


def test_assess_loan_gives_verdict_reasons_and_how_far_to_trust_them(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.SERVICE)
        first = await ask(operation("assess-loan"), input=application("L-20", 3_000_00), idempotencyKey="operation-1")
        decided(first)
        again = await ask(operation("assess-loan"), input=application("L-20", 3_000_00) | {"deadline": 500}, idempotencyKey="operation-1")
        return first, again

    first, again = in_world(tmp_path, scene)
    payload, repeated = first["data"]["assessLoan"], again["data"]["assessLoan"]
    assert payload["__typename"] == "AssessLoanSuccess" and not payload["replayed"] and repeated["replayed"]
    assert repeated["decision"] == payload["decision"]
    decision = payload["decision"]
    assert decision["verdict"] in {"REFER", "DECLINE"} and decision["approved"] is None
    assert any(reason["code"].endswith("FRAUD") or "FRAUD" in reason["code"] for reason in decision["reasons"])
    for reason in decision["reasons"]:
        assert reason["observed"] and all(one["display"] for one in reason["observed"])
        assert all(entity["id"].split("_")[0] and entity["label"] for entity in reason["entities"])
    assert decision["timing"]["total"] > 0 and int(decision["cost"]["micros"]) >= 0 and decision["cost"]["currency"] == "CNY"


WRONG_APPLICATIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"amount": {"amount": "-1", "currency": "CNY"}}, ["amount", "amount"]),
    ({"amount": {"amount": "1", "currency": "USD"}}, ["amount", "currency"]),
    ({"termDays": 0}, ["termDays"]),
    ({"phone": "13800138000"}, ["phone"]),
    ({"device": "D\u0000"}, ["device"]),
    ({"merchant": {"id": "mer_unknown"}}, ["merchant", "id"]),
    ({"merchant": {"id": "mer_" + "a" * 24}}, ["merchant", "id"]),
]


def test_a_wrong_application_is_a_problem_with_its_path(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.SERVICE)
        return [
            await ask(operation("assess-loan"), input=application("L-21", 1_00, **wrong), idempotencyKey="operation-2")
            for wrong, _ in WRONG_APPLICATIONS
        ]

    for body, (wrong, path) in zip(in_world(tmp_path, scene), WRONG_APPLICATIONS, strict=True):
        payload = body["data"]["assessLoan"]
        assert payload["__typename"] in {"ValidationError", "NotFound"} and payload["message"].endswith("."), wrong
        assert payload["path"] == ["input", "application", *path]


def test_record_facts_tells_of_the_refused_alone(tmp_path):
    async def scene(world: World):
        good = {"id": "o-1", "occurredAt": world.ago(1), "content": {"deviceDescribed": {"key": "D-7", "kind": "PHONE"}}}
        wrong = {"id": "o-2", "occurredAt": world.ago(1), "content": {"deviceDescribed": {"key": "", "model": "x\u0007"}}}
        ahead = {"id": "o-3", "occurredAt": world.ago(-10 * 60_000), "content": {"deviceDescribed": {"key": "D-8"}}}
        return await world.ask(Role.SERVICE)(operation("record-facts"), input={"source": "op", "facts": [good, wrong, ahead, good]})

    made = in_world(tmp_path, scene)["data"]["recordFacts"]
    assert (made["recorded"], made["repeated"], made["refused"]) == (1, 1, 2)
    assert [(one["index"], one["factId"]) for one in made["outcomes"]] == [(1, "o-2"), (2, "o-3")]
    assert made["outcomes"][0]["problem"]["path"] == ["input", "facts", "1", "content", "deviceDescribed", "key"]
    assert made["outcomes"][1]["problem"] == {
        "code": "INVALID",
        "message": made["outcomes"][1]["problem"]["message"],
        "path": ["input", "facts", "2", "occurredAt"],
    }


ENDS = {"kind": "OWNS", "to": {"merchant": "a"}}
WRONG_SHAPES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"deviceDescribed": {"key": "a"}, "merchantDescribed": {"key": "a"}}, []),
    ({"deviceDescribed": None}, []),
    ({"tieObserved": {"from": {"merchant": "a", "id": "b"}, **ENDS}}, ["tieObserved", "from"]),
    ({"tieObserved": {"from": {"merchant": "a"}, **ENDS, "share": 1.5}}, ["tieObserved", "share"]),
    ({"loanRepaid": {"key": "a", "loan": {"key": "a"}, "account": {"key": "b"}, "amount": {"amount": 1.5, "currency": "CNY"}}},
     ["loanRepaid", "amount", "amount"]),
    ({"loanDescribed": {"key": "a", "balance": {"amount": str(2**63), "currency": "CNY"}}}, ["loanDescribed", "balance", "amount"]),
    ({"loanDescribed": {"key": "a", "annualRate": float("nan")}}, ["loanDescribed", "annualRate"]),
    ({"merchantDescribed": {"key": "a", "openedOn": "2026-02-30"}}, ["merchantDescribed", "openedOn"]),
    ({"merchantDescribed": {"key": "a", "colour": "red"}}, ["merchantDescribed"]),
    ({"merchantDescribed": {"name": "a"}}, ["merchantDescribed"]),
    ({"fingerprint": {}}, []),
]  # fmt: skip


def test_a_wrong_shape_refuses_the_request_and_names_its_path(tmp_path):
    async def scene(world: World):
        good = {"id": "w-2", "occurredAt": world.ago(1), "content": {"merchantDescribed": {"key": "M-shape"}}}
        bodies = []
        for content, _ in WRONG_SHAPES:
            facts = [{"id": "w-1", "occurredAt": world.ago(1), "content": content}, good]
            bodies.append(await world.ask(Role.SERVICE)(operation("record-facts"), input={"source": "op", "facts": facts}))
        nothing = await world.ask(Role.SERVICE)('{ merchant(reference: {key: "M-shape"}) { id } }')
        return bodies, nothing

    bodies, nothing = in_world(tmp_path, scene)
    assert nothing["data"]["merchant"] is None
    for body, (content, path) in zip(bodies, WRONG_SHAPES, strict=True):
        assert "data" not in body, content
        paths = [error["extensions"]["path"] for error in body["errors"]]
        assert all(error["extensions"]["code"] == "INVALID" for error in body["errors"])
        whole = ["input", "facts", "0", "content", *path]
        assert any(one[: len(whole)] == whole for one in paths), (content, paths)


def test_record_outcome_gives_the_loan_as_it_stands_then(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.ANALYST)
        late = await ask(operation("record-outcome"), input={"loan": {"key": "L-0"}, "outcome": "LATE"}, idempotencyKey="outcome-1")
        await ask(operation("record-outcome"), input={"loan": {"key": "L-0"}, "outcome": "REPAID"}, idempotencyKey="outcome-2")
        again = await ask(operation("record-outcome"), input={"loan": {"key": "L-0"}, "outcome": "LATE"}, idempotencyKey="outcome-1")
        other = await ask(operation("record-outcome"), input={"loan": {"key": "L-0"}, "outcome": "DEFAULTED"}, idempotencyKey="outcome-1")
        forbidden = await world.ask(Role.KYC)(
            operation("record-outcome"), input={"loan": {"key": "L-0"}, "outcome": "LATE"}, idempotencyKey="outcome-3"
        )
        return [body["data"]["recordOutcome"] for body in (late, again, other, forbidden)]

    late, again, other, forbidden = in_world(tmp_path, scene)
    assert late["loan"]["state"] == "LATE" and again["loan"] == {**late["loan"], "state": "REPAID"}
    assert (other["__typename"], other["path"]) == ("IdempotencyConflict", ["idempotencyKey"])
    assert (forbidden["__typename"], forbidden["code"]) == ("Forbidden", "FORBIDDEN")


def test_explore_neighbourhood_draws_one_connected_piece(tmp_path):
    async def scene(world: World):
        return await world.ask(Role.ANALYST)(operation("explore-neighbourhood"), centre=CENTRE, kinds=["USES_DEVICE", "OWNS"])

    drawn = in_world(tmp_path, scene)["data"]["neighbourhood"]
    labels = {one["entity"]["label"]: one for one in drawn["entities"]}
    ids = {one["entity"]["id"] for one in drawn["entities"]}
    assert labels["张记面馆"]["distance"] == 1 and labels["张**"]["distance"] == 1
    assert drawn["entities"][0]["distance"] == 0 and drawn["entities"][0]["strength"] == 1 and drawn["entities"][0]["reach"] >= 4
    assert all(tie["from"]["id"] in ids and tie["to"]["id"] in ids for tie in drawn["ties"])
    assert {tie["kind"] for tie in drawn["ties"]} == {"USES_DEVICE", "OWNS"}


def test_how_are_they_tied_finds_the_chain_to_the_fraud(tmp_path):
    async def scene(world: World):
        tied = await world.ask(Role.ANALYST)(operation("how-are-they-tied"), **{"from": {"person": "P-1"}, "to": {"merchant": "M-9"}})
        nobody = await world.ask(Role.ANALYST)(operation("how-are-they-tied"), **{"from": {"person": "P-1"}, "to": {"merchant": "M-404"}})
        return tied["data"]["paths"], nobody["data"]["paths"]

    tied, nobody = in_world(tmp_path, scene)
    assert nobody is None
    first = tied["paths"][0]
    assert len(first["entities"]) == len(first["ties"]) + 1 and first["entities"][-1]["standing"] == "CONFIRMED_FRAUD"
    assert [path["strength"] for path in tied["paths"]] == sorted((path["strength"] for path in tied["paths"]), reverse=True)


def test_decision_evidence_is_served_from_the_decisions_own_snapshot(tmp_path):
    async def scene(world: World):
        ask, id_ = world.ask(Role.ANALYST), world.ids["assess-first-1"]
        before = await ask(operation("decision-evidence"), id=id_)
        later = [
            {"id": "later-1", "occurredAt": world.ago(1), "content": {"merchantDescribed": {"key": "M-1", "name": "Renamed"}}},
            {
                "id": "later-2",
                "occurredAt": world.ago(1),
                "content": {"blockChanged": {"entity": {"merchant": "M-1"}, "blocked": True, "reason": "x"}},
            },
        ]
        await world.ask(Role.SERVICE)(operation("record-facts"), input={"source": "op", "facts": later})
        return (
            before,
            await ask(operation("decision-evidence"), id=id_),
            await ask('{ merchant(reference: {key: "M-1"}) { label blocked } }'),
        )

    before, after, live = in_world(tmp_path, scene)
    assert live["data"]["merchant"] == {"label": "Renamed", "blocked": True}
    assert after == before
    decision = before["data"]["decision"]
    evidence = decision["evidence"]
    shown, ties = {one["entity"]["id"] for one in evidence["entities"]}, {tie["id"] for tie in evidence["ties"]}
    for reason in decision["reasons"]:
        assert {one["id"] for one in reason["entities"]} <= shown and {one["id"] for one in reason["ties"]} <= ties
    assert decision["merchant"]["label"] == "张记面馆" and decision["loan"]["requested"]["amount"] == "9000000"


def test_merchant_screen_shows_the_latest_decision_and_pages_through_ties(tmp_path):
    async def scene(world: World):
        return await world.ask(Role.KYC)(operation("merchant-screen"), reference={"key": "M-1"})

    merchant = in_world(tmp_path, scene)["data"]["merchant"]
    assert (merchant["name"], merchant["categoryCode"], merchant["openedOn"]) == ("张记面馆", "5812", "2024-03-01")
    assert merchant["latestDecision"]["verdict"] == "REFER" and merchant["latestDecision"]["reasons"]
    assert 0 < len(merchant["ties"]["edges"]) <= 20 and merchant["ties"]["pageInfo"]["endCursor"]


def test_the_quick_way_gives_what_the_ordinary_way_gives(tmp_path):
    documents: list[tuple[str, dict[str, Any]]] = [
        (operation("explore-neighbourhood"), {"centre": CENTRE}),
        (operation("how-are-they-tied"), {"from": {"person": "P-1"}, "to": {"merchant": "M-9"}}),
        ("{ decisions(first: 50) { edges { node { id verdict reasons { ties { id from { id } to { label } } } } } } }", {}),
        ("query ($show: Boolean!) { me { name @include(if: $show) roles institution { name @skip(if: $show) } } }", {"show": True}),
        ('{ node(id: "nothing") { __typename } alias: me { __typename id } }', {}),
    ]

    async def scene(world: World):
        compared = []
        for text, variables in documents:
            document = parse(text, no_location=True)
            quick = await world.ask(*Role)(text, **variables)
            context = Context(world.services, world.ask(*Role).who, 0.0)
            running: Any = execute(schema, document, context_value=context, variable_values=variables)
            ordinary = await running if asyncio.iscoroutine(running) else running
            compared.append((quick.get("data"), ordinary.data, ordinary.errors))
        return compared

    for quick, ordinary, errors in in_world(tmp_path, scene):
        assert errors is None and quick == ordinary


def test_the_hottest_answer_is_plain_all_the_way_down():
    document = parse(operation("assess-loan"), no_location=True)
    chosen = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    executor = PlainFields.build(schema, document, raw_variable_values={"input": application("L-1", 1), "idempotencyKey": "12345678"})
    assert isinstance(executor, PlainFields), executor
    success = schema.type_map["AssessLoanSuccess"]
    assert schema.mutation_type is not None and isinstance(success, GraphQLObjectType)
    found = collect_fields(schema, executor.fragments, executor.variable_values, schema.mutation_type, chosen)
    [details] = found.grouped_field_set.values()
    assert executor._shapes.of(success, details) is not None
