"""The last answer of a measure, kept so that a decision's many signals over one picture compute it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Latest(Generic[K, V]):
    """One place for the newest answer, found again by the identity of what was asked; safe between threads.

    Values are frozen, so that nobody can tell a kept one from one made anew: what uses this stays pure.

    >>> squares: Latest[object, int] = Latest()
    >>> two = 2.5
    >>> squares.get(two, lambda: 4), squares.get(two, lambda: 5), squares.get(3.5, lambda: 9)
    (4, 4, 9)
    """

    __slots__ = ("_pair",)

    def __init__(self) -> None:
        self._pair: tuple[K, V] | None = None

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The answer kept for this very object, else what `make` gives, which is then kept. O(1) but for `make`."""
        pair = self._pair
        if pair is not None and pair[0] is key:
            return pair[1]
        made = make()
        self._pair = (key, made)  # replaced whole: whoever reads meanwhile sees one true pair or the other
        return made
