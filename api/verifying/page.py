"""What the page of a verification shows, gathered for one of KYC staff; that it was read is in the audit chain before it is shown."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse

from api import audit
from api.context import Principal, Role, Services
from api.pages.frame import message
from api.pages.verification import IMAGE_WORDS, Seen, render
from api.verifying.checking import plain_file
from api.verifying.giving import parted
from api.verifying.looking import Looked, look
from graph.errors import GraphUnavailable
from identity import records
from identity.model import EvidenceKind

READ: Final = "verification read"
"""What the audit chain calls it."""


async def show(services: Services, principal: Principal, id: str) -> HTMLResponse:
    """The page of a verification of the reader's institution; 404 for any other id. Raises `RecordsUnavailable`."""
    if Role.KYC not in principal.roles:
        return message("For KYC staff", "Documents and faces are shown to the role KYC alone: ask a colleague who has it.", 403)
    institution = principal.institution.id
    looked = await services.records.read(lambda connection: look(connection, services, institution, id), institution=institution)
    if looked is None:
        return message("No such verification", "There is no verification with this id here: check the link.", 404)
    event = audit.Event(institution, services.now(), principal.id, READ, (id, looked.kept.subject))
    await audit.note(services.records, services.vault.audit_key, event)
    now = services.now()
    seen = Seen(
        kept=looked.kept,
        policy=looked.policy,
        given=records.given(looked.kept, looked.pieces),
        label=await _label(services, institution, looked),
        pieces=looked.pieces,
        contents=looked.contents,
        images=_images(looked),
        file=plain_file(looked, principal.institution.currency[:2], now),
        conclusion=looked.cipher.open(f"conclusion {id}", looked.kept.conclusion),
    )
    return render(seen, principal, now)


async def _label(services: Services, institution: str, looked: Looked) -> str:
    """The subject's masked label; its kind while the graph is down."""
    subject = looked.kept.subject
    try:
        found = await services.graph.entities(institution, [subject], await services.graph.now(institution))
    except GraphUnavailable:
        return looked.kept.kind.lower()
    return found[subject].label if subject in found else looked.kept.kind.lower()


def _images(looked: Looked) -> dict[str, bytes]:
    """JPEG by the evidence's id; of a challenge the first frame."""
    found = {}
    for piece in looked.pieces:
        image = looked.cipher.open_bytes(f"image {piece.id}", piece.image) if piece.kind in IMAGE_WORDS else None
        if image:
            found[piece.id] = parted(image)[0] if piece.kind is EvidenceKind.LIVENESS_FRAMES else image
    return found
