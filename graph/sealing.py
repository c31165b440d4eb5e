"""How the graph keeps personal values without being able to read them.

The graph asks a `Sealer` for ids, tokens and ciphertexts; `identity.vault` implements it; `api.app` wires it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from graph.model import EntityKind


@dataclass(frozen=True, slots=True)
class Token:
    """Keyed hash of an identifier; two entities share one only if they share the identifier."""

    digest: bytes
    """32 bytes."""
    version: int
    """Of the key that made it."""


class Sealer(Protocol):
    """Ids, tokens and ciphertexts of one institution. Methods are quick, thread-safe and never block."""

    def entity_id(self, kind: EntityKind, key: str) -> str:
        """Opaque id of the entity with this key or normalised value: the same in every store, for ever."""
        ...

    def fact_id(self, source: str, source_id: str) -> str:
        """Opaque id of a source's fact, `fac_...`."""
        ...

    def content_hash(self, content: bytes) -> bytes:
        """Keyed hash (16 bytes) by which two facts are told apart without keeping what they say in clear."""
        ...

    def token(self, kind: EntityKind, value: str) -> Token:
        """Token of a normalised identifier under the newest key."""
        ...

    def new_subject_key(self) -> bytes:
        """A fresh key for one subject, wrapped by the institution's key, to be kept beside what it seals."""
        ...

    def seal(self, subject_key: bytes, subject: str, field: str, value: str) -> bytes:
        """Ciphertext of a subject's field; bound to subject (its entity id) and field, so it opens nowhere else."""
        ...

    def open(self, subject_key: bytes, subject: str, field: str, ciphertext: bytes) -> str:
        """The value again. Raises `graph.errors.RingfenceError` when key, subject or field are not those it was sealed for."""
        ...


Sealers: TypeAlias = Callable[[str], Sealer]
"""Gives each institution (by id) its own sealer."""
