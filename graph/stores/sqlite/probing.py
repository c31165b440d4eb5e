"""The statement that finds the ties of many entities at once: a probe for each entity and kind of tie that it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from graph.stores.sqlite.folding import CHUNK, TIE_COLUMNS

_NOWHERE: Final = (-1, -1)
"""A probe that finds nothing."""


def padded(probes: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The probes in lists whose lengths are powers of four, filled up with ones that find nothing: few statements are ever prepared."""
    for start in range(0, len(probes), CHUNK):
        some = list(probes[start : start + CHUNK])
        width = 1
        while width < len(some):
            width *= 4
        yield some + [_NOWHERE] * (width - len(some))


@cache
def probing(width: int, incoming: bool, exact: bool) -> str:
    """The statement for so many pairs of an entity and a kind of tie; without `exact` of those alone whose cached row is.

    What must hold of the tie names the probe as well, or the planner may build a filter over all ties first.
    """
    end, index = ("to_", "tie_to") if incoming else ("from_", "tie_from")
    touched = "" if exact else "t.latest_at <= ? AND t.changed_at <= ? AND "
    return f"""WITH probe (entity, kind) AS (VALUES {",".join(["(?,?)"] * width)})
        SELECT {TIE_COLUMNS} FROM probe CROSS JOIN tie t INDEXED BY {index} ON t.{end} = probe.entity AND t.kind = probe.kind
        WHERE iif(probe.kind < 0, 0, {touched}t.count > 0 AND t.ended_at IS NULL AND t.from_ <> t.to_)"""
