"""Paths to images of evidence: given out with an `EvidenceItem`, good once and for five minutes, for whom they were given."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

from api.context import Principal, Services
from graph.model import Instant
from identity.tickets import MINUTE

LINK_LIFE: Final = 5 * MINUTE

ACCEPTS: Final = ("image/jpeg", "image/png", "image/heic", "image/heif")
"""Media types; what the bytes are decides, not what the header says."""


def image_path(services: Services, principal: Principal, evidence: str, now: Instant) -> tuple[str, Instant]:
    """A path for one GET of an image by this principal, and when it stops working."""
    until, nonce = now + LINK_LIFE, secrets.token_hex(8)
    return f"/evidence/{evidence}?until={until}&nonce={nonce}&proof={proof_of(services, principal, evidence, until, nonce)}", until


def proof_of(services: Services, principal: Principal, evidence: str, until: Instant, nonce: str) -> str:
    """What proves that a path was given to this principal."""
    key = services.vault.key("evidence link", principal.institution.id)
    return hmac.digest(key, f"{principal.id}\0{evidence}\0{until}\0{nonce}".encode(), sha256).hex()
