"""Pages of lists: keyset cursors that are good for one list, its arguments and the institution that gave them (semantics 14).

A cursor is the store's own place in the list with a tag over list, arguments and place under a key of the institution, so that a
cursor of another list, or one made up, is INVALID instead of a place somewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import orjson

from api.context import Context
from api.schema.nodes import PageInfo
from graph.errors import InvalidInput, Problem
from graph.store import Page

T = TypeVar("T")

MAXIMUM_FIRST: Final = 100
"""Items on one page."""
MAXIMUM_CURSOR: Final = 512
"""Characters of a cursor."""
_TAG: Final = 12
"""Bytes of a cursor's tag."""


def refuse(argument: str, message: str) -> InvalidInput:
    """The refusal of one argument, to be raised."""
    return InvalidInput([Problem((argument,), message)])


def within(argument: str, value: float, least: float, most: float, unit: str = "") -> None:
    """Raise `InvalidInput` unless a number lies in its bounds."""
    if not least <= value <= most:
        raise refuse(argument, f"`{argument}` is {least:,} to {most:,}{unit}; ask for a number within that.")


async def turn(
    context: Context, scope: Sequence[object], first: int, after: str | None, read: Callable[[str | None], Awaitable[Page[T]]]
) -> tuple[Page[T], list[str], PageInfo]:
    """One page by `read` (which gets the store's own place), with a cursor for each item and where it stands.

    `scope` names the list and its arguments. Raises `InvalidInput` for `first` outside 1 to 100 and for a cursor of another list.
    """
    within("first", first, 1, MAXIMUM_FIRST)
    place = None if after is None else _open(context, scope, after)
    page = await read(place)
    cursors = [_seal(context, scope, one) for one in page.cursors]
    ends = (cursors[0], cursors[-1]) if cursors else (None, None)
    info = PageInfo(has_next_page=page.more, has_previous_page=after is not None, start_cursor=ends[0], end_cursor=ends[1])
    return page, cursors, info


def _seal(context: Context, scope: Sequence[object], place: str) -> str:
    raw = place.encode()
    return base64.urlsafe_b64encode(_tag(context, scope, raw) + raw).decode().rstrip("=")


def _open(context: Context, scope: Sequence[object], cursor: str) -> str:
    raw = _decoded(cursor)
    if raw is None or not hmac.compare_digest(raw[:_TAG], _tag(context, scope, raw[_TAG:])):
        raise refuse("after", "`after` is not a cursor of this list with these arguments; start again without it.")
    return raw[_TAG:].decode()


def _decoded(cursor: str) -> bytes | None:
    if not 0 < len(cursor) <= MAXIMUM_CURSOR or not cursor.isascii():
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None


def _tag(context: Context, scope: Sequence[object], place: bytes) -> bytes:
    key = context.loaders.get("cursor key")
    if key is None:
        key = context.loaders["cursor key"] = context.services.vault.key("cursor", context.principal.institution.id)
    said: bytes = orjson.dumps(list(scope), default=_plain)
    return hmac.digest(key, len(said).to_bytes(4, "big") + said + place, hashlib.sha256)[:_TAG]


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{value!r} cannot stand in a cursor's scope")
