"""What `/graphql` asks of the rest of `api`, put together from the open services."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import cast

from graphql import DocumentNode, GraphQLResolveInfo, OperationDefinitionNode
from starlette.requests import Request

from api.auth.authentication import Unauthenticated, WrongOrigin, authenticate, check_origin
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
from api.visibility import check

DOCUMENTS: int = 2_000
"""Documents that are remembered, of at most `DOCUMENT_CHARACTERS` together: some 30 MB."""
DOCUMENT_CHARACTERS: int = 1_000_000


def graphql_endpoint(services: Services) -> GraphQLEndpoint:
    """The endpoint over the schema; raises `api.documents.WrongTrustedDocument` for a trusted document that cannot be used."""
    settings = services.settings
    guard = Guard(cost_table(), bounds_of(settings), introspection=settings.development)
    documents = Documents(schema, guard, entries=DOCUMENTS, characters=DOCUMENT_CHARACTERS, suggestions=settings.development)
    if settings.trusted_documents:
        documents.load(Path(settings.trusted_documents))
    ports = Ports(
        admit=partial(admit, services),
        context_of=lambda caller, received: Context(services, cast("Principal", caller.principal), received),
        masked=masked,
        limited=rate_limited,
        trusted_only=partial(trusted_only, frozenset(one.strip() for one in settings.trusted_only.split(",") if one.strip())),
    )
    return GraphQLEndpoint(
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
    try:
        principal = await authenticate(services, request.headers, writes=False)
        session = "authorization" not in request.headers
        if session and request.method != "GET":
            # Whether it writes is known once the document is read; a page of elsewhere is told at once.
            check_origin(request.headers, services.settings.public_url, required=False)
    except Unauthenticated as error:
        raise Denied(401, "UNAUTHENTICATED", str(error), {"WWW-Authenticate": 'Bearer realm="ringfence"'}) from None
    except WrongOrigin as error:
        raise Denied(403, "FORBIDDEN", str(error)) from None
    except RecordsUnavailable:
        raise Denied(
            503, "UNAVAILABLE", "The records are down, so that nobody can be let in: nothing was done; send again.", {"Retry-After": "1"}
        ) from None
    reads_only = session and "origin" not in request.headers
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
