"""Which other companies are bound to the household by more than one independent kind of tie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.household import Household
from graph.measures.latest import Latest
from graph.measures.picture import Picture, ties_of
from graph.measures.sharing import Sharer, sharers
from graph.model import EntityKind, Instant, Tie, TieKind
from graph.quickly import quickly

FAMILIES: Final[dict[EntityKind, str]] = {
    EntityKind.DEVICE: "device",
    EntityKind.PHONE: "contact",
    EntityKind.EMAIL: "contact",
    EntityKind.IP_ADDRESS: "whereabouts",
    EntityKind.PLACE: "whereabouts",
    EntityKind.ACCOUNT: "account",
    EntityKind.DOCUMENT: "document",
    EntityKind.FACE: "face",
}
"""Kinds of identifier that come together without collusion count as one: neighbours at a market share its address *and* its
Wi-Fi, clients of one accountant its phone *and* its e-mail."""

_DIRECT: Final = frozenset({TieKind.GUARANTEES, TieKind.INVESTS_IN, TieKind.OWNS})


@dataclass(frozen=True, slots=True)
class Bond:
    """All that binds one other company to the household."""

    party: str
    """As `Sharer.party`."""
    families: tuple[str, ...]
    """Independent kinds of tie, sorted: values of `FAMILIES`, and `direct` for GUARANTEES, INVESTS_IN and OWNS."""
    weight: float
    """0 to 1: the best of each family, joined over families as 1 - (1-a)(1-b): two families count far more than one twice."""
    sharer: Sharer | None
    """What is shared; None for a bond of direct ties alone."""
    direct: tuple[Tie, ...]
    """Ties of GUARANTEES, INVESTS_IN and OWNS between the two, weightiest first."""

    @property
    def ties(self) -> tuple[str, ...]:
        """Tie ids, direct ones first, each weightiest first, at most 20."""
        shared = self.sharer.ties if self.sharer else ()
        return tuple(dict.fromkeys([*(tie.id for tie in self.direct), *shared]))[:20]

    def is_close(self, least: float) -> bool:
        """Whether its weight is at least so much; a tenth of it will do where several independent kinds of tie say the same."""
        return self.weight >= (least if len(self.families) == 1 else least / 10)

    @property
    def gap(self) -> Instant | None:
        """As `Sharer.gap`; None when nothing is shared."""
        return self.sharer.gap if self.sharer else None


@dataclass(frozen=True, slots=True)
class Bonds:
    """All other companies that are bound to the household."""

    all: tuple[Bond, ...]
    """Weightiest first, then by id."""

    def of_families(self, least: int = 2) -> tuple[Bond, ...]:
        """Those bound by at least so many independent kinds of tie: rare between strangers, plain within a ring, and within a family
        of relatives (two to five of them).
        """
        return tuple(bond for bond in self.all if len(bond.families) >= least)

    def weight_of(self, party: str) -> float:
        """A company's weight, 0 when it is not bound. O(bonds)."""
        return next((bond.weight for bond in self.all if bond.party == party), 0.0)


_made: Final = quickly(Bond)
_latest: Latest[Picture, Bonds] = Latest()


def bonds(picture: Picture, household: Household) -> Bonds:
    """Which other companies are bound to the household, and by how many independent kinds of tie.

    O(ties of the household and of its identifiers); asked again for the same picture, the same answer is given. Evidence of
    independent fields multiplies after Fellegi and Sunter (1969).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> bonds(empty, household(empty)).all
    ()
    """
    return _latest.get(picture, lambda: _find(picture, household))


def _find(picture: Picture, household: Household) -> Bonds:
    known = {sharer.party: sharer for sharer in sharers(picture, household)}
    direct: dict[str, list[Tie]] = {}
    for member in household.members:
        for other, tie in ties_of(picture, member):
            if tie.kind in _DIRECT and other in household.companies:
                direct.setdefault(household.companies[other], []).append(tie)
    found = [_bond(party, known.get(party), direct.get(party, [])) for party in {*known, *direct}]
    return Bonds(tuple(sorted(found, key=lambda bond: (-bond.weight, bond.party))))


def _bond(party: str, sharer: Sharer | None, direct: list[Tie]) -> Bond:
    best: dict[str, float] = {}
    for kind, weight in sharer.by_kind if sharer else ():
        best[FAMILIES[kind]] = max(best.get(FAMILIES[kind], 0.0), weight)
    direct.sort(key=lambda tie: (-tie.weight, tie.id))
    if direct:
        best["direct"] = direct[0].weight
    apart = 1.0
    for family in sorted(best):
        apart *= 1.0 - best[family]
    return _made(party, tuple(sorted(best)), 1.0 - apart, sharer, tuple(direct))
