"""What somebody signs in with, read from a request's body: JSON of programs, or the fields of the form of `/sign-in`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from graph.errors import RingfenceError

BODY_BYTES: Final = 4_096
FIELDS: Final = frozenset({"institution", "name", "password"})
FORM: Final = "application/x-www-form-urlencoded"


class Unreadable(RingfenceError):
    """The body cannot be read; `status` is HTTP's word for why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody signs in with, and from where."""

    institution: str
    name: str
    password: str
    address: str
    to: str = "/"
    """The page that is asked for; of forms alone."""


def is_form(request: Request) -> bool:
    """Whether the body is that of a page's form."""
    return _content_type(request) == FORM


async def read_json(request: Request) -> Given:
    """What a program gives. Raises `Unreadable`, and Starlette's `ClientDisconnect`."""
    if _content_type(request) != "application/json":
        raise Unreadable(415, "Send the body as application/json.")
    body = await _body(request)
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable(400, "The body is no JSON: send institution, name and password.") from None
    if not isinstance(values, dict) or set(values) != FIELDS or not all(isinstance(value, str) for value in values.values()):
        raise Unreadable(400, "Send exactly three texts: institution, name and password.")
    return Given(values["institution"], values["name"], values["password"], _address(request))


async def read_form(request: Request) -> Given:
    """What the form gives: three fields, and the page to come back to. Raises `Unreadable`, and Starlette's `ClientDisconnect`."""
    body, most = await _body(request), len(FIELDS) + 1
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise Unreadable(400, "The form cannot be read: open /sign-in and fill it in there.") from None
    values = dict(pairs)
    if len(values) != len(pairs) or values.keys() - {"to"} != FIELDS:
        raise Unreadable(400, "The form has other fields than institution, name and password: open /sign-in and fill it in there.")
    return Given(values["institution"], values["name"], values["password"], _address(request), values.get("to", "/"))


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise Unreadable(413, f"The body has more than {BODY_BYTES} bytes: send institution, name and password alone.")
    return body


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
