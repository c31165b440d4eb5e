"""GraphQL over HTTP: what is refused when, what is run, and errors that say no more than they may."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from api.graphql_http import Denied
from api.guard import Bounds
from tests.api.small_graphql import GRAPHQL, JSON, Server, assert_refused, serve, well_formed


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return serve(tmp_path)


def test_a_query_is_answered(server: Server) -> None:
    response = server.post({"query": '{ echo(text: "x") }'})
    assert (response.status_code, well_formed(response)) == (200, {"data": {"echo": "x"}})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"])
def test_other_methods_are_405_and_say_what_is_allowed(server: Server, method: str) -> None:
    response = asyncio.run(server.send(method, params={"query": "{__typename}"}))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_without_a_credential_it_is_401_before_the_body_is_read(server: Server) -> None:
    response = server.post_bytes(b"x" * 2_000_000, Authorization="Bearer nobody")
    assert_refused(response, 401, "Send a key", "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"


def test_bodies_over_64_kib_are_413_unless_they_are_batches_of_facts(server: Server) -> None:
    note = "x" * 70_000
    batch = {"query": "mutation ($b: Batch!) { recordFacts(input: $b) { ... on Success { recorded } } }"}
    variables = {"b": {"source": "s", "facts": [{"id": "1", "at": "1", "note": note}]}}
    assert server.post({**batch, "variables": variables}).json() == {"data": {"recordFacts": {"recorded": 1}}}
    other = {"query": "query ($t: String!) { echo(text: $t) }", "variables": {"t": note}}
    assert_refused(server.post(other), 413, "larger than 65,536 bytes", "TOO_MUCH_WORK")
    both = {
        "query": batch["query"].replace("}}", "}} change(text: 1) { __typename }").replace("{ ... on", "{ ... on"),
        "variables": variables,
    }
    assert server.post(both).status_code in {200, 413}
    mixed = {
        "query": 'mutation ($b: Batch!) { recordFacts(input: $b) { __typename } change(text: "x") { __typename } }',
        "variables": variables,
    }
    assert_refused(server.post(mixed), 413, "larger than 65,536 bytes", "TOO_MUCH_WORK")


def test_nothing_over_1_mib_is_read(server: Server) -> None:
    assert_refused(server.post_bytes(b" " * 1_100_000), 413, "larger than 1,048,576 bytes", "TOO_MUCH_WORK")

    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    response = asyncio.run(server.send(content=endless(), headers={"Content-Type": JSON}))
    assert_refused(response, 413, "larger than", "TOO_MUCH_WORK")


@pytest.mark.parametrize("length", ["x", "-1", "1.5", "９", "1" * 5_000])
def test_a_content_length_that_is_none_is_refused(server: Server, length: str) -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "client": None, "server": ("x", 1), "scheme": "http",
        "headers": [(b"authorization", b"Bearer service"), (b"content-type", b"application/json"), (b"content-length", length.encode())],
    }  # fmt: skip
    sent: list[Any] = []

    async def run() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await server.endpoint(scope, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] in {400, 413}


def test_variables_of_a_wrong_shape_refuse_the_request_with_their_path(server: Server) -> None:
    query = "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }"
    facts = [
        {"id": "1", "at": 1},
        {"id": "2", "at": 1, "colour": "BLUE"},
        {"id": "3"},
        {"id": "4", "at": 2, "item": {"key": "a", "id": "b"}},
    ]
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        body = assert_refused(
            server.post({"query": query, "variables": {"b": {"source": "s", "facts": facts}}}, Accept=accept), status, "`b.facts.1.colour`"
        )
        paths = [error["extensions"]["path"] for error in body["errors"]]
        assert paths[0] == ["b", "facts", "1", "colour"]
        assert ["b", "facts", "2"] in paths
        assert ["b", "facts", "3", "item"] in paths or ["b", "facts", "3"] in paths
    assert_refused(server.post({"query": query}), 200, "`b`: It is required")
    assert_refused(server.post({"query": query, "variables": {"b": None}}), 200, "`b`: ")


def test_a_thousand_wrong_facts_are_twenty_short_errors(server: Server) -> None:
    query = "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }"
    facts = [{"id": n, "at": "1", "colour": "x" * 900} for n in range(100)]
    body = server.post({"query": query, "variables": {"b": {"source": "s", "facts": facts}}}).json()
    assert len(body["errors"]) == 20
    assert all(len(error["message"]) <= 500 for error in body["errors"])


def test_the_guard_answers_with_its_code_by_media_type(server: Server) -> None:
    costly = {"query": "{ things(first: 51) { things(first: 50) { id } } }"}
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        assert_refused(server.post(costly, Accept=accept), status, "costs 2,601 and may cost 2,500", "TOO_MUCH_WORK")
    assert_refused(server.post({"query": "{ __schema { types { name } } }"}), 200, "`__schema` is off here")


def test_faults_are_masked_with_an_id_and_siblings_are_answered(server: Server) -> None:
    body = well_formed(server.post({"query": '{ fails echo(text: "x") }'}))
    assert body["data"] == {"fails": None, "echo": "x"}
    error = body["errors"][0]
    assert (error["path"], error["extensions"]["code"]) == (["fails"], "INTERNAL")
    assert error["extensions"]["errorId"].startswith("err_")
    assert "Zhang" not in json.dumps(body)


def test_a_value_that_cannot_be_written_is_a_fault_and_is_not_told(server: Server) -> None:
    body = well_formed(server.post({"query": "{ huge }"}))
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert str(2**40) not in json.dumps(body)


def test_errors_that_callers_can_act_upon_pass_with_their_path(server: Server) -> None:
    body = well_formed(server.post({"query": "{ wrong }"}))
    assert body["errors"][0]["extensions"] == {"code": "INVALID", "path": ["depth"]}
    null = server.post({"query": "query ($n: Int = 1) { nullable(first: $n) }", "variables": {"n": None}})
    assert null.status_code == 200
    assert well_formed(null)["errors"][0]["extensions"]["code"] == "INVALID"


def test_fields_that_fail_in_lists_null_what_the_schema_lets_be_null(server: Server) -> None:
    body = well_formed(server.post({"query": "{ slow(first: 3) { id fails } }"}))
    assert body["data"] == {"slow": [{"id": str(n), "fails": None} for n in range(3)]}
    assert [error["path"] for error in body["errors"]] == [["slow", n, "fails"] for n in range(3)]
    body = well_formed(server.post({"query": "{ slow(first: 3) { id broken } }"}))
    assert body["data"] == {"slow": None}


def test_masked_fields_are_named_by_role(server: Server) -> None:
    query = {"query": "{ things(first: 1) { number } }"}
    assert "extensions" not in server.post(query).json()
    assert server.post(query, Authorization="Bearer staff").json()["extensions"] == {"masked": ["Thing.number"]}


def test_long_lists_are_whole_and_in_order_though_they_give_way(server: Server) -> None:
    body = server.post({"query": "{ things(first: 48) { id things(first: 50) { id number } } }"}).json()
    assert [thing["id"] for thing in body["data"]["things"]] == [str(n) for n in range(48)]
    assert all([one["number"] for one in thing["things"]] == list(range(50)) for thing in body["data"]["things"])


def test_in_development_gets_introspection_suggestions_and_the_ide_work(tmp_path: Path) -> None:
    server = serve(tmp_path, development=True)
    got = asyncio.run(server.send("GET", params={"query": "query ($t: String!) { echo(text: $t) }", "variables": '{"t":"x"}'}))
    assert got.json() == {"data": {"echo": "x"}}
    assert "Did you mean" in server.post({"query": "{ ech }"}).text
    assert server.post({"query": "{ __schema { queryType { name } } }"}).json()["data"]["__schema"]["queryType"]["name"] == "Query"
    page = asyncio.run(server.send("GET", headers={"Accept": "text/html,*/*;q=0.8", "Authorization": ""}))
    assert "<title>Ringfence: GraphQL</title>" in page.text
    assert "script-src 'sha256-" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", ""), "nothing is fetched from elsewhere"
    change = asyncio.run(server.send("GET", params={"query": 'mutation { change(text: "x") { __typename } }'}))
    assert (change.status_code, change.headers["allow"]) == (405, "POST")
    for parameters in ({}, {"query": "{__typename}", "variables": "["}, {"query": "{__typename}", "variables": "[1]"}, {"query": "\x00"}):
        assert asyncio.run(server.send("GET", params=parameters)).status_code == 400
    assert asyncio.run(server.send("PUT")).headers["allow"] == "GET, POST"


def test_rates_are_429_for_queries_and_the_payload_for_mutations(tmp_path: Path) -> None:
    server = serve(tmp_path, staff=100)
    staff = {"Authorization": "Bearer staff"}
    query = {"query": "{ things(first: 30) { id } }"}
    statuses = [server.post(query, **staff).status_code for _ in range(6)]
    assert statuses[:3] == [200, 200, 200]
    assert statuses[3:] == [429, 429, 429]
    limited = server.post(query, **staff)
    assert_refused(limited, 429, "minute's worth", "RATE_LIMITED")
    assert 0 < int(limited.headers["retry-after"]) <= 120
    batch = 'mutation { recordFacts(input: {source: "s", facts: []}) { __typename ... on RateLimited { message retryAfter } } }'
    change = server.post({"query": batch}, **staff)
    assert change.status_code == 200
    assert change.json()["data"]["recordFacts"]["__typename"] == "RateLimited"
    assert change.json()["data"]["recordFacts"]["retryAfter"] > 0
    assert int(change.headers["retry-after"]) > 0
    assert server.post(query).status_code == 200, "another principal has its own minute"


def test_what_is_refused_is_paid_for_too(tmp_path: Path) -> None:
    server = serve(tmp_path, staff=100)
    refusals = [server.post_bytes(b"[" + b" " * 1_000, Authorization="Bearer staff").status_code for _ in range(12)]
    assert refusals == [400] * 9 + [429] * 3
    assert server.post_bytes(b"[" + b" " * 1_000).status_code == 400, "another principal pays for itself"


def test_a_body_that_does_not_come_is_408(tmp_path: Path) -> None:
    server = serve(tmp_path, body_seconds=0.05)

    async def slowly() -> Any:
        yield b"{"
        await asyncio.sleep(5)

    assert_refused(asyncio.run(server.send(content=slowly(), headers={"Content-Type": JSON})), 408, "within 0.05 s")


def test_who_cannot_be_looked_up_is_told_to_come_again(tmp_path: Path) -> None:
    async def nobody(_request: Any) -> Any:
        raise Denied(503, "UNAVAILABLE", "The records are down.", {"Retry-After": "1"})

    response = serve(tmp_path, admit=nobody).post({"query": "{ __typename }"})
    assert_refused(response, 503, "records are down", "UNAVAILABLE")
    assert response.headers["retry-after"] == "1"


def test_a_fault_outside_of_fields_is_500_masked_and_logged(tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("Zhang San 13800138000")

    response = serve(tmp_path, context_of=broken).post({"query": "{ __typename }"})
    body = assert_refused(response, 500, "not your request", "INTERNAL")
    assert body["errors"][0]["extensions"]["errorId"].startswith("err_")
    assert "Zhang" not in response.text


def test_a_client_that_leaves_in_the_middle_leaves_no_fault(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> list[Any]:
        scope = {
            "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "client": ("1.2.3.4", 1), "server": ("x", 1),
            "headers": [(b"authorization", b"Bearer service"), (b"content-type", b"application/json"), (b"content-length", b"100")],
            "scheme": "http",
        }  # fmt: skip
        messages = [{"type": "http.request", "body": b'{"query":', "more_body": True}, {"type": "http.disconnect"}]
        sent: list[Any] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await server.endpoint(scope, receive, send)
        return sent

    assert asyncio.run(run())[0]["status"] == 400


def test_bounds_of_a_body_are_those_of_the_guard(tmp_path: Path) -> None:
    server = serve(tmp_path, bounds=Bounds(tokens=10))
    assert_refused(server.post({"query": "{ a: __typename b: __typename c: __typename }"}), 200, "more than 10 tokens", "TOO_MUCH_WORK")
