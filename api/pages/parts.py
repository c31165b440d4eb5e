"""Parts of a drawing: cards, lines between them, and the scene that holds both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from graph.model import EntityKind, TieKind

SHOWN_REASONS: Final = 20
"""Reasons that a page shows, as the schema does."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card of the drawing."""

    id: str
    kind: EntityKind
    title: str
    """The entity's masked label, or `+14 more devices`."""
    note: str
    """What else is worth knowing: kind, reach, state, standing."""
    hover: str
    column: int
    """Distance from the loan."""
    rank: float
    """Importance within its column, the greatest first."""
    reasons: tuple[int, ...] = ()
    """Numbers of the reasons that rest on it, from 1."""
    fraud: bool = False
    suspect: bool = False
    blocked: bool = False
    central: bool = False
    """The application, its merchant, its applicant."""
    members: int = 1
    """How many entities it stands for."""
    hub: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line between two cards."""

    id: str
    kind: TieKind
    start: str
    end: str
    weight: float
    hover: str
    reasons: tuple[int, ...] = ()
    members: int = 1
    amount: str = ""
    """What moved along it, for lines of money; these point from start to end."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is drawn, in a fixed order."""

    cards: tuple[Card, ...]
    lines: tuple[Line, ...]
    kinds: tuple[EntityKind, ...] = field(default=())
    """Kinds that occur, for the legend."""
    good: frozenset[int] = frozenset()
    """Numbers of the reasons that speak for the merchant."""

    def speaks(self, numbers: Iterable[int]) -> str:
        """How what these reasons rest on is marked: `why` when one of them speaks against the merchant, else `good`; empty without any."""
        given = frozenset(numbers)
        return "" if not given else "good" if given <= self.good else "why"
