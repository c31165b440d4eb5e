"""Proposals: what takes effect when a second person agrees."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import strawberry

from api import proposing
from api.proposing import Proposal as Kept
from api.schema.declaring import enum_type, field, object_type
from api.schema.nodes import Node
from api.schema.principals import Principal
from api.schema.rings import find_ring
from api.schema.roles import Role, visible
from api.schema.scalars import ID
from api.schema.scenes import Info, Scene, present
from api.schema.verifications import find_verification
from api.schema.work_items import WorkItem, load_principal


@enum_type
class ProposalAnswer(StrEnum):
    """What became of a proposal."""

    ACCEPTED = "ACCEPTED"
    """Agreed, and done."""
    REFUSED = "REFUSED"
    """Refused, or taken back."""
    LAPSED = "LAPSED"
    """Nobody answered in time, or its subject changed."""


@enum_type
class ProposalAction(StrEnum):
    """What a proposal would do. More may be added."""

    DECIDE_VERIFICATION = "DECIDE_VERIFICATION"
    """Accept or reject a verification."""
    ERASE_SUBJECT = "ERASE_SUBJECT"
    """Erase a person."""
    CONFIRM_RING = "CONFIRM_RING"
    """Confirm a ring."""
    DISMISS_RING = "DISMISS_RING"
    """Dismiss a ring."""


@object_type(visible=visible(Role.ANALYST, Role.KYC, Role.ADMIN))
class Proposal(WorkItem):
    """Something that takes effect when a second person agrees."""

    id: ID
    """Opaque id."""
    action: ProposalAction
    """What it would do."""
    sentence: str
    """The same in one sentence."""
    answer: ProposalAnswer | None
    """What became of it; null while it waits for a second person."""
    kept: strawberry.Private[Kept]

    @field(of=Node)
    async def subject(self) -> Any:  # noqa: ANN401 - whatever it would change
        """What it would do it to."""
        if self.kept.subject.startswith("per_"):
            context = self.scene.context
            return await Scene(context, await present(context), self.scene.types).shown(self.kept.subject)
        found = find_ring if self.kept.subject.startswith("rin_") else find_verification
        return await found(self.scene, self.kept.subject)

    @field()
    async def proposed_by(self, info: Info) -> Principal:
        """Who proposed it."""
        found = await load_principal(info.context, self.kept.proposed_by)
        assert found is not None, "principals are disabled, never removed"
        return found

    @field()
    def reason(self, info: Info) -> str:
        """Why."""
        institution = info.context.principal.institution.id
        return info.context.services.vault.open_bytes(institution, "proposal", self.kept.reason).decode()

    @field()
    async def answered_by(self, info: Info) -> Principal | None:
        """Who answered; null while nobody did, and when it lapsed."""
        return None if self.kept.answered_by is None else await load_principal(info.context, self.kept.answered_by)


def show_proposal(kept: Kept, scene: Scene) -> Proposal:
    """A proposal as the schema shows it, as it stands now."""
    answer = kept.at(scene.context.services.now())
    return Proposal(
        id=kept.id,
        title="Agree or disagree with a colleague's decision",
        opened_at=kept.opened_at,
        due_at=kept.due_at,
        scene=scene,
        action=ProposalAction(kept.action),
        sentence=kept.sentence,
        answer=None if answer is None else ProposalAnswer(answer),
        kept=kept,
    )


async def find_proposal(scene: Scene, id: str) -> Proposal | None:
    """A proposal by its id; None when there is none."""
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: proposing.proposal(connection, institution, id), institution=institution
    )
    return None if found is None else show_proposal(found, scene)
