"""Evidence: what was given to prove an identity, read by KYC staff alone."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from api.schema.declaring import enum_type, field, object_type
from api.schema.nodes import Node
from api.schema.principals import Principal
from api.schema.roles import Role, visible
from api.schema.scalars import ID, DateTime
from api.schema.scenes import Info, Scene
from api.schema.work_items import load_principal
from api.verifying.images import image_path
from identity.records import Evidence, evidence_by_id


@enum_type
class EvidenceKind(StrEnum):
    """Kinds of evidence. More may be added."""

    DOCUMENT_FRONT = "DOCUMENT_FRONT"
    """Front of a document, or its only page."""
    DOCUMENT_BACK = "DOCUMENT_BACK"
    """Back of a document."""
    FACE = "FACE"
    """A face."""
    LIVENESS_FRAMES = "LIVENESS_FRAMES"
    """Frames of a liveness challenge."""
    PREMISES = "PREMISES"
    """A place of business."""
    DECLARATION = "DECLARATION"
    """Declared fields."""
    CONSENT = "CONSENT"
    """Consent."""
    CONTACT_CODE = "CONTACT_CODE"
    """A code that was sent to a contact."""
    OWNERSHIP = "OWNERSHIP"
    """Owners and their shares."""
    FIELD_VISIT = "FIELD_VISIT"
    """What was seen at the place of business."""


@object_type()
class EvidenceImage:
    """An image of evidence."""

    path: str
    """Path for one GET with the same credential."""
    expires_at: DateTime
    """When the path stops working."""
    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""


@object_type(visible=visible(Role.KYC))
class EvidenceItem(Node):
    """Something given to prove an identity. Images and fields are encrypted under the subject's key."""

    id: ID
    """Opaque id, `evi_...`."""
    kind: EvidenceKind
    """What it is."""
    added_at: DateTime
    """When it was given."""
    retained_until: DateTime | None
    """When it is erased by the retention rules; null when kept as long as the subject."""
    kept: strawberry.Private[Evidence]

    @field()
    async def added_by(self, info: Info) -> Principal:
        """Who gave it: the principal that sent it."""
        found = await load_principal(info.context, self.kept.added_by)
        assert found is not None, "principals are disabled, never removed"
        return found

    @field()
    def image(self, info: Info) -> EvidenceImage | None:
        """The image, re-encoded and without metadata; null for evidence without one, and once erased."""
        kept, context = self.kept, info.context
        if kept.image is None or kept.width is None or kept.height is None:
            return None
        path, until = image_path(context.services, context.principal, kept.id, context.services.now())
        return EvidenceImage(path=path, expires_at=until, width=kept.width, height=kept.height)


def show_evidence(kept: Evidence) -> EvidenceItem:
    """A piece of evidence as the schema shows it."""
    return EvidenceItem(id=kept.id, kind=EvidenceKind(kept.kind), added_at=kept.added_at, retained_until=kept.retained_until, kept=kept)


async def find_evidence(scene: Scene, id: str) -> EvidenceItem | None:
    """A piece of evidence by its id; None when there is none."""
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: evidence_by_id(connection, institution, id), institution=institution
    )
    return None if found is None else show_evidence(found)
