"""What `/graphql` asks of the rest of `api`, put together from the open services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import cast

from graphql import DocumentNode, GraphQLResolveInfo, OperationDefinitionNode
from starlette.requests import Request

from api.auth.authentication import Unauthenticated, WrongOrigin, authenticate, check_origin, session_secret
from api.auth.sessions import session_end
from api.context import Context, Principal, Role, Services
from api.cost import CostTable
from api.documents import Documents
from api.executing import Limited
from api.graphql_http import Caller, Denied, GraphQLEndpoint, Ports
from api.guard import Bounds, Guard
from api.limits import Wait
from api.pages import ide
from api.records import RecordsUnavailable
from api.schema import schema, sdl
from api.schema.problems import ErrorCode, RateLimited
from api.settings import Settings
from api.sockets import Admitted, SocketBounds, Sockets
from api.visibility import check

DOCUMENTS: int = 2_000
"""Documents that are remembered, of at most `DOCUMENT_CHARACTERS` together: some 30 MB."""
DOCUMENT_CHARACTERS: int = 1_000_000


def graphql_endpoint(services: Services) -> tuple[GraphQLEndpoint, Sockets]:
    """The endpoint over the schema, and that of its subscriptions.

    Raises `api.documents.WrongTrustedDocument` for a trusted document that cannot be used."""
    settings = services.settings
    guard = Guard(cost_table(), bounds_of(settings), introspection=settings.development)
    documents = Documents(schema, guard, entries=DOCUMENTS, characters=DOCUMENT_CHARACTERS, suggestions=settings.development)
    if settings.trusted_documents:
        documents.load(Path(settings.trusted_documents))
    ports = Ports(
        admit=partial(admit, services),
        context_of=lambda caller, received, cost: Context(services, cast("Principal", caller.principal), received, cost=cost),
        masked=masked,
        limited=rate_limited,
        trusted_only=partial(trusted_only, frozenset(one.strip() for one in settings.trusted_only.split(",") if one.strip())),
    )
    endpoint = GraphQLEndpoint(
        schema,
        guard,
        documents,
        services.limits,
        services.metrics,
        ports,
        development=settings.development,
        body_bytes=settings.body_bytes,
        batch_bytes=settings.batch_bytes,
        ide=ide.show,
    )
    bounds = SocketBounds(settings.sockets, settings.socket_subscriptions, settings.socket_init_seconds, settings.socket_check_seconds)
    return endpoint, Sockets(endpoint, schema, guard, documents, services.limits, ports, partial(admit_socket, services), bounds)


@cache
def cost_table() -> CostTable:
    """The schema's costs, read once a process."""
    return CostTable.read(sdl())


def bounds_of(settings: Settings) -> Bounds:
    """The guard's bounds as settings say."""
    return Bounds(
        characters=settings.body_bytes,
        tokens=settings.query_tokens,
        depth=settings.query_depth,
        aliases=settings.query_aliases,
        cost=settings.operation_cost,
    )


async def admit(services: Services, request: Request) -> Caller:
    """Who sends a request; raises `Denied`."""
    with _denying():
        principal = await authenticate(services, request.headers, writes=False)
        session = "authorization" not in request.headers
        if session and request.method != "GET":
            # Whether it writes is known once the document is read; a page of elsewhere is told at once.
            check_origin(request.headers, services.settings.public_url, required=False)
    return _caller(principal, reads_only=session and "origin" not in request.headers)


async def admit_socket(services: Services, headers: Mapping[str, str], payload: Mapping[str, object]) -> Admitted:
    """Who opens a socket: by its headers, or a key in the payload of its first message. Raises `Denied`.

    A browser sends a session's cookie from any page that opens a socket, so that the origin is checked as for a write.
    """
    given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
    shown = headers if given is None else {"authorization": str(given)}
    with _denying():
        principal = await authenticate(services, shown, writes=True)
        secret = None if "authorization" in shown else session_secret(shown)
        if secret is None:
            return Admitted(_caller(principal), None)
        end = await services.records.read(lambda connection: session_end(connection, secret))
    return Admitted(_caller(principal), max(0, end - services.now()) / 1000)


@contextmanager
def _denying() -> Iterator[None]:
    """Say who is not let in, and why."""
    try:
        yield
    except Unauthenticated as error:
        raise Denied(401, "UNAUTHENTICATED", str(error), {"WWW-Authenticate": 'Bearer realm="ringfence"'}) from None
    except WrongOrigin as error:
        raise Denied(403, "FORBIDDEN", str(error)) from None
    except RecordsUnavailable:
        raise Denied(
            503, "UNAVAILABLE", "The records are down, so that nobody can be let in: nothing was done; send again.", {"Retry-After": "1"}
        ) from None


def _caller(principal: Principal, *, reads_only: bool = False) -> Caller:
    return Caller(principal.id, principal.institution.id, principal.service, frozenset(principal.roles), principal, reads_only)


def masked(document: DocumentNode, operation: OperationDefinitionNode, roles: frozenset[str]) -> tuple[str, ...]:
    """The fields that the document selects and the roles may not read."""
    return check(document, operation, frozenset(Role(role) for role in roles)).masked


def rate_limited(wait: Wait) -> Limited:
    """The payload of a mutation that is not run because its principal must wait."""

    def answer(info: GraphQLResolveInfo[object]) -> object:
        return RateLimited(
            message=f"The minute's worth of requests is used up: nothing was done; wait {wait.seconds:.0f} s.",
            code=ErrorCode.RATE_LIMITED,
            path=None,
            retry_after=round(wait.seconds * 1000, 3),
        )

    return answer


def trusted_only(institutions: frozenset[str], caller: Caller) -> bool:
    """Whether the caller's institution lets trusted documents alone be run."""
    return "*" in institutions or caller.institution in institutions
