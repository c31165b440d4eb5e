"""Who stands behind a merchant, through the firms that own it: read from ties, worked out by `identity.checks.ownership`.

What is not read, not said or contradicts itself is nobody's: it is in the unknown share, so that what is shown is never too much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from api.schema.costs import at_most
from api.schema.declaring import attribute, object_type
from api.schema.scalars import Probability
from api.schema.scenes import Scene
from api.schema.ties import PERSON
from graph.model import EntityKind, Tie, TieKind
from identity.checks.ownership import MOST_OWNERS, SUBJECT, Owners, owners_of

OWNING: Final = frozenset({TieKind.OWNS, TieKind.INVESTS_IN})
"""Ties that say a share: of persons, and of firms in firms."""

MOST_FIRMS: Final = 25
"""Firms that are read, the merchant included: the equations of 20 that own each other take some 30 ms, of 40 ten times that."""

ON_LOOP: Final = 3
"""Firms up to which the equations are solved at once: well under a millisecond."""

PAGE: Final = 100
MOST_PAGES: Final = 5
"""Pages of ties that are read of one firm: those last seen first."""

Shares = dict[str, dict[str, float]]
"""By firm, the share of each owner; the merchant itself is `SUBJECT`."""


@object_type()
class BeneficialOwner:
    """A person with 25% or more."""

    person: Any = attribute(of=PERSON)
    """The person."""
    share: Probability
    """Part owned in all."""
    direct: bool
    """Whether all of it is held directly."""


@object_type()
class Ownership:
    """Who stands behind a merchant."""

    beneficial_owners: list[BeneficialOwner] = attribute(directives=at_most(4))
    """People with 25% or more, directly or through others, largest first."""
    unknown_share: Probability
    """Part whose owner is not known."""
    circular: bool
    """Whether some firms own each other in a circle; shares are then the limit of the sum."""


async def show_ownership(scene: Scene, merchant: str) -> Ownership | None:
    """Who owns a merchant at the scene's moment; None when nobody was said to. Raises `GraphUnavailable`."""
    shares = await _shares(scene, merchant)
    if shares is None:
        return None
    found = await _solved(shares)
    shown = []
    for person, share in found.beneficial:
        of = await scene.shown(person)
        if of is not None:
            direct = owners_of({SUBJECT: {person: shares[SUBJECT].get(person, 0.0)}}).people
            shown.append(BeneficialOwner(person=of, share=float(share), direct=direct == ((person, share),)))
    return Ownership(beneficial_owners=shown, unknown_share=float(found.unknown), circular=in_circle(shares))


async def owners_in_law(scene: Scene, merchant: str) -> tuple[str, ...]:
    """People who own a merchant themselves, whatever their share."""
    ties = await _owning(scene, merchant)
    return tuple(dict.fromkeys(tie.from_id for tie in ties if tie.from_id.startswith(EntityKind.PERSON.value)))


async def _solved(shares: Shares) -> Owners:
    """The owners in the end; many firms are worked out beside the event loop."""
    return owners_of(shares) if len(shares) <= ON_LOOP else await asyncio.to_thread(owners_of, shares)


async def _shares(scene: Scene, merchant: str) -> Shares | None:
    """The shares of the merchant and of the firms behind it, firm by firm outwards, within the bounds of what can be worked out."""
    shares, wave, room, said = Shares(), [merchant], MOST_OWNERS, False
    while wave:
        ties = await asyncio.gather(*(_owning(scene, firm) for firm in wave))
        following = list[str]()
        for firm, found in zip(wave, ties, strict=True):
            said = said or bool(found)
            owners = consistent(found, merchant)
            own = owners if len(owners) <= room else {}
            room -= len(own)
            shares[_name(firm, merchant)] = own
            following += [owner for owner in own if owner != SUBJECT and owner.startswith(EntityKind.MERCHANT.value)]
        new = [firm for firm in dict.fromkeys(following) if firm not in shares]
        wave = new[: max(MOST_FIRMS - len(shares), 0)]
        for firm in new[len(wave) :]:
            _forget(shares, firm)
    return shares if said else None


def _forget(shares: Shares, firm: str) -> None:
    """Leave a firm out that is beyond the bound: what it holds is nobody's that is known."""
    for owners in shares.values():
        owners.pop(firm, None)


async def _owning(scene: Scene, firm: str) -> list[Tie]:
    """Ties into a firm that say who owns it and hold now."""
    graph, institution = scene.context.graph, scene.context.principal.institution.id
    found, place = list[Tie](), None
    for _ in range(MOST_PAGES):
        page = await graph.ties(institution, firm, scene.moment, first=PAGE, after=place, kinds=OWNING)
        found += [tie for tie in page.items if tie.to_id == firm and tie.ended_at is None]
        if not page.more:
            break
        place = page.cursors[-1]
    return found


def consistent(ties: list[Tie], merchant: str) -> dict[str, float]:
    """The share of each owner of a firm; none where together they are more than the whole, for then nobody knows which is wrong.

    One who is said both to own and to invest holds the larger of the two, for they may be one holding.
    """
    owners: dict[str, float] = {}
    for tie in ties:
        if tie.share:
            owner = _name(tie.from_id, merchant)
            owners[owner] = max(owners.get(owner, 0.0), tie.share)
    # As decimals, exactly: ten tenths are the whole, and what is let through is not refused where shares are worked out.
    return owners if sum(Decimal(repr(share)) for share in owners.values()) <= 1 else {}


def _name(id_: str, merchant: str) -> str:
    return SUBJECT if id_ == merchant else id_


def in_circle(shares: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether some firm owns part of itself, directly or through others: firms that nobody within owns any more are taken off."""
    left = {firm: {owner for owner in owners if owner in shares} for firm, owners in shares.items()}
    while ends := [firm for firm, owners in left.items() if not owners]:
        for firm in ends:
            del left[firm]
        for owners in left.values():
            owners.difference_update(ends)
    return bool(left)
