"""Subscriptions over graphql-transport-ws: every decision is told, by whichever worker, to who may know it and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api import audit, outbox
from api.app import open_records
from api.auth.institutions import create_institution
from api.auth.keys import create_key
from api.auth.principals import create_principal
from api.auth.sessions import COOKIE, open_session
from api.context import Role
from graph.clock import now
from tests.api.asking import OPERATIONS
from tests.api.listening import Listening, listening
from tests.api.opened import BANK, OTHER, asked
from tests.api.rings.crew import RECORD, crew
from tests.api.running import settings_of
from tests.api.served import served

PROTOCOLS = [Subprotocol("graphql-transport-ws")]
FOLLOW = (OPERATIONS / "decisions-made.graphql").read_text(encoding="utf-8")
ASSESS = """mutation ($input: AssessLoanInput!, $key: String!) { assessLoan(input: $input, idempotencyKey: $key) {
    ... on AssessLoanSuccess { decision { id verdict } } ... on UserError { code message } } }"""


@asynccontextmanager
async def socket(port: int, key: str | None, *, header: bool = False, **options: Any) -> AsyncIterator[ClientConnection]:
    """An acknowledged socket; the key in a header or in the first message."""
    given = {"Authorization": f"Bearer {key}"} if header else {}
    given |= options.pop("headers", {})
    protocols = options.pop("protocols", PROTOCOLS)
    async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocols, additional_headers=given, **options) as opened:
        payload = {} if header or key is None else {"payload": {"Authorization": f"Bearer {key}"}}
        await say(opened, type="connection_init", **payload)
        assert await hear(opened) == {"type": "connection_ack"}
        yield opened


async def say(opened: ClientConnection, **message: Any) -> None:
    await opened.send(orjson.dumps(message).decode())


async def hear(opened: ClientConnection, seconds: float = 10) -> dict[str, Any]:
    frame = await asyncio.wait_for(opened.recv(), seconds)
    assert isinstance(frame, str), "frames are texts"
    message: dict[str, Any] = orjson.loads(frame)
    return message


async def follow(opened: ClientConnection, id_: str = "1", query: str = FOLLOW, **variables: Any) -> None:
    await say(opened, id=id_, type="subscribe", payload={"query": query, "variables": variables})


async def settled(opened: ClientConnection) -> None:
    """Return when what was sent before has been taken up, and a subscription has begun."""
    await say(opened, type="ping")
    assert await hear(opened) == {"type": "pong"}
    await asyncio.sleep(0.5)


async def assess(port: int, key: str, number: int) -> str:
    """Decide an application, and give the decision's id."""
    amount = {"amount": "500000", "currency": "CNY"}
    application = {"key": f"L-{number}", "merchant": {"key": f"M-{number}"}, "amount": amount, "termDays": 30}
    body = {"query": ASSESS, "variables": {"input": {"application": application}, "key": f"key-{number:08}"}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/graphql", json=body, headers={"Authorization": f"Bearer {key}"})
    id_: str = answer.json()["data"]["assessLoan"]["decision"]["id"]
    return id_


def played(folder: Path, scene: Callable[[Listening], Awaitable[Any]], **changes: Any) -> Any:
    with listening(folder, event_seconds=0.05, **changes) as server:
        return asyncio.run(scene(server))  # type: ignore[arg-type]


async def closed_with(opened: ClientConnection, seconds: float = 10) -> tuple[int, str]:
    """Code and reason of the closing; what comes before is passed over."""
    closing = None
    while closing is None:
        try:
            await hear(opened, seconds)
        except ConnectionClosed as error:
            closing = error.rcvd
            assert closing is not None
    return closing.code, closing.reason


@pytest.mark.usefixtures("each_engine")
@pytest.mark.parametrize("header", [True, False])
def test_decisions_are_told_in_order_with_a_cursor_that_leads_on_after_a_break(tmp_path, header):
    async def scene(server: Listening) -> None:
        async with socket(server.port, server.service, header=header) as opened:
            await follow(opened)
            await settled(opened)
            made = [await assess(server.port, server.service, number) for number in range(3)]
            heard = [await hear(opened) for _ in made]
        assert [one["type"] for one in heard] == ["next"] * 3
        told = [one["payload"]["data"]["decisionMade"] for one in heard]
        assert [one["decision"]["id"] for one in told] == made
        assert all(one["again"] is None and one["decision"]["verdict"] for one in told)
        missed = await assess(server.port, server.service, 3)
        async with socket(server.port, server.analyst) as opened:
            await follow(opened, after=told[1]["cursor"])
            again = [(await hear(opened))["payload"]["data"]["decisionMade"]["decision"]["id"] for _ in range(2)]
        assert again == [made[2], missed]

    played(tmp_path, scene)


async def record(server: Listening, facts: list[dict[str, Any]]) -> None:
    """Record facts over HTTP."""
    body = {"query": RECORD, "variables": {"input": {"source": "core", "facts": facts}}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(server.url, json=body, headers={"Authorization": f"Bearer {server.service}"})
    assert answer.json()["data"]["recordFacts"]["recorded"] == len(facts)


def test_a_ring_is_told_of_as_it_is_found_and_as_it_grows_by_a_server_that_looks_by_itself(tmp_path):
    document = """subscription ($ring: ID, $least: Probability! = 0) {
      ringChanged(ring: $ring, minimumScore: $least) { cursor kind sentence ring { id memberCount version } } }"""

    async def scene(server: Listening) -> None:
        async with socket(server.port, server.analyst) as opened:
            await follow(opened, "rings", document)
            await follow(opened, "none", document, ring="rin_aaaa")
            await follow(opened, "sure", document, least=0.98)
            await settled(opened)
            await record(server, crew(range(10, 13)))
            found = await hear(opened, 60)
            await record(server, crew(range(13, 14)))
            grown = await hear(opened, 60)
        assert {one["id"] for one in (found, grown)} == {"rings"}
        first, second = (one["payload"]["data"]["ringChanged"] for one in (found, grown))
        assert (first["kind"], second["kind"]) == ("FOUND", "GREW")
        assert second["ring"] == {"id": first["ring"]["id"], "memberCount": 8, "version": 2}
        assert second["sentence"] == "The ring gained members and has 8 members now."

    played(tmp_path, scene, run_jobs=True, ring_seconds=0.1)


def test_only_the_verdicts_asked_for_are_told(tmp_path):
    document = "subscription ($v: [Verdict!]) { decisionMade(verdicts: $v) { decision { id verdict } } }"

    async def scene(server: Listening) -> None:
        async with socket(server.port, server.service) as opened:
            await follow(opened, "none", document, v=[])
            await follow(opened, "all", document, v=["APPROVE", "REFER", "DECLINE"])
            await settled(opened)
            made = await assess(server.port, server.service, 1)
            heard = await hear(opened)
            assert (heard["id"], heard["payload"]["data"]["decisionMade"]["decision"]["id"]) == ("all", made)
            await say(opened, id="all", type="complete")
            await settled(opened)
            await assess(server.port, server.service, 2)
            await settled(opened)

    played(tmp_path, scene)


def other_keys(folder: Path) -> dict[str, str]:
    """A key of another institution, one of a role that may not follow, and an analyst's session of two seconds."""
    settings = settings_of(folder)
    records, _ = open_records(settings)

    def elsewhere(connection: Connection) -> str:
        create_institution(connection, OTHER, "City Bank", now())
        return create_key(connection, OTHER.id, "workflow", [Role.SERVICE], now())[1]

    def here(connection: Connection) -> dict[str, str]:
        person = create_principal(connection, BANK.id, "li", frozenset({Role.ANALYST}), now(), service=False)
        session = open_session(connection, person, now(), 3 / 3600)
        return {"kyc": create_key(connection, BANK.id, "staff", [Role.KYC], now())[1], "session": session}

    async def make() -> dict[str, str]:
        other = await records.write(elsewhere, institution=OTHER.id)
        return {"other": other, **await records.write(here, institution=BANK.id)}

    try:
        return asyncio.run(make())
    finally:
        records.close()


def test_another_institution_hears_nothing_and_a_role_that_may_not_is_refused(tmp_path):
    with listening(tmp_path, event_seconds=0.05) as server:
        keys = other_keys(tmp_path)

        async def scene() -> None:
            async with socket(server.port, keys["other"]) as stranger, socket(server.port, keys["kyc"]) as staff:
                await follow(stranger)
                await settled(stranger)
                await assess(server.port, server.service, 1)
                await settled(stranger)
                await follow(staff)
                refused = await hear(staff)
                assert refused["type"] == "error" and refused["payload"][0]["extensions"]["code"] == "FORBIDDEN"

        asyncio.run(scene())


def test_a_socket_closes_when_its_session_is_over_and_is_refused_to_other_pages(tmp_path):
    with listening(tmp_path, socket_check_seconds=60.0) as server:
        cookie = {"Cookie": f"{COOKIE}={other_keys(tmp_path)['session']}"}

        async def scene() -> None:
            own = {**cookie, "Origin": f"http://127.0.0.1:{server.port}"}
            async with socket(server.port, None, headers=own) as opened:
                await follow(opened)
                assert (await closed_with(opened))[0] == 4401
            for headers in (cookie, {**cookie, "Origin": "http://evil.example"}):
                async with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=PROTOCOLS, additional_headers=headers) as opened:
                    await say(opened, type="connection_init")
                    assert (await closed_with(opened))[0] in (4401, 4403)

        asyncio.run(scene())


def test_a_key_that_is_revoked_closes_its_sockets(tmp_path):
    async def scene(server: Listening) -> tuple[int, str]:
        async with socket(server.port, server.service) as opened:
            asked(tmp_path / "data", "UPDATE api_keys SET revoked_at = 1")
            return await closed_with(opened)

    assert played(tmp_path, scene, socket_check_seconds=0.1)[0] == 4401


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "subscribe", "id": "1", "payload": {}}], 4401),
        ([{"type": "connection_init", "payload": {"Authorization": "Bearer nothing"}}], 4401),
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([{"type": "connection_init"}, {"type": "shout"}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": ""}], 4400),
        ([{"type": "connection_init"}, *[{"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}] * 2], 4409),
        ([], 4408),
    ],
)
def test_what_the_protocol_does_not_allow_closes_the_socket(tmp_path, messages, code):
    async def scene(server: Listening) -> int:
        header = {"Authorization": f"Bearer {server.service}"}
        if messages and ("payload" in messages[0] or messages[0]["type"] == "subscribe"):
            header = {}
        async with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=PROTOCOLS, additional_headers=header) as opened:
            for message in messages:
                await say(opened, **message)
            return (await closed_with(opened))[0]

    assert played(tmp_path, scene, socket_init_seconds=0.5) == code


def test_bytes_other_protocols_and_what_is_no_json_are_refused(tmp_path):
    async def scene(server: Listening) -> list[int]:
        codes = []
        for frame in (b"{}", "{", '{"type": "ping", "type": "ping"}'):
            async with socket(server.port, server.service) as opened:
                await opened.send(frame)
                codes.append((await closed_with(opened))[0])
        async with connect(f"ws://127.0.0.1:{server.port}/graphql") as opened:
            codes.append((await closed_with(opened))[0])
        return codes

    assert played(tmp_path, scene) == [4400, 4400, 4400, 4406]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ me { id } }"}, "INVALID"),
        ({"query": "subscription { decisionMade { nothing } }"}, "INVALID"),
        ({"query": "subscription {"}, "INVALID"),
        ({"query": FOLLOW, "variables": {"after": "no cursor"}}, "INVALID"),
        ({"query": FOLLOW, "variables": {"after": 7}}, "INVALID"),
        ({"variables": {}}, "INVALID"),
    ],
)
def test_what_cannot_be_followed_ends_with_an_error_and_the_socket_stays(tmp_path, payload, code):
    async def scene(server: Listening) -> None:
        async with socket(server.port, server.service) as opened:
            await say(opened, id="1", type="subscribe", payload=payload)
            heard = await hear(opened)
            assert (heard["type"], heard["id"], heard["payload"][0]["extensions"]["code"]) == ("error", "1", code), heard
            await settled(opened)

    played(tmp_path, scene)


