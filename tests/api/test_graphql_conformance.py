"""GraphQL over HTTP as the draft specification has it: one test for each audit of the reference suite, on the real server.

The names are the audits' own ids and sentences (npm package `graphql-http`, `serverAudits`). Two of them introspect and two use GET,
which are on in development alone; what a server outside development answers to these is tested below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query

from tests.api.listening import Listening, listening

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
TYPENAME = "{ __typename }"
TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
MISSING: Any = object()


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    with listening(tmp_path_factory.mktemp("development"), development=True) as server:
        yield server


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    with listening(tmp_path_factory.mktemp("production")) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Audit:
    """A request, and what its answer is held to."""

    id: str
    says: str
    body: Any = field(default_factory=lambda: {"query": TYPENAME})
    accept: str | None = None
    content_type: str | None = JSON
    method: str = "POST"
    parameters: dict[str, str] = field(default_factory=dict)
    status: tuple[int, int] = (200, 200)
    answered_as: str | None = None
    data: bool | None = None
    """Whether the answer has data; None: not asked."""
    errors: bool | None = None


def invalid(id: str, member: str, *values: Any) -> list[Audit]:
    return [
        Audit(f"{id}{n}", f"MAY use 400 on {value!r} for {member}", {"query": TYPENAME, member: value}, status=(400, 400))
        for n, value in enumerate(values)
    ]


def nullable(n: int, member: str) -> list[Audit]:
    body = {"query": TYPENAME, member: None}
    return [
        Audit(f"94B{n}", f"SHOULD allow null {member} for graphql-response+json", body, GRAPHQL, errors=False),
        Audit(f"022{n}", f"MUST allow null {member} for json", body, JSON, errors=False),
    ]


UNPARSED = {"query": "{"}
UNKNOWN = {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"}
UNCOERCED = {"query": "query CoerceFailure($id: ID!){ __typename }", "variables": {"id": None}}
NAMED = {"operationName": "Query", "query": "query Query { __typename }"}
EXTENDED = {"query": TYPENAME, "extensions": {"some": "value"}}
TYPED = {"query": TYPE, "variables": {"name": "sometype"}}
SWIMMING = {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'}
CHANGING = {"query": "mutation { __typename }"}
BROKEN = b'{ "not a JSON'

AUDITS = [
    Audit("22EB", "SHOULD accept graphql-response+json and match the content-type", accept=GRAPHQL, answered_as=GRAPHQL),
    Audit("4655", "MUST accept json and match the content-type", accept=JSON, answered_as=JSON),
    Audit("47DE", "SHOULD accept */* and use json for the content-type", accept="*/*", answered_as=JSON),
    Audit("80D8", "SHOULD assume json content-type when accept is missing", answered_as=JSON),
    Audit("82A3", "MUST use utf-8 encoding when responding"),
    Audit("BF61", "MUST accept utf-8 encoded request", SWIMMING, content_type=f"{JSON}; charset=utf-8"),
    Audit("78D5", "MUST assume utf-8 in request if encoding is unspecified"),
    Audit("2C94", "MUST accept POST requests"),
    Audit("5A70", "MAY accept url-encoded GET requests", method="GET", parameters={"query": TYPENAME}),
    Audit("9C48", "MUST NOT run mutations on GET", method="GET", parameters=CHANGING, accept=GRAPHQL, status=(400, 499)),
    Audit("9ABE", "SHOULD respond with 4xx if content-type is not supplied on POST", content_type=None, status=(400, 499)),
    Audit("03D4", "MUST accept json POST requests"),
    Audit("A5BF", "MAY use 400 when request body is missing on POST", b"", status=(400, 400)),
    Audit("423L", "MAY use 400 on missing query", {"notquery": TYPENAME}, GRAPHQL, status=(400, 400)),
    *invalid("LKJ", "query", {"obj": "ect"}, 0, False, ["array"]),
    Audit("34A2", "SHOULD allow string query for graphql-response+json", accept=GRAPHQL),
    Audit("13EE", "MUST allow string query for json", accept=JSON, errors=False),
    *invalid("6C0", "operationName", {"obj": "ect"}, 0, False, ["array"]),
    Audit("8161", "SHOULD allow string operationName for graphql-response+json", NAMED, GRAPHQL),
    Audit("B8B3", "MUST allow string operationName for json", NAMED, JSON, errors=False),
    *nullable(0, "variables"),
    *nullable(1, "operationName"),
    *nullable(2, "extensions"),
    *invalid("476", "variables", "string", 0, False, ["array"]),
    Audit("2EA1", "SHOULD allow map variables for graphql-response+json", TYPED, GRAPHQL),
    Audit("28B9", "MUST allow map variables for json", TYPED, JSON, errors=False),
    Audit(
        "D6D5", "MAY allow url-encoded JSON variables in GETs for graphql-response+json", accept=GRAPHQL, method="GET",
        parameters={"query": TYPE, "variables": '{"name":"sometype"}'}, errors=False,
    ),
    Audit(
        "6A70", "MAY allow url-encoded JSON variables in GETs for json", accept=JSON, method="GET",
        parameters={"query": TYPE, "variables": '{"name":"sometype"}'}, errors=False,
    ),
    *invalid("58B", "extensions", "string", 0, False, ["array"]),
    Audit("428F", "SHOULD allow map extensions for graphql-response+json", EXTENDED, GRAPHQL),
    Audit("1B7A", "MUST allow map extensions for json", EXTENDED, JSON, errors=False),
    Audit("B6DC", "MAY use 4xx on JSON parsing failure for json", BROKEN, JSON, status=(400, 499)),
    Audit("BCF8", "SHOULD use 400 on JSON parsing failure for json", BROKEN, JSON, status=(400, 400)),
    Audit("B7N8", "SHOULD use 400 on JSON parsing failure for graphql-response+json", BROKEN, GRAPHQL, status=(400, 400)),
    Audit("8764", "MAY use 4xx if parameters are invalid", {"qeury": TYPENAME}, status=(400, 499)),
    Audit("3E3A", "MAY use 400 if parameters are invalid", {"qeury": TYPENAME}, status=(400, 400)),
    Audit("572B", "SHOULD use 200 on document parsing failure for json", UNPARSED, JSON, errors=True),
    Audit("FDE2", "SHOULD use 200 on document validation failure for json", UNKNOWN, JSON, errors=True),
    Audit("7B9B", "SHOULD use 200 on variable coercion failure for json", UNCOERCED, JSON, errors=True),
    Audit("865D", "SHOULD use 4xx on document parsing failure for graphql-response+json", UNPARSED, GRAPHQL, status=(400, 499)),
    Audit("556A", "SHOULD use 400 on document parsing failure for graphql-response+json", UNPARSED, GRAPHQL, status=(400, 400)),
    Audit("D586", "SHOULD NOT contain data on document parsing failure", UNPARSED, GRAPHQL, status=(400, 400), data=False),
    Audit("51FE", "SHOULD use 4xx on document validation failure for graphql-response+json", UNKNOWN, GRAPHQL, status=(400, 499)),
    Audit("74FF", "SHOULD use 400 on document validation failure for graphql-response+json", UNKNOWN, GRAPHQL, status=(400, 400)),
    Audit("5E5B", "SHOULD NOT contain data on document validation failure", UNKNOWN, GRAPHQL, status=(400, 400), data=False),
    Audit("86EE", "SHOULD use 400 on variable coercion failure for graphql-response+json", UNCOERCED, GRAPHQL, status=(400, 400)),
]  # fmt: skip


def send(server: Listening, audit: Audit) -> httpx.Response:
    content = audit.body if isinstance(audit.body, bytes) else json.dumps(audit.body, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {server.service}"}
    if audit.content_type is not None and audit.method == "POST":
        headers["Content-Type"] = audit.content_type
    with httpx.Client() as client:
        del client.headers["Accept"]
        if audit.accept is not None:
            headers["Accept"] = audit.accept
        if audit.method == "GET":
            return client.get(server.url, params=audit.parameters, headers=headers)
        return client.post(server.url, content=content, headers=headers)


def check(audit: Audit, response: httpx.Response) -> None:
    least, most = audit.status
    assert least <= response.status_code <= most, response.text
    body = json.loads(response.content.decode("utf-8"))
    if audit.answered_as is not None:
        assert response.headers["content-type"].startswith(audit.answered_as)
    if audit.data is not None:
        assert ("data" in body) is audit.data
    if audit.errors is not None:
        assert ("errors" in body) is audit.errors, body


@pytest.mark.parametrize("audit", [pytest.param(audit, id=f"{audit.id} {audit.says}") for audit in AUDITS])
def test_a_server_keeps_to_the_specification(development: Listening, audit: Audit) -> None:
    check(audit, send(development, audit))


ONLY_IN_DEVELOPMENT = {"5A70", "D6D5", "6A70", "2EA1", "28B9"}


@pytest.mark.parametrize("audit", [pytest.param(a, id=a.id) for a in AUDITS if a.id not in ONLY_IN_DEVELOPMENT])
def test_a_server_outside_development_keeps_to_it_too(production: Listening, audit: Audit) -> None:
    check(audit, send(production, audit))


def test_the_list_is_as_long_as_the_reference_suite() -> None:
    assert len(AUDITS) == len({audit.id for audit in AUDITS}) == 61


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_outside_development_only_post_is_served(production: Listening, method: str) -> None:
    response = httpx.request(method, production.url, params={"query": TYPENAME}, headers={"Authorization": f"Bearer {production.service}"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_maps_of_variables_are_read_outside_development_as_well(production: Listening) -> None:
    query = "query Q($reference: Reference!) { merchant(reference: $reference) { id } }"
    audit = Audit("own", "", {"query": query, "variables": {"reference": {"key": "nobody"}}}, GRAPHQL, data=True, errors=False)
    response = send(production, audit)
    check(audit, response)
    assert response.json() == {"data": {"merchant": None}}


def test_introspection_is_refused_with_a_clear_error_outside_development(production: Listening) -> None:
    audit = Audit("own", "", {"query": "{ __schema { queryType { name } } }"}, GRAPHQL, status=(400, 400), data=False)
    response = send(production, audit)
    check(audit, response)
    assert "`__schema` is off here" in response.json()["errors"][0]["message"]


def test_the_usual_introspection_query_runs_in_development(development: Listening) -> None:
    response = send(development, Audit("own", "", {"query": get_introspection_query(input_value_deprecation=True)}, GRAPHQL))
    check(Audit("own", "", data=True, errors=False), response)
    assert build_client_schema(response.json()["data"]).query_type is not None


def test_without_or_with_a_wrong_credential_it_is_401_in_the_media_type_asked_for(production: Listening) -> None:
    for accept in (JSON, GRAPHQL):
        for authorization in ("", "Bearer nothing", "Basic eDp5", "Bearer " + "x" * 10_000):
            response = httpx.post(production.url, json={"query": TYPENAME}, headers={"Authorization": authorization, "Accept": accept})
            assert response.status_code == 401
            assert response.headers["www-authenticate"].startswith("Bearer")
            assert response.headers["content-type"].startswith(accept)
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_refused_root_field_is_an_error_with_its_code_and_status_200(production: Listening) -> None:
    query = {"query": '{ neighbourhood(centre: {merchant: "m"}) { asOf } }'}
    response = httpx.post(production.url, json=query, headers={"Authorization": f"Bearer {production.service}", "Accept": GRAPHQL})
    assert response.status_code == 200
    assert response.json()["data"] == {"neighbourhood": None}
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_wrong_arguments_are_invalid_with_their_path_and_status_200(production: Listening) -> None:
    for query, path in (
        ("{ decisions(first: 101) { pageInfo { endCursor } } }", "decisions"),
        ('{ neighbourhood(centre: {merchant: "m"}, depth: 9) { asOf } }', "neighbourhood"),
    ):
        response = httpx.post(
            production.url, json={"query": query}, headers={"Authorization": f"Bearer {production.analyst}", "Accept": GRAPHQL}
        )
        error = response.json()["errors"][0]
        assert (response.status_code, error["extensions"]["code"], error["path"]) == (200, "INVALID", [path]), response.text
