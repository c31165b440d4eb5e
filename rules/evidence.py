"""What reasons rest on, as one connected and bounded piece of the neighbourhood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from graph.measures.picture import Picture, ties, ties_of
from rules.dossier import MAXIMUM_ENTITIES, MAXIMUM_TIES
from rules.model import Material, Reading, Reason

REASON_ENTITIES: Final = 10
REASON_TIES: Final = 20


class Evidence:
    """Chooses what one reason shows, out of what is in the picture."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: frozenset[str] | None = None

    def entities(self, readings: Iterable[Reading]) -> tuple[str, ...]:
        """The first entities of each reading in turn, at most 10."""
        return _in_turn([[one for one in reading.entities if one in self._picture] for reading in readings], REASON_ENTITIES)

    def ties(self, readings: Iterable[Reading]) -> tuple[str, ...]:
        """The first ties of each reading in turn, at most 20."""
        found = [reading.ties for reading in readings]
        if not any(found):
            return ()
        if self._known is None:
            self._known = frozenset(tie.id for tie in ties(self._picture))
        known = self._known
        return _in_turn([[one for one in each if one in known] for each in found], REASON_TIES)


def shown(material: Material, reasons: Sequence[Reason]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of entities, nearest first, and of ties between them, weightiest first, on which the reasons rest.

    Besides what reasons name: the loan with its parties, and the strongest way from each entity to the loan, so that the whole is one
    piece. Bounded by the neighbourhood itself, at most 100 entities and 200 ties.
    """
    picture = material.picture
    asked = material.application
    wanted = {party for party in (asked.loan, asked.merchant, asked.applicant) if party is not None and party in picture}
    all_ties = ties(picture)
    named = {tie for reason in reasons for tie in reason.ties}
    for reason in reasons:
        wanted.update(reason.entities)
    for tie in all_ties:
        if tie.id in named:
            wanted.update((tie.from_id, tie.to_id))
    for entity in list(wanted):
        _towards_centre(picture, entity, wanted)
    inside = [each for each in all_ties if each.from_id in wanted and each.to_id in wanted]
    inside.sort(key=lambda each: (-each.weight, each.id))
    entities = tuple(entity for entity in picture if entity in wanted)
    assert len(entities) <= MAXIMUM_ENTITIES, f"a settled dossier has at most {MAXIMUM_ENTITIES} entities"
    assert len(inside) <= MAXIMUM_TIES, f"a settled dossier has at most {MAXIMUM_TIES} ties"
    return entities, tuple(each.id for each in inside)


def _towards_centre(picture: Picture, entity: str, wanted: set[str]) -> None:
    """Add the strongest way from an entity to the centre, as far as it is not there yet."""
    distance: int = picture.nodes[entity]["distance"]
    while distance > 1:
        nearer = [
            (-picture.nodes[other]["strength"] * tie.weight, other)
            for other, tie in ties_of(picture, entity)
            if picture.nodes[other]["distance"] == distance - 1
        ]
        if not nearer:
            return
        entity = min(nearer)[1]
        if entity in wanted:
            # What is wanted already finds, or has found, its own way.
            return
        wanted.add(entity)
        distance -= 1


def _in_turn(lists: list[list[str]], most: int) -> tuple[str, ...]:
    """The first of each list, then the second of each, and so on, without repeats."""
    mixed = (one for row in zip_longest(*lists) for one in row if one is not None)
    return tuple(dict.fromkeys(mixed))[:most]
