"""Evidence over plain HTTP: `PUT /evidence/{ticket}` takes one image against a ticket, `GET /evidence/{id}` gives one back to KYC staff.

An image never reaches the event loop's process decoded: the pool's processes open it, strip it of metadata and encode it anew, and what is
kept is sealed under the subject's key. Paths to images are good once, for five minutes, for whom they were given.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api import audit
from api.auth.authentication import Unauthenticated, WrongOrigin, authenticate
from api.context import Principal, Role, Services
from api.records import RecordsUnavailable
from api.verifying.giving import parted
from api.verifying.images import proof_of
from graph.errors import RingfenceError
from identity import records, tickets
from identity.model import EvidenceKind
from identity.reading.decoding import IMAGE_BYTES, WrongImage
from identity.subjects import cipher_of, enrolled_cipher
from identity.tickets import TicketKind
from identity.worker import DOCUMENT_SIDE, FACE_SIDE, FRAME_SIDE, PREMISES_SIDE, Busy, NotInstalled

BODY_SECONDS: Final = 60.0
"""Longest that an image may take to arrive."""

SECONDS: Final = 5.0
READ: Final = "evidence image read"
"""What the audit chain calls it."""

SIDES: Final = {
    EvidenceKind.DOCUMENT_FRONT: DOCUMENT_SIDE,
    EvidenceKind.DOCUMENT_BACK: DOCUMENT_SIDE,
    EvidenceKind.FACE: FACE_SIDE,
    EvidenceKind.LIVENESS_FRAMES: FRAME_SIDE,
    EvidenceKind.PREMISES: PREMISES_SIDE,
}
"""Longest side in pixels that is kept."""


class _Refused(RingfenceError):
    """The image is not taken or given; why, as HTTP says it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def upload_routes(services: Services) -> list[BaseRoute]:
    """The two routes."""
    return [
        Route("/evidence/{ticket}", _answering(services, _put), methods=["PUT"]),
        Route("/evidence/{ticket}", _answering(services, _get), methods=["GET"]),
    ]


def _answering(services: Services, act: Callable[[Services, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await act(services, request)
        except _Refused as error:
            return _told(error.status, error.code, str(error))
        except Unauthenticated as error:
            return _told(401, "UNAUTHENTICATED", str(error), {"WWW-Authenticate": "Bearer"})
        except WrongOrigin as error:
            return _told(403, "FORBIDDEN", str(error))
        except ClientDisconnect:
            return _told(400, "INVALID", "The body ended early.")
        except WrongImage as error:
            return _told(422, "INVALID", str(error))
        except (Busy, NotInstalled, RecordsUnavailable) as error:
            return _told(503, "UNAVAILABLE", str(error), {"Retry-After": "5"})

    return answer


async def _put(services: Services, request: Request) -> Response:
    principal = await authenticate(services, request.headers, writes=True)
    _require(principal, Role.SERVICE, Role.KYC)
    institution, id_ = principal.institution.id, request.path_params["ticket"]

    def look(connection: Connection) -> tickets.Ticket:
        found = tickets.ticket(connection, institution, id_)
        if found is None or found.kind is not TicketKind.UPLOAD or found.principal != principal.id:
            raise _Refused(404, "NOT_FOUND", "There is no such ticket for this credential: ask for one with `requestUpload`.")
        if not found.stands(services.now()) or found.image is not None:
            raise _Refused(409, "WRONG_STATE", "The ticket was used before or is over: ask for a new one with `requestUpload`.")
        return found

    ticket = await services.records.read(look, SECONDS, institution=institution)
    image = await _body(request)
    kept = await services.reading.keep_image(image, SIDES[EvidenceKind(ticket.about)])

    def keep(connection: Connection) -> bool:
        now = services.now()
        cipher = enrolled_cipher(connection, services.vault.sealer(institution), institution, ticket.subject, now)
        sealed = cipher.seal_bytes(f"image {ticket.id}", kept.kept_jpeg)
        return tickets.keep_image(connection, institution, ticket.id, sealed, (kept.width, kept.height), now)

    if not await services.records.write(keep, SECONDS, institution=institution):
        raise _Refused(409, "WRONG_STATE", "The ticket was used before or is over: ask for a new one with `requestUpload`.")
    return _json({"ticket": ticket.id, "width": kept.width, "height": kept.height}, 201)


async def _body(request: Request) -> bytes:
    """The image's bytes, at most as many as one may have."""
    too_large = _Refused(413, "TOO_MUCH_WORK", f"An image has at most {IMAGE_BYTES:,} bytes: send a smaller one.")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > IMAGE_BYTES:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > IMAGE_BYTES:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise _Refused(408, "INVALID", f"The image did not arrive within {BODY_SECONDS:g} s.") from None
    return b"".join(parts)


async def _get(services: Services, request: Request) -> Response:
    principal = await authenticate(services, request.headers, writes=False)
    _require(principal, Role.KYC)
    institution, id_, given = principal.institution.id, request.path_params["ticket"], request.query_params
    gone = _Refused(404, "NOT_FOUND", "There is no such image, or its path was used or is over: read `EvidenceItem.image` again.")
    until, nonce, now = given.get("until", ""), given.get("nonce", ""), services.now()
    if not (until.isascii() and until.isdigit() and len(until) < 16) or int(until) <= now:
        raise gone
    if not hmac.compare_digest(given.get("proof", "").encode(), proof_of(services, principal, id_, int(until), nonce).encode()):
        raise gone

    def take(connection: Connection) -> bytes:
        found = records.evidence_by_id(connection, institution, id_)
        used = tickets.Ticket(f"img_{nonce}", "", "", TicketKind.IMAGE, id_, principal.id, now, int(until), used_at=now)
        if found is None or tickets.ticket(connection, institution, used.id, held=True) is not None:
            raise gone
        cipher = cipher_of(connection, services.vault.sealer(institution), institution, found.subject)
        image = cipher.open_bytes(f"image {found.id}", found.image)
        if image is None:
            raise gone
        tickets.add(connection, institution, used)
        event = audit.Event(institution, now, principal.id, READ, (found.id, found.subject))
        audit.append(connection, services.vault.audit_key, event)
        return parted(image)[0] if found.kind is EvidenceKind.LIVENESS_FRAMES else image

    image = await services.records.write(take, SECONDS, institution=institution)
    return Response(image, 200, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}, "image/jpeg")


def _require(principal: Principal, *roles: Role) -> None:
    if principal.roles.isdisjoint(roles):
        raise _Refused(403, "FORBIDDEN", f"This takes one of the roles {', '.join(roles)}.")


def _told(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json({"error": {"code": code, "message": message}}, status, headers)


def _json(content: object, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")
