"""What a value read from the graph is shown under: who asks, and the moment that it, and all below it, is read at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import strawberry
from strawberry.dataloader import DataLoader

from api.context import Context
from api.schema.disclosing import disclose
from graph import model
from graph.model import MAXIMUM_AHEAD, Instant, Moment

Info: TypeAlias = strawberry.Info[Context, None]
"""What resolvers are told of an operation; they use `info.context` alone."""

Shown: TypeAlias = Any
"""An object of one of the schema's types, which this module cannot name: they build on it."""

EntityTypes: TypeAlias = Mapping[model.EntityKind, type[Shown]]
"""Which type of the schema shows which kind of entity."""

MAXIMUM_LOAD: Final = 1_000
"""Entities in one question to the graph."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One reader, one moment. Types of the schema carry it from the root field down to whatever is read below."""

    context: Context
    moment: Moment
    types: EntityTypes
    as_of: Instant | None = None
    """The moment that the caller asked for; None for the present and inside a decision, whose records are read live."""
    known: Mapping[str, model.Entity] = field(default_factory=dict)
    """Entities that came with what is shown, so that ties between them need no further question."""
    stored: bool = False
    """Whether `known` is a decision's own snapshot, which holds nothing personal."""

    def among(self, entities: Sequence[model.Entity], *, stored: bool = False) -> Scene:
        """The same scene with these entities at hand."""
        return replace(self, known={one.id: one for one in entities}, stored=stored)

    def show(self, entity: model.Entity) -> Shown:
        """The entity as its type of the schema."""
        return self.types[entity.kind](id=entity.id, entity=entity, scene=self)

    def at_hand(self, ids: Sequence[str]) -> list[Shown]:
        """Those of the entities that came with what is shown, in the order of `ids`."""
        return [self.show(self.known[one]) for one in ids if one in self.known]

    async def load(self, id: str) -> model.Entity | None:
        """The entity with this id as it was at the moment; None when it was not there. Loads of one operation go together."""
        known = self.known.get(id)
        if known is not None:
            return known
        return await self.load_whole(id)

    async def load_whole(self, id: str) -> model.Entity | None:
        """As `load`, from the graph and not from what came with the scene: with personal values, still sealed."""
        loaded: model.Entity | None = await _entities(self.context).load((id, self.moment))
        return loaded

    async def shown(self, id: str) -> Shown:
        """The entity with this id as its type; None when it was not there."""
        entity = await self.load(id)
        return None if entity is None else self.show(entity)

    def open(self, entity: model.Entity, name: str) -> str | None:
        """A described value in clear, and its reading noted for the audit chain; None when never reported or erased."""
        value = entity.fields.get(name)
        if not isinstance(value, model.Sealed):
            return None if value is None else str(value)
        if entity.subject_key is None:
            return None
        disclose(self.context, entity.id)
        sealer = self.context.services.sealers(self.context.principal.institution.id)
        return sealer.open(entity.subject_key, entity.id, value.field, value.ciphertext)


async def present(context: Context) -> Moment:
    """The present, the same for all of one operation, so that its parts agree."""
    moments: DataLoader[str, Moment] | None = context.loaders.get("present")
    if moments is None:
        graph = context.graph

        async def read(institutions: list[str]) -> list[Moment]:
            return [await graph.now(one) for one in institutions]

        moments = context.loaders["present"] = DataLoader(load_fn=read)
    return await moments.load(context.principal.institution.id)


def timeless(context: Context, types: EntityTypes) -> Scene:
    """A scene for what brings its own moment or has none: the graph is not asked, so that it may be down."""
    return Scene(context, Moment(0, 0), types)


def stated(as_of: Instant) -> Moment:
    """The moment that a caller's `asOf` means: both clocks stand there."""
    return Moment(as_of, as_of)


def too_far_ahead(as_of: Instant, now: Instant) -> bool:
    """Whether a stated moment is more than 5 minutes ahead of `now` (semantics 13)."""
    return as_of > now + MAXIMUM_AHEAD


def _entities(context: Context) -> DataLoader[tuple[str, Moment], model.Entity | None]:
    loader: DataLoader[tuple[str, Moment], model.Entity | None] | None = context.loaders.get("entities")
    if loader is None:
        graph, institution = context.graph, context.principal.institution.id

        async def read(keys: list[tuple[str, Moment]]) -> list[model.Entity | None]:
            found: dict[tuple[str, Moment], model.Entity] = {}
            for moment in dict.fromkeys(moment for _, moment in keys):
                ids = list(dict.fromkeys(one for one, at in keys if at == moment))
                for start in range(0, len(ids), MAXIMUM_LOAD):
                    entities = await graph.entities(institution, ids[start : start + MAXIMUM_LOAD], moment)
                    found.update({(one, moment): entity for one, entity in entities.items()})
            return [found.get(key) for key in keys]

        loader = context.loaders["entities"] = DataLoader(load_fn=read)
    return loader
