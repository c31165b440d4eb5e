"""A verification with its evidence opened: what checks, screenings and KYC staff look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.context import Services
from identity import records
from identity.model import EvidenceKind
from identity.policy import Policy, policy_named
from identity.records import Evidence, Kept
from identity.subjects import SubjectCipher, cipher_of

Contents = Mapping[str, Any]
"""Opened contents of evidence by its id."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A verification with what was given for it, opened."""

    kept: Kept
    policy: Policy
    pieces: Sequence[Evidence]
    cipher: SubjectCipher
    contents: Contents


def look(connection: Connection, services: Services, institution: str, id: str, *, images: bool = True) -> Looked | None:
    """A verification with its evidence, opened; None when there is none by this id. Without `images` those are left out."""
    kept = records.verification(connection, institution, id)
    if kept is None:
        return None
    pieces = records.evidence_of(connection, institution, id, images=images)
    cipher = cipher_of(connection, services.vault.sealer(institution), institution, kept.subject)
    contents = {piece.id: cipher.open(f"evidence {piece.id}", piece.content) for piece in pieces}
    return Looked(kept, policy_named(kept.policy, kept.policy_version), pieces, cipher, contents)


def last_of(pieces: Sequence[Evidence], contents: Contents, kind: EvidenceKind) -> Mapping[str, Any] | None:
    """What the last piece of a kind holds; None when there is none."""
    found = [contents[piece.id] for piece in pieces if piece.kind is kind]
    return found[-1] if found else None


def declaration(looked: Looked) -> dict[str, Any]:
    """All that was declared: what came later replaces what came before, field by field."""
    merged: dict[str, Any] = {}
    for piece in looked.pieces:
        if piece.kind is EvidenceKind.DECLARATION:
            merged |= looked.contents[piece.id] or {}
    return merged
