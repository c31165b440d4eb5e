"""What every store's reader of money keeps count of: how much may still be read, until when, and which bounds were met.

A store's reader is `graph.flows.reader.MoneyReader` over its own rows; the questions themselves are pure and the same on all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

from graph.flows.scope import Cut, Movement, Scope
from graph.model import FAR_FUTURE, Instant, TieKind
from graph.stores.shared.walking import late

Row = TypeVar("Row")

MAXIMUM_READ: Final = 200_000
"""Movements and sightings that one question reads."""

RELATIONS: Final = frozenset({TieKind.GUARANTEES, TieKind.INVESTS_IN})
"""What is seen of these counts while the tie holds; of all others for ever."""


class BoundedReader:
    """The bounds of one question; `deadline` is a reading of `time.monotonic()`."""

    def __init__(self, deadline: float | None, most: int = MAXIMUM_READ) -> None:
        self._deadline = deadline
        self._left = most
        """How many more rows may be read."""
        self._cut: set[Cut] = set()

    @property
    def cut(self) -> tuple[Cut, ...]:
        """Bounds that were met."""
        return tuple(cut for cut in Cut if cut in self._cut)

    def note(self, cut: Cut) -> None:
        """Say that a bound cut the answer short."""
        self._cut.add(cut)

    def foresee(self, people: Collection[str], accounts: Collection[str], scope: Scope) -> None:
        """See `graph.flows.reader.BoundedReader`: a store that is near has nothing to gain."""

    def _late(self) -> bool:
        if late(self._deadline):
            self.note(Cut.DEADLINE)
            return True
        return False

    def _take(self, rows: list[Row]) -> list[Row]:
        """As many of the rows as may still be read."""
        if len(rows) > self._left:
            self.note(Cut.MOVEMENTS)
            rows = rows[: self._left]
        self._left -= len(rows)
        return rows

    def _choose(self, found: Mapping[str, Sequence[Movement]], scope: Scope) -> dict[str, list[Movement]]:
        """Of everything seen around each entity what the scope looks at."""
        if scope.per_step is not None and any(len(movements) > scope.per_step for movements in found.values()):
            self.note(Cut.PER_STEP)
        return {entity: scope.choose(movements) for entity, movements in found.items()}


def limits(scope: Scope) -> tuple[Instant, Instant, int]:
    """Window and amount as bounds that are left out."""
    window = scope.window or (-FAR_FUTURE, FAR_FUTURE)
    return *window, -1 if scope.over is None else scope.over