def test_a_cursor_older_than_seven_days_is_refused_as_expired(tmp_path):
    async def scene(server: Listening) -> None:
        first = await assess(server.port, server.service, 1)
        at = now() - outbox.KEPT - 1
        asked(tmp_path / "data", "UPDATE events SET at = :at", at=at)
        cursor = outbox.Told(1, outbox.Event(BANK.id, at, outbox.DECISION_MADE, first)).cursor
        async with socket(server.port, server.service) as opened:
            await follow(opened, after=cursor)
            heard = await hear(opened)
            assert (heard["type"], heard["payload"][0]["extensions"]["code"]) == ("error", "CURSOR_EXPIRED")

    played(tmp_path, scene)


def test_sockets_and_subscriptions_are_bounded(tmp_path):
    async def scene(server: Listening) -> None:
        async with socket(server.port, server.service) as opened:
            for number in range(3):
                await follow(opened, str(number))
            heard = await hear(opened)
            assert (heard["type"], heard["id"], heard["payload"][0]["extensions"]["code"]) == ("error", "2", "TOO_MUCH_WORK")
            async with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=PROTOCOLS) as second:
                await say(second, type="connection_init", payload={"Authorization": f"Bearer {server.analyst}"})
                assert (await closed_with(second))[0] == 1013
        await asyncio.sleep(0.3)
        async with socket(server.port, server.analyst) as opened:
            await settled(opened)

    played(tmp_path, scene, sockets=1, socket_subscriptions=2)


