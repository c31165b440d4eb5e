"""What `node` can return, and where a page of a list stands."""

from __future__ import annotations

from api.schema.declaring import interface, object_type
from api.schema.scalars import ID


@interface
class Node:
    """Anything with an id that `node` can return."""

    id: ID
    """Opaque, prefixed with its kind (`mer_`, `dec_` ...), stable for ever. Never take it apart."""


@object_type()
class PageInfo:
    """Where a page of a connection stands."""

    has_next_page: bool
    """Whether more items follow."""
    has_previous_page: bool
    """Whether items precede; false when that is not known."""
    start_cursor: str | None
    """Cursor of the first item; null for an empty page."""
    end_cursor: str | None
    """Cursor of the last item, to be given as `after`; null for an empty page."""
