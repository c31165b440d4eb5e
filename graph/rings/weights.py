"""How surprising it is that two actors share a thing: Fellegi and Sunter's match weights, log2(m/u), in thousandths of a bit.

m, the chance that two who act as one share such a thing, and u, the chance that two strangers do, are not learnt here: `DEFAULT` is
what stands where there is nothing to learn from. u grows with a thing's reach (how many actors share it), so that each doubling costs one
bit; reach enters in powers of two, and one more actor at a hub re-weights nothing until it doubles.

Source: I. P. Fellegi and A. B. Sunter, A theory for record linkage, JASA 64 (1969); frequencies of values after W. E. Winkler (1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from graph.rings.sharing import Shared

BIT: Final = 1_000
"""Thousandths in a bit."""

DAY: Final = 24 * 60 * 60 * 1_000

_BITS: Final[Mapping[Shared, int]] = MappingProxyType(
    {
        Shared.DOCUMENT: 12 * BIT,
        Shared.ACCOUNT: 10 * BIT,
        Shared.LOAN: 10 * BIT,
        Shared.DEVICE: 9 * BIT,
        Shared.PHONE: 9 * BIT,
        Shared.FACE: 9 * BIT,
        Shared.EMAIL: 8 * BIT,
        Shared.SURETY: 6 * BIT,
        Shared.PLACE: 5 * BIT,
        Shared.ONBOARDING: 4 * BIT,
        Shared.CONNECTION: 3 * BIT,
    }
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One version of the weights; it never changes, another version is another value."""

    version: str = "default-1"
    bits: Mapping[Shared, int] = field(default_factory=lambda: _BITS)
    """Weight of a thing that two share and nobody else, by kind."""
    floor: int = BIT // 4
    """Weight of a thing that makes no pairs, and the least of any: a hub counts little, but never nothing."""
    in_step: int = BIT + BIT // 2
    """Added when both came to the thing within `step_days`, taken away when more than `apart_days` lay between."""
    step_days: int = 7
    apart_days: int = 60
    repeat_quarter: int = 4
    """Of a second thing of the same kind only one part in so many counts: two phones say little more than one."""
    repeat_most: int = 2 * BIT
    """Most that all further things of one kind add."""
    widest: int = 64
    """A thing that more actors share makes no pairs of its own; it only strengthens those that others make."""
    opening: int = 3 * BIT
    """So does one that says less than this by its kind and reach alone: a street, a market's connection."""
    strong: int = 7 * BIT
    """A pair from here on counts as acting together."""
    certain: int = 20 * BIT
    """Weight of a pair that a person judged to act as one."""
    resolution: float = 0.3
    """Of Louvain's method inside a component: two equal halves are cut apart when less than half of this part of all weight joins them. At
    1, the usual value, a ring of three devices and four phones falls into its devices."""
    refined: int = 300
    """Actors of a component up to which an update refines it at once; what is larger is refined by the rebuild, and counted."""
    fewest: int = 3
    """Actors of a ring at least: two are a couple or a pair of partners."""

    def said(self, kind: Shared, reach: int) -> int:
        """What sharing a thing says by its kind and reach alone; below zero for a hub."""
        assert reach >= 2, "a thing is shared by two at least"
        return self.bits[kind] - BIT * ((reach - 1).bit_length() - 1)

    def pairs(self, kind: Shared, reach: int) -> bool:
        """Whether a thing makes pairs of its own."""
        return reach <= self.widest and self.said(kind, reach) >= self.opening

    def of(self, kind: Shared, reach: int, apart: int) -> int:
        """Weight of one thing that two share: by its kind, its reach and how many milliseconds lay between their coming to it.

        One that makes no pairs has the least weight whatever its reach, so that nothing is weighed again when a hub grows.
        """
        if not self.pairs(kind, reach):
            return self.floor
        weight = self.said(kind, reach)
        if apart <= self.step_days * DAY:
            return weight + self.in_step
        return max(self.floor, weight - self.in_step) if apart > self.apart_days * DAY else weight


DEFAULT: Final = Weights()
"""What stands where an institution has nothing to learn from."""