@pytest.mark.usefixtures("each_engine")
def test_followers_of_two_workers_hear_what_either_decides(tmp_path):
    with listening(tmp_path) as keys:  # only to make the institution and its keys
        pass
    with served(tmp_path / "data", "--workers", "2") as server:

        async def scene() -> None:
            async with socket(server.port, keys.service) as first, socket(server.port, keys.service) as second:
                third = [await connect_more(server.port, keys.service) for _ in range(4)]
                everybody = [first, second, *third]
                for opened in everybody:
                    await follow(opened)
                for opened in everybody:
                    await settled(opened)
                made = [await assess(server.port, keys.service, number) for number in range(8)]
                for opened in everybody:
                    heard = [(await hear(opened))["payload"]["data"]["decisionMade"]["decision"]["id"] for _ in made]
                    assert heard == made
                for opened in third:
                    await opened.close()

        asyncio.run(scene())


async def connect_more(port: int, key: str) -> ClientConnection:
    opened = await connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=PROTOCOLS)
    await say(opened, type="connection_init", payload={"Authorization": f"Bearer {key}"})
    assert await hear(opened) == {"type": "connection_ack"}
    return opened


def test_a_slow_follower_holds_up_nobody_and_misses_nothing(tmp_path):
    def happen(connection: Connection, decision: str, number: int) -> None:
        sequence = audit.append(connection, lambda _: b"k" * 32, audit.Event(BANK.id, now(), "pri_1", "loan assessed"))
        outbox.append(connection, sequence, outbox.Event(BANK.id, now() + number, outbox.DECISION_MADE, decision))

    async def scene(server: Listening) -> None:
        async with socket(server.port, server.service, max_queue=1) as slow, socket(server.port, server.service) as quick:
            await follow(slow)
            await follow(quick)
            await settled(slow)
            await settled(quick)
            made = await assess(server.port, server.service, 1)
            records, _ = open_records(settings_of(tmp_path))
            for number in range(300):
                await records.write(partial(happen, decision=made, number=number), institution=BANK.id)
            records.close()
            for opened in (quick, slow):
                cursors = [(await hear(opened))["payload"]["data"]["decisionMade"]["cursor"] for _ in range(301)]
                assert len(set(cursors)) == 301

    played(tmp_path, scene)
