"""What a question looks at: which time, which amounts, and how much of a hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from graph.model import Instant, TransferKind

MAXIMUM_PER_STEP: Final = 10_000
"""Movements of one account that one step may look at."""

PER_STEP: Final = 500
"""The same, unless it is said: FinBench's own bound."""

STEPS: Final = 3
"""Transfers that a trace follows money."""

TRANSFERS: Final = frozenset(TransferKind) - {TransferKind.WITHDRAWAL}
"""What FinBench calls a transfer: everything but what is cashed out."""

WITHDRAWALS: Final = frozenset({TransferKind.WITHDRAWAL})
"""Money cashed out to a card."""

MOVEMENTS: Final = frozenset(TransferKind)
"""Both."""


class Way(StrEnum):
    """Which way, seen from the entity asked about."""

    IN = "IN"
    """Into it: what it received, who holds it."""
    OUT = "OUT"
    """Out of it: what it paid, what it holds."""


class Order(StrEnum):
    """Which movements of an account are looked at when it has more than `per_step`."""

    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    LARGEST = "LARGEST"
    SMALLEST = "SMALLEST"


class Window(NamedTuple):
    """Time strictly between two moments: both ends are left out."""

    after: Instant
    before: Instant

    def holds(self, at: Instant) -> bool:
        """Whether the moment lies inside."""
        return self.after < at < self.before


class Movement(NamedTuple):
    """Money, or a sighting, between the entity asked about and another one."""

    other: str
    """Id of the other end."""
    amount: int
    """Minor units; 0 for what is no money."""
    occurred_at: Instant


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at around each entity.

    First the `per_step` movements of one direction that come first in `order` are chosen; then those outside the window, or not over
    the amount, are left out. So a window long past may show nothing of a hub: ask with `Order.OLDEST` or a larger `per_step`.
    """

    window: Window | None = None
    """None: all time."""
    over: int | None = None
    """Minor units: only what is more than this; None: all."""
    per_step: int | None = PER_STEP
    """1 to 10,000; None: all, for questions whose answer no bound may change (the reader's own bounds hold)."""
    order: Order = Order.NEWEST

    def choose(self, movements: Sequence[Movement]) -> list[Movement]:
        """What is looked at out of all movements of one entity in one direction: the definition that every reader keeps.

        Movements equal in the order's own key go newest first, then largest, then by the other end's id.
        """
        ranked = movements if self.per_step is None else sorted(movements, key=_RANKS[self.order])[: self.per_step]
        return [movement for movement in ranked if self.keeps(movement)]

    def keeps(self, movement: Movement) -> bool:
        """Whether the movement is inside the window and over the amount."""
        return (self.window is None or self.window.holds(movement.occurred_at)) and (self.over is None or movement.amount > self.over)


Rank = tuple[int, int, str]


class _Ranking(Protocol):
    def __call__(self, movement: Movement, /) -> Rank: ...


_RANKS: Final[dict[Order, _Ranking]] = {
    Order.NEWEST: lambda m: (-m.occurred_at, -m.amount, m.other),
    Order.OLDEST: lambda m: (m.occurred_at, -m.amount, m.other),
    Order.LARGEST: lambda m: (-m.amount, -m.occurred_at, m.other),
    Order.SMALLEST: lambda m: (m.amount, -m.occurred_at, m.other),
}


class Cut(StrEnum):
    """Which bound cut an answer short."""

    PER_STEP = "PER_STEP"
    """An account had more movements than a step looks at: ordinary at hubs."""
    MOVEMENTS = "MOVEMENTS"
    """More movements in all than one question may read."""
    TRACES = "TRACES"
    """More traces than one question may follow."""
    ENTITIES = "ENTITIES"
    """More people or accounts than one question may meet."""
    DEADLINE = "DEADLINE"
    """Time was up."""
