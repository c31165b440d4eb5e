"""What a verification found, as facts of its own source in the graph: whose document, which contact, whose face. The checks end here.

Ids derive from the verification, so that a repeated check records nothing twice. A face is an entity of its own; who shows a face as near
as a stranger's rarely is, is tied to that other's face too: a weighted tie between people, never proof alone.
"""

from __future__ import annotations

from typing import Final

from api.context import Services
from api.verifying.looking import Looked
from graph.contents import Content, Fact, TieObserved
from graph.decoding import decode_reference
from graph.errors import InvalidInput, Unknown
from graph.model import EntityKind, EntityName, Institution, TieKind
from identity.model import CheckResult, EvidenceKind, IdentityFile, Outcome

SOURCE: Final = "verification"


def found_facts(looked: Looked, file: IdentityFile, results: dict[str, CheckResult]) -> list[Fact]:
    """The facts; none about what no check bore out."""
    kept, at = looked.kept, max((piece.added_at for piece in looked.pieces), default=looked.kept.opened_at)
    subject = EntityName(EntityKind.PERSON if kept.kind == "PERSON" else EntityKind.MERCHANT, id=kept.subject)
    found: list[tuple[str, Content]] = []

    def passed(*codes: str) -> bool:
        return all(code in results and results[code].outcome is Outcome.PASS for code in codes)

    document = _document(file)
    number = "IDENTITY_NUMBER" if kept.kind == "PERSON" else "REGISTRATION_NUMBER"
    if document is not None and passed(number, "DOCUMENT_FIELDS"):
        found.append(("document", TieObserved(subject, TieKind.IDENTIFIED_BY, document)))
    if file.face is not None and file.face.template is not None and kept.kind == "PERSON":
        found.append(("face", TieObserved(subject, TieKind.SHOWS_FACE, EntityName(EntityKind.FACE, kept.subject))))
        for near in file.face_candidates or ():
            if near.distance <= file.faces.shared_threshold:
                tie = TieObserved(subject, TieKind.SHOWS_FACE, EntityName(EntityKind.FACE, near.subject))
                found.append((f"face:{near.subject[-16:]}", tie))
    times = {piece.kind: piece.added_at for piece in looked.pieces}
    faces = times.get(EvidenceKind.FACE, at)
    return [Fact(f"{kept.id}:{name}", faces if name.startswith("face") else at, content) for name, content in found]


def _document(file: IdentityFile) -> EntityName | None:
    said = file.declared
    if said.document_number is None:
        return None
    raw = {"kind": said.document_kind, "country": said.document_country, "number": said.document_number}
    try:
        return decode_reference({"document": raw})
    except (InvalidInput, Unknown):
        return None


async def tie(services: Services, tenant: Institution, facts: list[Fact]) -> None:
    """Record the facts; one that is known already stays as it is. Raises `GraphUnavailable`."""
    if facts:
        await services.graph.record(tenant, SOURCE, facts)
