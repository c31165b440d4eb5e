"""GraphQL over HTTP: whatever bytes come, the answer is a GraphQL response and no 5xx; errors say no more than they may."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.documents import WrongTrustedDocument
from api.guard import Bounds
from tests.api.small_graphql import Server, serve

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return serve(tmp_path)


def well_formed(response: httpx.Response) -> dict[str, Any]:
    """The body, when it is a GraphQL response whose every error has a code."""
    assert response.headers["content-type"].split(";")[0] in {JSON, GRAPHQL}
    body: dict[str, Any] = json.loads(response.content.decode("utf-8"))
    assert set(body) <= {"data", "errors", "extensions"}
    assert "data" in body or body["errors"]
    for error in body.get("errors", ()):
        assert isinstance(error["message"], str)
        assert isinstance(error["extensions"]["code"], str)
    return body


def refused(response: httpx.Response, status: int, said: str, code: str = "INVALID") -> dict[str, Any]:
    body = well_formed(response)
    assert "data" not in body
    assert (response.status_code, body["errors"][0]["extensions"]["code"]) == (status, code), response.text
    assert said in body["errors"][0]["message"], body["errors"][0]["message"]
    return body


def test_a_query_is_answered(server: Server) -> None:
    response = server.post({"query": '{ echo(text: "x") }'})
    assert (response.status_code, well_formed(response)) == (200, {"data": {"echo": "x"}})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"].startswith("req_")


def test_variables_operation_names_and_extensions_are_read_and_the_rest_is_ignored(server: Server) -> None:
    body = {
        "query": "query A($t: String!) { echo(text: $t) } query B { __typename }",
        "variables": {"t": "hé 🏃", "unused": {"a": [1]}},
        "operationName": "A",
        "extensions": {"any": {"thing": 1}},
        "somethingElse": [1, 2],
    }
    assert server.post(body).json() == {"data": {"echo": "hé 🏃"}}
    assert server.post({**body, "operationName": "B"}).json() == {"data": {"__typename": "Query"}}


MALFORMED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "not JSON"),
    ("null", b"null", "must be a JSON object"),
    ("a number", b"1", "must be a JSON object"),
    ("text", b'"{ me }"', "must be a JSON object"),
    ("a list", b"[1]", "Batching is off"),
    ("a batch", b'[{"query":"{__typename}"}]', "Batching is off"),
    ("an empty batch", b"[]", "Batching is off"),
    ("an empty object", b"{}", "`query` is missing"),
    ("null for a query", b'{"query":null}', "`query` is missing"),
    ("a number for a query", b'{"query":1}', "`query` must be text"),
    ("a list for a query", b'{"query":["{__typename}"]}', "`query` must be text"),
    ("text for variables", b'{"query":"{__typename}","variables":"{}"}', "`variables` must be"),
    ("a list for variables", b'{"query":"{__typename}","variables":[]}', "`variables` must be"),
    ("false for variables", b'{"query":"{__typename}","variables":false}', "`variables` must be"),
    ("text for extensions", b'{"query":"{__typename}","extensions":"x"}', "`extensions` must be"),
    ("a number for an operation", b'{"query":"{__typename}","operationName":1}', "`operationName` must be"),
    ("a list for a document id", b'{"documentId":[]}', "`documentId` must be"),
    ("unfinished", b'{"query":"{__typename}"', "not JSON"),
    ("two values", b'{"query":"{__typename}"}{}', "not JSON"),
    ("a comment", b'{"query":"{__typename}"/**/}', "not JSON"),
    ("a trailing comma", b'{"query":"{__typename}",}', "not JSON"),
    ("single quotes", b"{'query':'{__typename}'}", "not JSON"),
    ("a raw line break in text", b'{"query":"{__typename}\n"}', "not JSON"),
    ("NUL after the value", b'{"query":"{__typename}"}\x00', "not JSON"),
    ("bad UTF-8", b'{"query":"\xff\xfe"}', "not UTF-8 from byte 10"),
    ("overlong UTF-8", b'{"query":"\xc0\xaf"}', "not UTF-8"),
    ("UTF-8 of a surrogate", b'{"query":"\xed\xa0\x80"}', "not UTF-8"),
    ("UTF-16", '{"query":"{__typename}"}'.encode("utf-16"), "not UTF-8"),
    ("a lone surrogate in the query", b'{"query":"{ echo(text: \\"\\ud800\\") }"}', "`query` holds"),
    ("NUL in the query", b'{"query":"{__typename}\\u0000"}', "`query` holds"),
    ("a lone surrogate in a variable", b'{"query":"{__typename}","variables":{"a":{"b":["x","\\udc00"]}}}', "`variables.a.b.1` holds"),
    ("a lone surrogate in a name", b'{"query":"{__typename}","variables":{"\\ud800":1}}', "(a member's name)` holds"),
    ("NUL in a variable", b'{"query":"{__typename}","variables":{"a":"\\u0000"}}', "`variables.a` holds"),
    ("a tab in a variable", b'{"query":"{__typename}","variables":{"a":"\\t"}}', "`variables.a` holds"),
    ("a C1 control in a variable", b'{"query":"{__typename}","variables":{"a":"\\u0085"}}', "`variables.a` holds"),
    ("control characters in an operation's name", b'{"query":"{__typename}","operationName":"\\u0007"}', "`operationName` holds"),
    (
        "65 bits",
        b'{"query":"{__typename}","variables":{"a":[{"n":9223372036854775808}]}}',
        "`variables.a.0.n` is an integer beyond 64 bits",
    ),
    ("65 bits below", b'{"query":"{__typename}","variables":{"n":-9223372036854775809}}', "`variables.n` is an integer beyond 64 bits"),
    ("5,000 digits", b'{"query":"{__typename}","variables":{"n":' + b"9" * 5_000 + b"}}", "`variables.n` is an integer beyond 64 bits"),
    ("NaN", b'{"query":"{__typename}","variables":{"n":NaN}}', "`variables.n` is NaN"),
    ("Infinity", b'{"query":"{__typename}","variables":{"n":-Infinity}}', "`variables.n` is NaN, infinite"),
    ("a float beyond", b'{"query":"{__typename}","variables":{"n":1e999}}', "`variables.n` is NaN, infinite"),
    ("a member twice", b'{"query":"{__typename}","query":"{__typename}"}', "`query` twice"),
    ("a member twice below", b'{"query":"{__typename}","variables":{"a":{"b":1,"b":2}}}', "`b` twice"),
    ("deep lists", b'{"query":"{__typename}","variables":{"a":' + b"[" * 40 + b"]" * 40 + b"}}", "nested deeper than 32"),
    ("very deep lists", b'{"query":"{__typename}","variables":' + b"[" * 30_000, "nested deeper than 32"),
    ("very deep objects", b'{"a":' * 12_000, "nested deeper than 32"),
]


@pytest.mark.parametrize(("content", "said"), [pytest.param(c, s, id=name) for name, c, s in MALFORMED])
def test_a_malformed_body_is_refused_with_400_and_one_sentence(server: Server, content: bytes, said: str) -> None:
    for accept in (JSON, GRAPHQL):
        response = server.post_bytes(content, Accept=accept)
        refused(response, 400, said)
        assert response.headers["content-type"].startswith(accept)


def test_a_byte_order_mark_does_no_harm(server: Server) -> None:
    assert server.post_bytes(b'\xef\xbb\xbf{"query":"{__typename}"}').json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json2",
        "json",
        "*/*",
        "a/b/c",
        "",
    ],
)
def test_other_content_types_are_415(server: Server, content_type: str) -> None:
    refused(server.post_bytes(b'{"query":"{__typename}"}', Content_Type=content_type), 415, "Content-Type")


@pytest.mark.parametrize("charset", ["utf-16", "latin1", "gb18030"])
def test_other_charsets_are_415(server: Server, charset: str) -> None:
    refused(server.post_bytes(b'{"query":"{__typename}"}', Content_Type=f"application/json; charset={charset}"), 415, "UTF-8")


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"', "application/json ; x=y"])
def test_spellings_of_json_are_read(server: Server, content_type: str) -> None:
    assert server.post_bytes(b'{"query":"{__typename}"}', Content_Type=content_type).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_compressed_bodies_are_415(server: Server, encoding: str) -> None:
    response = server.post_bytes(b"\x1f\x8b", Content_Encoding=encoding)
    refused(response, 415, "Compressed")
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"])
def test_other_methods_are_405_and_say_what_is_allowed(server: Server, method: str) -> None:
    response = asyncio.run(server.send(method, params={"query": "{__typename}"}))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL};q=0.8", GRAPHQL),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        (f"text/html, {GRAPHQL};q=0.1", GRAPHQL),
        (f"*/*, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        ("text/html, */*;q=0.1", JSON),
    ],
)
def test_the_media_type_is_the_one_preferred(server: Server, accept: str | None, given: str) -> None:
    response = server.post({"query": "{ __typename }"}, Accept=accept or "")
    if accept is None:
        response = asyncio.run(server.send(json={"query": "{ __typename }"}, headers={"Accept": ""}))
    assert (response.status_code, response.headers["content-type"]) == (200, f"{given}; charset=utf-8")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", f"{JSON};q=0", f"{JSON}; charset=latin1", "rubbish", ";;;,,,"])
def test_nothing_acceptable_is_406(server: Server, accept: str) -> None:
    refused(server.post({"query": "{ __typename }"}, Accept=accept), 406, "Accept must allow")


def test_without_a_credential_it_is_401_before_the_body_is_read(server: Server) -> None:
    response = server.post_bytes(b"x" * 2_000_000, Authorization="Bearer nobody")
    refused(response, 401, "Send a key", "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"


def test_bodies_over_64_kib_are_413_unless_they_are_batches_of_facts(server: Server) -> None:
    note = "x" * 70_000
    batch = {"query": "mutation ($b: Batch!) { recordFacts(input: $b) { ... on Success { recorded } } }"}
    variables = {"b": {"source": "s", "facts": [{"id": "1", "at": "1", "note": note}]}}
    assert server.post({**batch, "variables": variables}).json() == {"data": {"recordFacts": {"recorded": 1}}}
    other = {"query": "query ($t: String!) { echo(text: $t) }", "variables": {"t": note}}
    refused(server.post(other), 413, "larger than 65,536 bytes", "TOO_MUCH_WORK")
    both = {
        "query": batch["query"].replace("}}", "}} change(text: 1) { __typename }").replace("{ ... on", "{ ... on"),
        "variables": variables,
    }
    assert server.post(both).status_code in {200, 413}
    mixed = {
        "query": 'mutation ($b: Batch!) { recordFacts(input: $b) { __typename } change(text: "x") { __typename } }',
        "variables": variables,
    }
    refused(server.post(mixed), 413, "larger than 65,536 bytes", "TOO_MUCH_WORK")


def test_nothing_over_1_mib_is_read(server: Server) -> None:
    refused(server.post_bytes(b" " * 1_100_000), 413, "larger than 1,048,576 bytes", "TOO_MUCH_WORK")

    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    response = asyncio.run(server.send(content=endless(), headers={"Content-Type": JSON}))
    refused(response, 413, "larger than", "TOO_MUCH_WORK")


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


def test_documents_that_do_not_parse_or_validate_are_400_or_200_by_media_type(server: Server) -> None:
    for query, said in (
        ("{", "Syntax Error"),
        ("{ ech }", "Cannot query field 'ech'"),
        ("{ echo }", "required"),
        ("subscription { ticks }", "Subscriptions"),
    ):
        for accept, status in ((GRAPHQL, 400), (JSON, 200)):
            expected = 400 if "Subscriptions" in said else status
            body = refused(server.post({"query": query}, Accept=accept), expected, said)
            assert "Did you mean" not in json.dumps(body)


def test_errors_of_documents_have_places(server: Server) -> None:
    body = server.post({"query": "{\n  __typename\n  nothing\n}"}).json()
    assert body["errors"][0]["locations"] == [{"line": 3, "column": 3}]


def test_variables_of_a_wrong_shape_refuse_the_request_with_their_path(server: Server) -> None:
    query = "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }"
    facts = [
        {"id": "1", "at": 1},
        {"id": "2", "at": 1, "colour": "BLUE"},
        {"id": "3"},
        {"id": "4", "at": 2, "item": {"key": "a", "id": "b"}},
    ]
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        body = refused(
            server.post({"query": query, "variables": {"b": {"source": "s", "facts": facts}}}, Accept=accept), status, "`b.facts.1.colour`"
        )
        paths = [error["extensions"]["path"] for error in body["errors"]]
        assert paths[0] == ["b", "facts", "1", "colour"]
        assert ["b", "facts", "2"] in paths
        assert ["b", "facts", "3", "item"] in paths or ["b", "facts", "3"] in paths
    refused(server.post({"query": query}), 200, "`b`: It is required")
    refused(server.post({"query": query, "variables": {"b": None}}), 200, "`b`: ")


def test_a_thousand_wrong_facts_are_twenty_short_errors(server: Server) -> None:
    query = "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }"
    facts = [{"id": n, "at": "1", "colour": "x" * 900} for n in range(100)]
    body = server.post({"query": query, "variables": {"b": {"source": "s", "facts": facts}}}).json()
    assert len(body["errors"]) == 20
    assert all(len(error["message"]) <= 500 for error in body["errors"])


def test_operations_must_be_chosen_and_there(server: Server) -> None:
    two = "query A { __typename } query B { __typename }"
    refused(server.post({"query": two}), 200, "several operations")
    refused(server.post({"query": two, "operationName": "C"}, Accept=GRAPHQL), 400, "no operation `C`")
    refused(server.post({"query": "fragment F on Query { __typename }"}), 200, "no operation")
    assert server.post({"query": "query A { __typename }", "operationName": ""}).status_code == 200


def test_the_guard_answers_with_its_code_by_media_type(server: Server) -> None:
    costly = {"query": "{ things(first: 51) { things(first: 50) { id } } }"}
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        refused(server.post(costly, Accept=accept), status, "costs 2,601 and may cost 2,500", "TOO_MUCH_WORK")
    refused(server.post({"query": "{ __schema { types { name } } }"}), 200, "`__schema` is off here")


def test_cost_depends_on_variables_also_for_a_known_document(server: Server) -> None:
    query = "query ($n: Int!) { things(first: $n) { id } }"
    for n, status in ((10, 200), (3_000, 400), (20, 200), (2_501, 400), (2_500, 200), (True, 400)):
        response = server.post({"query": query, "variables": {"n": n}}, Accept=GRAPHQL)
        assert response.status_code == status, (n, response.text[:200])


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
    assert "IDE" in page.text
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
    refused(limited, 429, "minute's worth", "RATE_LIMITED")
    assert 0 < int(limited.headers["retry-after"]) <= 120
    batch = 'mutation { recordFacts(input: {source: "s", facts: []}) { __typename ... on RateLimited { message retryAfter } } }'
    change = server.post({"query": batch}, **staff)
    assert change.status_code == 200
    assert change.json()["data"]["recordFacts"]["__typename"] == "RateLimited"
    assert change.json()["data"]["recordFacts"]["retryAfter"] > 0
    assert int(change.headers["retry-after"]) > 0
    assert server.post(query).status_code == 200, "another principal has its own minute"


def test_unknown_documents_cost_by_their_length_so_that_validating_them_is_paid_for(tmp_path: Path) -> None:
    server = serve(tmp_path, staff=1_000)
    statuses = [
        server.post({"query": "{ __typename " + "# x" * 10_000 + f"{n}\n }}"}, Authorization="Bearer staff").status_code for n in range(5)
    ]
    assert 429 in statuses


TRUSTED = "query Echo($t: String!) { echo(text: $t) }"


def test_trusted_documents_are_run_by_name_or_hash(server: Server, tmp_path: Path) -> None:
    (tmp_path / "echo.graphql").write_text(TRUSTED)
    assert server.endpoint._documents.load(tmp_path) == 1
    digest = "sha256:" + hashlib.sha256(TRUSTED.encode()).hexdigest()
    for name in ("echo", digest):
        assert server.post({"documentId": name, "variables": {"t": "x"}}).json() == {"data": {"echo": "x"}}
    assert server.post({"extensions": {"documentId": "echo"}, "variables": {"t": "x"}}).json() == {"data": {"echo": "x"}}
    refused(server.post({"documentId": "other"}), 400, "no trusted document")
    refused(server.post({"documentId": "echo", "query": "{ __typename }"}), 400, "not both")


def test_a_trusted_document_that_cannot_be_used_stops_the_start(server: Server, tmp_path: Path) -> None:
    for text in ("{", "{ nothing }", "query A { __typename } query B { __typename }", "{ things(first: 9999) { id } }"):
        (tmp_path / "wrong.graphql").write_text(text)
        with pytest.raises(WrongTrustedDocument, match=r"wrong\.graphql"):
            server.endpoint._documents.load(tmp_path)


def test_an_institution_may_run_trusted_documents_alone(tmp_path: Path) -> None:
    server = serve(tmp_path, trusted_only=lambda caller: caller.institution == "bank")
    refused(server.post({"query": "{ __typename }"}), 403, "trusted documents alone", "FORBIDDEN")


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


def test_documents_are_parsed_and_validated_once(server: Server) -> None:
    for _ in range(3):
        server.post({"query": "{ __typename }"})
    text = server.metrics.text().decode()
    assert 'ringfence_documents_total{known="no"} 1.0' in text
    assert 'ringfence_documents_total{known="yes"} 2.0' in text


def test_only_so_many_documents_are_remembered(server: Server) -> None:
    documents = server.endpoint._documents
    for n in range(150):
        server.post({"query": f"{{ a{n}: __typename }}"})
    assert len(documents._known) == 100
    for n in range(10):
        server.post({"query": "{ __typename " + " " * 30_000 + f"b{n}: __typename }}"})
    assert sum(known.length for known in documents._known.values()) <= 100_000
    assert documents._length == sum(known.length for known in documents._known.values())


def test_bounds_of_a_body_are_those_of_the_guard(tmp_path: Path) -> None:
    server = serve(tmp_path, bounds=Bounds(tokens=10))
    refused(server.post({"query": "{ a: __typename b: __typename c: __typename }"}), 200, "more than 10 tokens", "TOO_MUCH_WORK")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve(tmp_path_factory.mktemp("shared"))


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_graphql_response_and_no_5xx(shared: Server, content: bytes) -> None:
    response = shared.post_bytes(content)
    well_formed(response)
    assert response.status_code < 500


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(["query", "variables", "operationName", "extensions", "documentId", "other"])
QUERIES = st.sampled_from(
    [
        "{ __typename }",
        "query ($b: Batch!) { __typename }",
        "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }",
        "{ echo(text: 1) }",
        "{",
        "",
    ]
)


@given(
    st.dictionaries(MEMBERS, JSON_VALUES, max_size=5) | st.fixed_dictionaries({"query": QUERIES, "variables": JSON_VALUES}) | JSON_VALUES
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_gives_a_graphql_response_and_no_5xx(shared: Server, body: Any) -> None:
    response = shared.post_bytes(json.dumps(body).encode("utf-8", "surrogatepass"))
    well_formed(response)
    assert response.status_code < 500
    text = json.dumps(body)
    if "NaN" not in text:
        assert response.status_code in {200, 400, 429}


@given(JSON_VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_variable_is_taken_or_refused_with_its_path(shared: Server, value: Any) -> None:
    query = "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }"
    response = shared.post_bytes(json.dumps({"query": query, "variables": {"b": value}}).encode("utf-8", "surrogatepass"))
    body = well_formed(response)
    assert response.status_code < 500
    if "data" not in body and response.status_code == 200:
        assert all(error["extensions"]["path"][0] == "b" for error in body["errors"])
