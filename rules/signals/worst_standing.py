"""Who is known for what."""

from __future__ import annotations

from graph.measures.picture import entity, ties_of
from graph.model import Entity, EntityKind, Standing
from rules.model import Material, Reading

_ORDER = ("CLEAR", "SUSPECTED", "BLOCKED", "CONFIRMED_FRAUD")
_THINGS = frozenset({EntityKind.ACCOUNT, EntityKind.DEVICE, EntityKind.PHONE, EntityKind.EMAIL, EntityKind.DOCUMENT})


def worst_standing(material: Material) -> Reading:
    """The worst that is known of merchant, owners and applicant: CLEAR, SUSPECTED, BLOCKED or CONFIRMED_FRAUD.

    An account, device, phone, e-mail or document of theirs that is known for anything makes them SUSPECTED.
    """
    picture, found = material.picture, []
    for member in sorted(material.household.members.intersection(picture)):
        found.append((_standing(entity(picture, member)), member))
        things = [entity(picture, other) for other, _ in ties_of(picture, member)]
        found += [("SUSPECTED", thing.id) for thing in things if thing.kind in _THINGS and _standing(thing) != "CLEAR"]
    worst, who = max(found, key=lambda pair: _ORDER.index(pair[0]), default=("CLEAR", ""))
    return Reading(worst, (who,) if worst != "CLEAR" else ())


def _standing(known: Entity) -> str:
    if known.standing in (Standing.CLEAR, Standing.CLEARED):
        return "BLOCKED" if known.blocked else "CLEAR"
    return "BLOCKED" if known.blocked and known.standing is Standing.SUSPECTED else known.standing.value
