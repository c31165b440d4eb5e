"""A walk over every field of every type by every role, in a populated world."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLObjectType
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from api.auth.passwords import PasswordPool
from api.context import Role
from api.graphql_ports import rate_limited
from api.limits import Wait
from api.rings.looking import look
from api.schema import marks, schema
from api.serving import routes
from tests.api.asked import ORIGIN
from tests.api.asking import BANK
from tests.api.doors import AGO, ASSESS, CLOSED, DOORS, RECORD, fields_of, objects, whole
from tests.api.rings.crew import RECORD as CREWED
from tests.api.rings.crew import crew, tie
from tests.api.verifying.desk import Desk, card, declared, photograph, staffed
from tests.api.world import World, application, in_world

ALWAYS_NULL = {
    ("Document", "number"): "a number is read in a verification, and there are none yet",
    ("Forbidden", "path"): "no one input is to blame",
    ("Operations", "degraded"): "empty while all is well",
    **dict.fromkeys((("Proposal", "answer"), ("Proposal", "answeredBy")), "a proposal that waits has none: see the tests of verifying"),
    **dict.fromkeys((("ScreeningHit", "judgement"), ("ScreeningHit", "judgementReason")), "a match that waits has none: likewise"),
    **dict.fromkeys((("Decision", "identity"), ("Merchant", "identity")), "people alone were verified: see the tests of verifying"),
    **{(kind, "key"): "known by its value" for kind in ("Account", "Device", "Document", "Email", "IpAddress", "Phone", "Place")},
}
ROLES = tuple(Role)


def object_types() -> set[str]:
    return {one.name for one in schema.type_map.values() if isinstance(one, GraphQLObjectType) and not one.name.startswith("__")}


def test_there_is_a_door_to_every_type():
    assert object_types() - {"Query", "Mutation", "Subscription"} == set(DOORS) | set(CLOSED)


def test_every_field_is_null_or_real_as_the_role_may_read_it(tmp_path):
    async def walk(world: World) -> dict[tuple[str, str], set[Role]]:
        await gang_up(world)
        await world.degrade()
        await world.crowd()
        await verify(world)
        real: dict[tuple[str, str], set[Role]] = defaultdict(set)
        for type_name, doors in DOORS.items():
            for role in ROLES:
                for number, door in enumerate(doors):
                    variables = dict(door.variables)
                    if "idempotencyKey" in variables and "Conflict" not in type_name:
                        variables["idempotencyKey"] = f"{variables['idempotencyKey']}-{role}"
                    body = await world.ask(role)(door.document.replace("HERE", whole(type_name)), **variables)
                    judge(type_name, role, door.path, body, real, f"{type_name} {role} {number}: {body.get('errors')}")
        merged = await merger(world)
        document = f'{{ node(id: "{merged}") {{ ... on RingEvent {{ {whole("RingEvent")} }} }} }}'
        judge("RingEvent", Role.KYC, "node", await world.ask(Role.KYC)(document), real, "by its id")
        return real

    real = in_world(tmp_path, walk)
    fields = [(type_name, name) for type_name in DOORS for name in fields_of(type_name)]
    assert sorted(one for one in fields if not real[one]) == sorted(ALWAYS_NULL), "these alone are null for everybody"
    narrowed = {(type_name, name): roles for type_name, name in fields if (roles := marks.fields.get(type_name, {}).get(name))}
    narrowed.pop(("RingEventEdge", "node"))  # KYC reads what happened by its id, and no history
    for one, roles in narrowed.items():
        assert one in ALWAYS_NULL or {str(role) for role in real[one]} == {str(role) for role in roles}, one


async def gang_up(world: World) -> None:
    """Two rings of which one takes the other in, with the merchant's owner among them and a loan that ended."""
    ask = world.ask(Role.SERVICE)
    own, other = crew(range(71, 74)), crew(range(74, 77), device="D-72", phone="+8613800000002")
    lent = [
        {"id": "gang-1", "occurredAt": AGO, "content": {"loanDescribed": {"key": "L-71"}}},
        tie("gang-2", "APPLIED_FOR", {"merchant": "M-71"}, {"loan": "L-71"}),
        {"id": "gang-3", "occurredAt": AGO, "content": {"outcomeKnown": {"loan": {"key": "L-71"}, "outcome": "REPAID"}}},
    ]
    met = [tie(f"met-{n}", "USES_DEVICE", {"person": f"P-{n}"}, {"device": "D-1"}) for n in range(71, 77)]
    both = [tie(f"rang-{n}", "REACHED_AT", {"person": f"P-{n}"}, {"phone": "+8613800000003"}) for n in (1, *range(71, 77))]
    him = [tie("his", "USES_DEVICE", {"person": "P-1"}, {"device": "D-1"})]
    for facts in ([*own, *other, *lent], [*met, *both, *him]):
        made = await ask(CREWED, input={"source": "crew", "facts": facts})
        assert made["data"]["recordFacts"]["recorded"] == len(facts), made
        assert await look(world.services, BANK.id)


