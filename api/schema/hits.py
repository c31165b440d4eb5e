"""Possible matches of subjects with lists, as work for KYC staff."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import strawberry

from api.schema.declaring import enum_type, field, object_type
from api.schema.disclosing import disclose
from api.schema.roles import Role, visible
from api.schema.scalars import ID, Probability
from api.schema.scenes import Info, Scene, present
from api.schema.screening import WatchlistEntry, show_entry
from api.schema.ties import ENTITY
from api.schema.work_items import WorkItem
from identity import hits
from identity.hits import KeptHit
from identity.lists.records import read_entry
from identity.subjects import cipher_of


@enum_type
class HitJudgement(StrEnum):
    """What a person judged of a possible match."""

    TRUE_MATCH = "TRUE_MATCH"
    """The same."""
    FALSE_MATCH = "FALSE_MATCH"
    """Another."""


@object_type(visible=visible(Role.ANALYST, Role.KYC))
class ScreeningHit(WorkItem):
    """A possible match of a subject with a list entry."""

    id: ID
    """Opaque id."""
    entry: WatchlistEntry
    """The entry of the list."""
    score: Probability
    """How well they match."""
    judgement: HitJudgement | None
    """What a person judged; null while nobody did."""
    version: int
    """Rises with each change; give it back when you change it."""
    kept: strawberry.Private[KeptHit]

    @field(of=ENTITY)
    async def subject(self) -> Any:  # noqa: ANN401 - one of the entities' types
        """The subject."""
        context = self.scene.context
        return await Scene(context, await present(context), self.scene.types).shown(self.kept.subject)

    @field()
    async def sentence(self, info: Info) -> str:
        """What matched and what did not, in one sentence."""
        return await self._opened(info, f"hit {self.id}", self.kept.sentence) or "Erased."

    @field()
    async def judgement_reason(self, info: Info) -> str | None:
        """Why it was judged so; null while nobody judged."""
        return await self._opened(info, f"hit reason {self.id}", self.kept.reason)

    async def _opened(self, info: Info, name: str, sealed: bytes | None) -> str | None:
        """What is sealed under the subject's key; who reads it is noted."""
        services, institution = info.context.services, info.context.principal.institution.id
        disclose(info.context, self.kept.subject)
        sealer, subject = services.vault.sealer(institution), self.kept.subject
        cipher = await services.records.read(
            lambda connection: cipher_of(connection, sealer, institution, subject), institution=institution
        )
        found = cipher.open(name, sealed)
        return None if found is None else str(found)


def show_hit(kept: KeptHit, scene: Scene) -> ScreeningHit:
    """A possible match as the schema shows it."""
    return ScreeningHit(
        id=kept.id,
        title=f"Possible match with {kept.list}",
        opened_at=kept.opened_at,
        due_at=kept.due_at,
        scene=scene,
        entry=show_entry(kept.list, read_entry(kept.key, kept.entry)),
        score=kept.score,
        judgement=None if kept.judgement is None else HitJudgement(kept.judgement),
        version=kept.version,
        kept=kept,
    )


async def find_hit(scene: Scene, id: str) -> ScreeningHit | None:
    """A possible match by its id; None when there is none."""
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(lambda connection: hits.hit(connection, institution, id), institution=institution)
    return None if found is None else show_hit(found, scene)
