"""Opaque ids and secrets that `api` gives out. Randomness comes from the operating system."""

from __future__ import annotations

import base64
import hashlib
import secrets

from graph.model import Instant


def new_id(prefix: str) -> str:
    """An id of 120 random bits: `pri_` and 24 letters of a-z2-7."""
    return f"{prefix}_{_base32(secrets.token_bytes(15))}"


def timed_id(prefix: str, now: Instant) -> str:
    """An id of 48 bits of time and 80 random ones, like a UUID of version 7 (RFC 9562): `dec_` and 26 letters."""
    return f"{prefix}_{_base32(now.to_bytes(6, 'big') + secrets.token_bytes(10))}"


def new_secret(prefix: str = "") -> str:
    """256 random bits as text, to be shown once."""
    return prefix + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """How a secret is kept: SHA-256, enough for 256 random bits, whatever text was given."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode("ascii").rstrip("=").lower()