async def merger(world: World) -> str:
    """The id of the event that one ring took another in."""
    body = await world.ask(Role.ANALYST)(DOORS["RingEvent"][0].document.replace("HERE", "id kind"))
    return next(str(one["id"]) for one in objects(body["data"], DOORS["RingEvent"][0].path) if one["kind"] == "MERGED")


async def verify(world: World) -> None:
    """One person whom staff accepted, with images and a possible match, and another about whom a second one is asked."""
    passwords = PasswordPool(1, 1)
    endpoints, close = routes(world.services, passwords)
    async with AsyncClient(transport=ASGITransport(app=Starlette(routes=endpoints)), base_url=ORIGIN) as client:
        desk = await staffed(client, world.services)
        opened = (await desk.start(declaration=declared(name="張三豐", bornOn="1952-10-07")))["id"]
        await desk.consent(opened)
        await desk.show(opened, "DOCUMENT_FRONT", card())
        await desk.show(opened, "FACE", photograph())
        await desk.work()
        await decided(desk, await desk.see(opened))
        await decided(desk, await desk.referred(subject={"person": "F-1"}, amount={"amount": "30000000", "currency": "CNY"}))
        me = await desk.ask("kyc", "{ me { id } workList(first: 20) { edges { node { id } } } }")
        for edge in me["workList"]["edges"]:
            await desk.call("kyc", "assignWork", "item { id }", item=edge["node"]["id"], assignee=me["me"]["id"])
    close()
    passwords.close()


async def decided(desk: Desk, seen: Mapping[str, Any]) -> None:
    """What one member of staff decides."""
    given = {"verification": seen["id"], "version": seen["version"], "accepted": True, "reason": "Seen by eye."}
    made = await desk.call("kyc", "decideVerification", "proposal { id }", **given)
    assert made["__typename"] == "DecideVerificationSuccess", made


def judge(type_name, role, path, body, real, where):
    """Hold one answer to what the role may read, and note what was real."""
    root = path.split(".", 1)[0]
    refused = [error for error in body.get("errors", ()) if error["extensions"]["code"] != "FORBIDDEN"]
    assert not refused, where
    if root in marks.roots["Query"] and role not in marks.roots["Query"][root]:
        assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN" and not (body["data"] or {}).get(root), where
        return
    assert "errors" not in body, where
    masked = body.get("extensions", {}).get("masked", [])
    for one in objects(body["data"], path):
        for name in fields_of(type_name):
            if role in marks.fields.get(type_name, {}).get(name, ROLES):
                assert f"{type_name}.{name}" not in masked, where
                if name in one and one[name] not in (None, []):
                    real[type_name, name].add(role)
            else:
                assert one.get(name) is None, where
                assert f"{type_name}.{name}" in masked, where


def test_an_exhausted_principal_gets_the_payload_that_says_how_long_to_wait(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.SERVICE)
        return await ask.limited((RECORD % "RateLimited").replace("HERE", whole("RateLimited")), rate_limited(Wait(1.5)))

    body = in_world(tmp_path, scene)
    assert body["data"]["recordFacts"]["retryAfter"] == 1500 and body["data"]["recordFacts"]["code"] == "RATE_LIMITED"


def test_a_second_call_with_a_key_that_is_running_is_told_to_wait(tmp_path):
    async def scene(world: World):
        document = (ASSESS % "IdempotencyInProgress").replace("HERE", whole("IdempotencyInProgress"))
        ask = world.ask(Role.SERVICE)
        calls = [ask(document, input=application("L-5", 1_000_00), idempotencyKey="walker-twice") for _ in range(2)]
        return await asyncio.gather(*calls)

    payloads = [body["data"]["assessLoan"] for body in in_world(tmp_path, scene)]
    told = [one for one in payloads if one]
    assert len(told) == 1 and told[0]["code"] == "IDEMPOTENCY_IN_PROGRESS" and told[0]["retryAfter"] > 0


def test_a_graph_that_is_down_is_unavailable_to_who_records_facts(tmp_path):
    async def scene(world: World):
        with world.deaf():
            document = (RECORD % "Unavailable").replace("HERE", whole("Unavailable"))
            return await world.ask(Role.SERVICE)(document, **DOORS["RecordFactsSuccess"][0].variables)

    payload = in_world(tmp_path, scene)["data"]["recordFacts"]
    assert payload["code"] == "UNAVAILABLE" and payload["retryAfter"] > 0
