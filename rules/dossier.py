"""A dossier as it is stored: canonical JSON that gives back the very dossier, at most 32 KiB.

`settle` comes before judging: it drops what no judgement may rest on (ciphertexts and keys) and leaves out what is over the bound,
so that what is judged is what is stored. `rules.dossier_format` has the JSON.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

import orjson

from graph.measures.latest import Latest
from graph.model import Entity, Neighbour, Neighbourhood, Sealed, Truncation, TruncationCause
from graph.quickly import quickly
from rules.dossier_format import Table, read, write
from rules.model import Dossier

MAXIMUM_BYTES: Final = 32 * 1024
"""Largest canonical JSON of a dossier."""

MAXIMUM_ENTITIES: Final = 100
MAXIMUM_TIES: Final = 200
"""Of a dossier, and so of the evidence of any decision."""

_entity: Final = quickly(Entity)
_neighbour: Final = quickly(Neighbour)
_latest: Latest[Dossier, bytes] = Latest()
"""Settling, hashing and storing one dossier write it once."""


def encode(dossier: Dossier) -> bytes:
    """Canonical JSON of a settled dossier: equal dossiers give equal bytes, and `decode` gives the dossier back."""
    text = _latest.get(dossier, lambda: write(dossier))
    assert len(text) <= MAXIMUM_BYTES, f"a dossier has {len(text)} bytes and {MAXIMUM_BYTES} are the most: settle it before judging"
    return text


def decode(text: bytes) -> Dossier:
    """The dossier that `encode` wrote. Raises ValueError for what it did not write."""
    return read(text)


def inputs_hash(text: bytes, strategy: bytes) -> str:
    """SHA-256, hexadecimal, of a dossier's canonical JSON followed by its strategy's: the hash of all inputs of a judgement."""
    digest = hashlib.sha256(text)
    digest.update(b"\0")
    digest.update(strategy)
    return digest.hexdigest()


def settle(dossier: Dossier) -> Dossier:
    """The dossier as it will be judged and stored: no ciphertexts, at most 100 entities, 200 ties and 32 KiB.

    What is over the bound is left out deterministically: first the oldest flows down to 100, then the farthest and weakest entities
    with their ties down to 40, then the other flows, then the other entities; `truncation` and `flows_complete` say so.
    """
    around = dossier.surroundings
    if around is None:
        return dossier
    settled = replace(dossier, surroundings=replace(around, neighbourhood=_bounded(_plain(around.neighbourhood))))
    excess = len(_latest.get(settled, lambda: write(settled))) - MAXIMUM_BYTES
    for flows, entities in ((100, 10_000), (100, 40), (0, 40), (0, 1)):
        if excess <= 0:
            break
        settled = _trimmed(settled, flows, entities, excess)
        excess = len(write(settled)) - MAXIMUM_BYTES
    return settled


def _plain(hood: Neighbourhood) -> Neighbourhood:
    """The neighbourhood without ciphertexts and keys."""
    near = tuple(
        _neighbour(_without_secrets(one.entity), one.distance, one.strength) if _secret(one.entity) else one for one in hood.neighbours
    )
    return replace(hood, neighbours=near)


def _secret(entity: Entity) -> bool:
    """Whether a key or a ciphertext comes with it."""
    return entity.subject_key is not None or Sealed in map(type, entity.fields.values())


def _without_secrets(entity: Entity) -> Entity:
    return _entity(
        entity.id,
        entity.kind,
        entity.key,
        entity.label,
        entity.first_at,
        entity.last_at,
        entity.blocked,
        entity.standing,
        entity.reach,
        {name: value for name, value in entity.fields.items() if type(value) is not Sealed},
        None,
    )


def _bounded(hood: Neighbourhood) -> Neighbourhood:
    """The neighbourhood with at most 100 entities, the nearest, and 200 ties between them, the weightiest."""
    if len(hood.neighbours) <= MAXIMUM_ENTITIES and len(hood.ties) <= MAXIMUM_TIES:
        return hood
    near = hood.neighbours[:MAXIMUM_ENTITIES]
    ids = {one.entity.id for one in near}
    ties = tuple(tie for tie in hood.ties if tie.from_id in ids and tie.to_id in ids)[:MAXIMUM_TIES]
    return replace(hood, neighbours=near, ties=ties, truncation=_further_cut(hood, len(near), len(ties)))


def _trimmed(dossier: Dossier, flows: int, entities: int, excess: int) -> Dossier:
    """Leave out the oldest flows down to `flows` and the last entities down to `entities`, no more than `excess` bytes ask for."""
    around = dossier.surroundings
    assert around is not None
    table = Table(dossier.application.at)
    kept, saved = list(around.flows), 0
    while len(kept) > flows and saved < excess:
        saved += len(orjson.dumps(table.flow(kept[0])))
        kept.pop(0)
    near = list(around.neighbourhood.neighbours)
    ties = list(around.neighbourhood.ties)
    while len(near) > entities and saved < excess:
        gone = near.pop().entity
        saved += len(orjson.dumps((gone.id, gone.label, gone.key, dict(gone.fields))))
        lost = [tie for tie in ties if gone.id in {tie.from_id, tie.to_id}]
        saved += sum(len(orjson.dumps(table.tie(tie))) for tie in lost)
        ties = [tie for tie in ties if gone.id not in {tie.from_id, tie.to_id}]
    hood = replace(
        around.neighbourhood,
        neighbours=tuple(near),
        ties=tuple(ties),
        truncation=_further_cut(around.neighbourhood, len(near), len(ties)),
    )
    complete = around.flows_complete and len(kept) == len(around.flows)
    return replace(dossier, surroundings=replace(around, neighbourhood=hood, flows=tuple(kept), flows_complete=complete))


def _further_cut(hood: Neighbourhood, entities: int, ties: int) -> Truncation | None:
    """What the neighbourhood says of its bounds once only so many entities and ties are left of it."""
    if entities == len(hood.neighbours) and ties == len(hood.ties):
        return hood.truncation
    met = TruncationCause.ENTITIES if entities < len(hood.neighbours) else TruncationCause.TIES
    causes = {met, *(hood.truncation.causes if hood.truncation else ())}
    before = hood.truncation.omitted_ties if hood.truncation else 0
    omitted = None if before is None else before + len(hood.ties) - ties
    return Truncation(tuple(cause for cause in TruncationCause if cause in causes), omitted)
