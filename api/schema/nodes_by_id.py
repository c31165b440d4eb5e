"""Anything by its id: the prefix says what it is, and so who may read it and where it is read."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, NamedTuple

from api.auth.principals import principal_by_id
from api.schema.decisions import Decision, load_decision, show_decision
from api.schema.evidence import EvidenceItem, find_evidence
from api.schema.facts import Fact, show_fact
from api.schema.hits import ScreeningHit, find_hit
from api.schema.judging import Strategy
from api.schema.principals import Principal, show_principal
from api.schema.proposals import Proposal, find_proposal
from api.schema.rings import Ring, RingEvent, RingMembership, find_event, find_membership, find_ring
from api.schema.roles import readers
from api.schema.scenes import EntityTypes, Scene, Shown, present
from api.schema.ties import Tie, show_tie
from api.schema.transfers import Transfer, show_transfer
from api.schema.verifications import Verification, find_verification
from graph.model import EntityKind
from rules.records import strategy as read_strategy

_ID: Final = re.compile(r"([a-z]{3})_[a-z2-7]{1,100}", re.ASCII)


_ENTITIES: Final = frozenset(kind.value for kind in EntityKind)


class _Way(NamedTuple):
    shown: type[Shown]
    read: Callable[[Scene, str], Awaitable[Shown]]


async def find_node(scene: Scene, id: str) -> Shown:
    """The thing with this id, as it is now; None for what does not exist here, what is no id, and what the role may not read."""
    match = _ID.fullmatch(id)
    way = None if match is None else _way(scene.types, match.group(1))
    if way is None or readers(way.shown).isdisjoint(scene.context.principal.roles):
        return None
    return await way.read(scene, id)


def is_id(id: str, prefix: str) -> bool:
    """Whether a text has the form of an id of this prefix; what has not exists nowhere."""
    match = _ID.fullmatch(id)
    return match is not None and match.group(1) == prefix


def _way(types: EntityTypes, prefix: str) -> _Way | None:
    if prefix in _ENTITIES:
        return _Way(types[EntityKind(prefix)], _entity)
    return _OTHERS.get(prefix)


async def _live(scene: Scene) -> Scene:
    return replace(scene, moment=await present(scene.context))


async def _entity(scene: Scene, id: str) -> Shown:
    return await (await _live(scene)).shown(id)


async def _tie(scene: Scene, id: str) -> Tie | None:
    scene = await _live(scene)
    tie = await scene.context.graph.tie(scene.context.principal.institution.id, id, scene.moment)
    return None if tie is None else show_tie(tie, scene)


async def _fact(scene: Scene, id: str) -> Fact | None:
    scene = await _live(scene)
    fact = await scene.context.graph.fact(scene.context.principal.institution.id, id, scene.moment)
    return None if fact is None else show_fact(fact, scene)


async def _transfer(scene: Scene, id: str) -> Transfer | None:
    scene = await _live(scene)
    transfer = await scene.context.graph.transfer(scene.context.principal.institution.id, id, scene.moment)
    return None if transfer is None else show_transfer(transfer, scene)


async def _decision(scene: Scene, id: str) -> Decision | None:
    found = await load_decision(scene.context, id)
    return None if found is None else show_decision(found, scene, None)


async def _strategy(scene: Scene, id: str) -> Strategy | None:
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: read_strategy(connection, institution, id), institution=institution
    )
    return None if found is None else Strategy(id=found.id, name=found.name, version=found.version)


async def _principal(scene: Scene, id: str) -> Principal | None:
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: principal_by_id(connection, institution, id), institution=institution
    )
    return None if found is None else show_principal(found)


_OTHERS: Final = {
    "tie": _Way(Tie, _tie),
    "fac": _Way(Fact, _fact),
    "trf": _Way(Transfer, _transfer),
    "dec": _Way(Decision, _decision),
    "str": _Way(Strategy, _strategy),
    "pri": _Way(Principal, _principal),
    "ver": _Way(Verification, find_verification),
    "hit": _Way(ScreeningHit, find_hit),
    "pro": _Way(Proposal, find_proposal),
    "evi": _Way(EvidenceItem, find_evidence),
    "rin": _Way(Ring, find_ring),
    "mem": _Way(RingMembership, find_membership),
    "rev": _Way(RingEvent, find_event),
}
"""What is not an entity, by prefix."""
