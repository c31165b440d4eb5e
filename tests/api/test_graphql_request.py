"""Whatever bytes come, they are a request or one sentence and a 4xx."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.small_graphql import GRAPHQL, JSON, Server, assert_refused, serve, well_formed


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return serve(tmp_path)


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
        assert_refused(response, 400, said)
        assert response.headers["content-type"].startswith(accept)


@pytest.mark.parametrize("value", [b'"\\u0000"', b'"a\\tb"', b'"\\ud800"', b"9223372036854775808", b"1e999"])
def test_a_value_that_nothing_may_hold_is_refused_with_its_path_into_the_variables(server: Server, value: bytes) -> None:
    content = b'{"query":"query ($x: [ID]) { __typename }","variables":{"x":{"facts":["fine",' + value + b"]}}}"
    (error,) = server.post_bytes(content).json()["errors"]
    assert error["extensions"] == {"code": "INVALID", "path": ["x", "facts", "1"]}


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
    assert_refused(server.post_bytes(b'{"query":"{__typename}"}', Content_Type=content_type), 415, "Content-Type")


@pytest.mark.parametrize("charset", ["utf-16", "latin1", "gb18030"])
def test_other_charsets_are_415(server: Server, charset: str) -> None:
    assert_refused(server.post_bytes(b'{"query":"{__typename}"}', Content_Type=f"application/json; charset={charset}"), 415, "UTF-8")


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"', "application/json ; x=y"])
def test_spellings_of_json_are_read(server: Server, content_type: str) -> None:
    assert server.post_bytes(b'{"query":"{__typename}"}', Content_Type=content_type).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_compressed_bodies_are_415(server: Server, encoding: str) -> None:
    response = server.post_bytes(b"\x1f\x8b", Content_Encoding=encoding)
    assert_refused(response, 415, "Compressed")
    assert response.headers["accept-encoding"] == "identity"


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
    assert_refused(server.post({"query": "{ __typename }"}, Accept=accept), 406, "Accept must allow")


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
