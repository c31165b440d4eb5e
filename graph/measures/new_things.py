"""What an application brings that its household never had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.measures.household import Household
from graph.measures.picture import Picture, entity, ties_of
from graph.model import EntityKind, Tie, TieKind

CROWD: Final = 15
"""Entities from which something is a crowd's: the device of an onboarding agent, the phone of an accountant."""

_KINDS: Final = frozenset({EntityKind.DEVICE, EntityKind.PHONE, EntityKind.EMAIL, EntityKind.ACCOUNT})
_TIES: Final = frozenset({TieKind.USES_DEVICE, TieKind.REACHED_AT, TieKind.HOLDS})


@dataclass(frozen=True, slots=True)
class NewThings:
    """Things first seen with this application."""

    kinds: tuple[EntityKind, ...]
    """Kinds of them of which the household had others before, sorted."""
    entities: tuple[str, ...]
    """The things themselves, sorted, at most 10."""
    ties: tuple[str, ...]
    """From the household to them, at most 20."""


def new_things(picture: Picture, household: Household) -> NewThings:
    """Devices, phones, e-mails and accounts that the household was first seen with at the application, though it had others before.

    One at a time is a lost phone; several at once are other hands: a broker's, or those of who took the account over. What
    a crowd of 15 or more uses is an agent's or an accountant's, and does not count. O(ties of the household).

    >>> from graph.measures.household import household
    >>> from graph.measures.picture import as_graph
    >>> from graph.model import Moment, Neighbourhood
    >>> empty = as_graph(Neighbourhood("loa_a", Moment(1, 1), (), ()))
    >>> new_things(empty, household(empty)).kinds
    ()
    """
    seen: dict[str, list[Tie]] = {}
    for member in sorted(household.members):
        for other, tie in ties_of(picture, member):
            if tie.from_id == member and tie.kind in _TIES:
                seen.setdefault(other, []).append(tie)
    fresh: dict[str, list[Tie]] = {}
    known: set[EntityKind] = set()
    for thing, ties in seen.items():
        if min(tie.first_at for tie in ties) < household.applied_at:
            known.add(entity(picture, thing).kind)
        elif entity(picture, thing).reach < CROWD:
            fresh[thing] = ties
    strange = sorted(thing for thing in fresh if entity(picture, thing).kind in known and entity(picture, thing).kind in _KINDS)
    return NewThings(
        kinds=tuple(sorted({entity(picture, thing).kind for thing in strange})),
        entities=tuple(strange[:10]),
        ties=tuple(sorted(tie.id for thing in strange for tie in fresh[thing]))[:20],
    )
