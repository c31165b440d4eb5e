"""Rows as Python sees them, and the small codings inside their columns."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from graph.ids import ENTITY_KINDS, ENTITY_NUMBERS, TIE_KINDS, TIE_NUMBERS
from graph.model import FAR_FUTURE, EntityKind, FieldValue, Instant, Moment, Sealed, TieKind

EVERYTHING: Final = Moment(FAR_FUTURE, FAR_FUTURE)
"""The moment at which all facts are known and have occurred: what cached rows are the fold of."""

KIND_BITS: Final = 4
MAXIMUM_TOTAL: Final = 2**63 - 1
"""Totals stop here: sums of amounts that are never negative, so that any order of adding gives the same."""


class TieRow(NamedTuple):
    """A tie's fold; ends are numbers of entities."""

    number: int
    kind: int
    """A number of `graph.ids.TIE_NUMBERS`."""
    from_: int
    to: int
    first_at: Instant
    last_at: Instant
    recorded_at: Instant
    ended_at: Instant | None
    times: int
    """How many facts or transfers say it; 0: it is not there."""
    total: int | None
    share: float | None

    def other(self, node: int) -> int:
        """The end that is not `node`."""
        return self.to if self.from_ == node else self.from_

    @property
    def holds(self) -> bool:
        """Whether something says it and nothing has ended it."""
        return self.times > 0 and self.ended_at is None


class Adjacency(NamedTuple):
    """An entity's ties that hold."""

    ties: tuple[TieRow, ...]
    """Newest first: by `last_at`, `recorded_at`, id, descending."""
    left_out: int
    """Ties of the kinds asked for that hold and are not in `ties`."""


Profile: TypeAlias = tuple[str | None, str, bytes | None, bytes | None, str | None, int | None, str | None, bytes | None]
"""An entity's key, label, value and subject key; and the label, block, standing and fields of its cached description (NULL: none)."""


@dataclass(slots=True)
class Node:
    """An entity's place in the graph at a snapshot's moment."""

    number: int
    id: str
    exists: bool
    first_at: Instant
    last_at: Instant
    reach: int
    degrees: dict[int, int]
    """How many ties that hold, by `stream`."""
    folded: dict[int, TieRow | None] | None = None
    """None when cached rows are exact around it; otherwise the ties whose cached rows are not, by number, as folded (None: not there)."""
    profile: Profile | None = None
    """What it is and what is said of it now, once it was read."""

    def degree(self, only: frozenset[int] | None) -> int:
        """How many ties of these kinds (None: all) hold."""
        return sum([count for code, count in self.degrees.items() if only is None or code >> 5 in only])


def kind_of(number: int) -> EntityKind:
    """Kind of the entity with this number."""
    return ENTITY_KINDS[number & 15]


def entity_number(sequence: int, kind: EntityKind) -> int:
    """Number of the entity of this kind that is made as the `sequence`-th."""
    return sequence << KIND_BITS | ENTITY_NUMBERS[kind]


def stream(tie_kind: int, incoming: bool, other: int) -> int:
    """Under which an entity counts a tie: its kind, direction and the other end's kind in one number."""
    return tie_kind << 5 | incoming << 4 | (other & 15)


def stream_parts(code: int) -> tuple[int, bool, int]:
    """Tie kind, whether incoming, and the other end's entity kind, as numbers."""
    return code >> 5, bool(code & 16), code & 15


def pack_degrees(degrees: dict[int, int]) -> bytes:
    """Degrees as kept: pairs of stream and count, without zeros, in order."""
    return b"".join([struct.pack("<HI", code, count) for code, count in sorted(degrees.items()) if count])


STREAMS: Final = struct.Struct("<HI").iter_unpack
"""Pairs of stream and count out of what `pack_degrees` made."""


def unpack_degrees(kept: bytes) -> dict[int, int]:
    """The reverse of `pack_degrees`."""
    return dict(STREAMS(kept))


def tie_numbers(kinds: frozenset[TieKind] | None) -> frozenset[int] | None:
    """Kinds as their numbers; None stays None: all."""
    return None if kinds is None else frozenset(TIE_NUMBERS[kind] for kind in kinds)


def tie_kind(row: TieRow) -> TieKind:
    """Kind of a tie's row."""
    return TIE_KINDS[row.kind]


def pack_fields(fields: dict[str, FieldValue]) -> bytes:
    """Described fields as kept: canonical JSON, a sealed one as a list of its ciphertext in hexadecimal."""
    return orjson.dumps(
        {name: [value.ciphertext.hex()] if isinstance(value, Sealed) else value for name, value in fields.items()},
        option=orjson.OPT_SORT_KEYS,
    )


def unpack_fields(kept: bytes) -> dict[str, FieldValue]:
    """The reverse of `pack_fields`."""
    fields: dict[str, Any] = orjson.loads(kept)
    if b"[" in kept:  # most hold nothing sealed
        for name, value in fields.items():
            if isinstance(value, list):
                fields[name] = Sealed(name, bytes.fromhex(value[0]))
    return fields
