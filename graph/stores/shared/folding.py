"""What is said of an entity: statements folded by the latest of each thing said."""

from __future__ import annotations

from typing import Final, NamedTuple

from graph.model import FieldValue, Instant, Standing
from graph.stores.shared.rows import unpack_fields

FIELDS: Final = 0
STANDING: Final = 1
BLOCKED: Final = 2
STATE: Final = 3
APPLICATION: Final = 4
"""What a statement says: single fields, a standing, a block, a loan's state, an application as a whole."""


class Description(NamedTuple):
    """What is said of an entity at a moment."""

    label: str | None
    blocked: bool
    standing: Standing
    fields: dict[str, FieldValue]


NOTHING_SAID: Final = Description(None, False, Standing.CLEAR, {})


def describe(statements: list[tuple[Instant, str, int, bytes]]) -> Description:
    """Of each thing said the latest, by (occurred_at, source, fact id); a statement is occurred_at, rank, what, value."""
    fields: dict[str, FieldValue] = {}
    application: dict[str, FieldValue] = {}
    blocked, standing = False, Standing.CLEAR
    for _, _, what, value in sorted(statements, key=lambda said: said[:2]):
        if what == FIELDS:
            fields.update(unpack_fields(value))
        elif what == APPLICATION:
            application = unpack_fields(value)
        elif what == STANDING:
            standing = Standing(value.decode())
        elif what == BLOCKED:
            blocked = value == b"1"
        else:
            fields["state"] = value.decode()
    label = fields.pop("label", None)
    return Description(None if label is None else str(label), blocked, standing, fields | application)
