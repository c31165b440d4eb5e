"""Rings and places in them, read together for one operation."""

from __future__ import annotations

from functools import partial

from strawberry.dataloader import DataLoader

from api.context import Context
from api.rings import records
from api.rings.records import KeptRing
from api.rings.records import Membership as KeptMembership
from graph.model import Instant


def rings_of(context: Context) -> DataLoader[str, KeptRing | None]:
    """Loads rings by id; None for one that is not there."""
    loader: DataLoader[str, KeptRing | None] | None = context.loaders.get("rings")
    if loader is None:
        institution = context.principal.institution.id

        async def read(ids: list[str]) -> list[KeptRing | None]:
            found = await context.services.records.read(
                lambda connection: records.rings_by_id(connection, institution, ids), institution=institution
            )
            return [found.get(one) for one in ids]

        loader = context.loaders["rings"] = DataLoader(load_fn=read, max_batch_size=500)
    return loader


def places_of(context: Context) -> DataLoader[tuple[str, Instant | None], KeptMembership | None]:
    """Loads the place of an entity in a ring at a moment (None: now); None when it is in none."""
    loader: DataLoader[tuple[str, Instant | None], KeptMembership | None] | None = context.loaders.get("places in rings")
    if loader is None:
        institution = context.principal.institution.id

        async def read(keys: list[tuple[str, Instant | None]]) -> list[KeptMembership | None]:
            found: dict[tuple[str, Instant | None], KeptMembership] = {}
            for at in dict.fromkeys(at for _, at in keys):
                ids = [one for one, moment in keys if moment == at]
                some = await context.services.records.read(
                    partial(records.memberships, institution=institution, entities=ids, at=at), institution=institution
                )
                found |= {(one, at): membership for one, membership in some.items()}
            return [found.get(key) for key in keys]

        loader = context.loaders["places in rings"] = DataLoader(load_fn=read, max_batch_size=500)
    return loader
