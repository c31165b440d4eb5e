"""A small schema behind the real endpoint: every outcome a field can have, without the rest of the house."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from graphql import GraphQLError, GraphQLSchema, build_schema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from api.cost import CostTable
from api.documents import Documents
from api.graphql_http import Caller, Denied, GraphQLEndpoint, Ports
from api.guard import Bounds, Guard
from api.limits import Limits
from api.metrics import Metrics
from api.pages.ide import show

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

SDL = """
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) repeatable on FIELD_DEFINITION
scalar Long
enum Colour { RED GREEN }
input Item @oneOf { key: String id: ID }
input Fact { id: ID! at: Long! colour: Colour item: Item note: String inner: Fact }
input Batch { source: String! facts: [Fact!]! }
type Thing { id: ID! number: Int! fails: Int broken: Int! things(first: Int! = 10): [Thing!]! @listSize(slicingArguments: ["first"]) }
type RateLimited { message: String! retryAfter: Float! }
type Success { recorded: Int! }
union Payload = Success | RateLimited
type Query {
  echo(text: String!): String!
  long(value: Long!): Long
  nullable(first: Int! = 1): Int
  fails: String
  wrong: String
  huge: Int
  things(first: Int! = 10): [Thing!]! @listSize(slicingArguments: ["first"])
  slow(first: Int! = 10): [Thing!] @listSize(slicingArguments: ["first"])
}
type Mutation { recordFacts(input: Batch!): Payload! @cost(weight: 10) change(text: String!): Payload! }
type Subscription { ticks: Int! }
"""

SERVICE = Caller("pri_service", "bank", True, frozenset({"SERVICE"}), None)
STAFF = Caller("pri_staff", "bank", False, frozenset({"ANALYST"}), None)
CALLERS = {"service": SERVICE, "staff": STAFF}


@dataclass
class Thing:
    """Something with fields of every fate."""

    id: str
    number: int

    def things(self, _info: Any, first: int) -> list[Thing]:
        return [Thing(f"{self.id}.{n}", n) for n in range(first)]

    def fails(self, _info: Any) -> int:
        raise ZeroDivisionError("Zhang San 13800138000")

    def broken(self, _info: Any) -> int:
        raise ZeroDivisionError("Zhang San 13800138000")


def small_schema() -> GraphQLSchema:
    schema = build_schema(SDL)

    def bind(type_name: str, field: str, resolve: Callable[..., Any]) -> None:
        schema.type_map[type_name].fields[field].resolve = resolve  # type: ignore[attr-defined]

    def fails(_source: Any, _info: Any) -> str:
        raise RuntimeError("secret: Zhang San 13800138000")

    def wrong(_source: Any, _info: Any) -> str:
        raise GraphQLError("`depth` is 1 to 4; ask for a number within that.", extensions={"code": "INVALID", "path": ["depth"]})

    async def slow(_source: Any, _info: Any, first: int) -> list[Thing]:
        await asyncio.sleep(0)
        return [Thing(str(n), n) for n in range(first)]

    bind("Query", "echo", lambda _source, _info, text: text)
    bind("Query", "long", lambda _source, _info, value: value)
    bind("Query", "nullable", lambda _source, _info, first: first)
    bind("Query", "fails", fails)
    bind("Query", "wrong", wrong)
    bind("Query", "huge", lambda _source, _info: 2**40)
    bind("Query", "things", lambda _source, _info, first: [Thing(str(n), n) for n in range(first)])
    bind("Query", "slow", slow)
    bind("Mutation", "recordFacts", lambda _source, _info, **given: {"recorded": len(given["input"]["facts"])})
    bind("Mutation", "change", lambda _source, _info, text: {"recorded": len(text)})
    schema.type_map["Payload"].resolve_type = lambda value, _info, _type: (  # type: ignore[attr-defined]
        "RateLimited" if "retryAfter" in value else "Success"
    )
    return schema


async def admit(request: Request) -> Caller:
    """Let in whoever names one of the callers."""
    name = request.headers.get("authorization", "").removeprefix("Bearer ")
    if name not in CALLERS:
        raise Denied(401, "UNAUTHENTICATED", "Send a key.", {"WWW-Authenticate": "Bearer"})
    return CALLERS[name]


PORTS = Ports(
    admit=admit,
    context_of=lambda caller, received, cost: {"caller": caller, "received": received, "cost": cost},
    masked=lambda document, operation, roles: ("Thing.number",) if "ANALYST" in roles else (),
    limited=lambda wait: lambda info: {"message": "Wait.", "retryAfter": wait.seconds * 1000},
    trusted_only=lambda caller: False,
)


@dataclass
class Server:
    """The application and what a test looks at."""

    app: Starlette
    endpoint: GraphQLEndpoint
    metrics: Metrics

    async def send(self, method: str = "POST", *, headers: Mapping[str, str] | None = None, **arguments: Any) -> httpx.Response:
        """One request as the service, unless the headers say otherwise."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True, client=("203.0.113.77", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            given = {"Authorization": "Bearer service", **(headers or {})}
            return await client.request(method, "/graphql", headers={k: v for k, v in given.items() if v != ""}, **arguments)

    def post(self, body: Any, **headers: str) -> httpx.Response:
        """A JSON body by POST."""
        return asyncio.run(self.send(json=body, headers={name.replace("_", "-"): value for name, value in headers.items()}))

    def post_bytes(self, content: bytes, **headers: str) -> httpx.Response:
        """Bytes by POST as JSON, unless a header says otherwise."""
        given = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self.send(content=content, headers=given))


def serve(
    folder: Path,
    *,
    bounds: Bounds | None = None,
    development: bool = False,
    staff: int = 60_000,
    services: int = 30_000_000,
    body_seconds: float = 10.0,
    **ports: Any,
) -> Server:
    """The small schema behind the real endpoint."""
    schema = small_schema()
    guard = Guard(CostTable.read(SDL), bounds or Bounds(), introspection=development)
    documents = Documents(schema, guard, entries=100, characters=100_000, suggestions=development)
    metrics = Metrics()
    limits = Limits(folder, staff, services)
    endpoint = GraphQLEndpoint(
        schema, guard, documents, limits, metrics, replace(PORTS, **ports), development=development, ide=show, body_seconds=body_seconds
    )
    return Server(Starlette(routes=[Route("/graphql", endpoint)]), endpoint, metrics)


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


def assert_refused(response: httpx.Response, status: int, said: str, code: str = "INVALID") -> dict[str, Any]:
    body = well_formed(response)
    assert "data" not in body
    assert (response.status_code, body["errors"][0]["extensions"]["code"]) == (status, code), response.text
    assert said in body["errors"][0]["message"], body["errors"][0]["message"]
    return body
