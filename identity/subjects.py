"""What is kept of one subject, sealed under the subject's own key: destroying the key is forgetting the subject."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from graph.model import Instant
from identity.tables import identity_keys
from identity.vault import VaultSealer


class SubjectCipher:
    """Seals and opens what belongs to one subject; after an erasure nothing opens any more, and nothing may be sealed."""

    __slots__ = ("_key", "_sealer", "subject")

    def __init__(self, sealer: VaultSealer, subject: str, key: bytes | None) -> None:
        self._sealer = sealer
        self._key = key
        self.subject = subject

    @property
    def erased(self) -> bool:
        """Whether its key is gone."""
        return self._key is None

    def seal(self, name: str, value: object) -> bytes:
        """A value as sealed JSON, bound to the subject and to `name`."""
        return self.seal_bytes(name, orjson.dumps(value))

    def open(self, name: str, sealed: bytes | None) -> Any:  # noqa: ANN401 - JSON
        """The value again; None for nothing and after an erasure. Raises `Unopenable`."""
        found = self.open_bytes(name, sealed)
        return None if found is None else orjson.loads(found)

    def seal_bytes(self, name: str, value: bytes) -> bytes:
        """Bytes, such as an image."""
        assert self._key is not None, "nothing is sealed for a subject that was erased"
        return self._sealer.seal_bytes(self._key, self.subject, name, value)

    def open_bytes(self, name: str, sealed: bytes | None) -> bytes | None:
        """The bytes again; None for nothing and after an erasure. Raises `Unopenable`."""
        return None if sealed is None or self._key is None else self._sealer.open_bytes(self._key, self.subject, name, sealed)


def cipher_of(connection: Connection, sealer: VaultSealer, institution: str, subject: str) -> SubjectCipher:
    """What opens what is kept of a subject; without a key, when none was made or it was erased, nothing opens."""
    here = (identity_keys.c.institution == institution) & (identity_keys.c.subject == subject)
    return SubjectCipher(sealer, subject, connection.execute(select(identity_keys.c.key).where(here)).scalar())


def enrolled_cipher(connection: Connection, sealer: VaultSealer, institution: str, subject: str, now: Instant) -> SubjectCipher:
    """The same, with a key made at the first time, and anew for one who comes back after an erasure."""
    found = cipher_of(connection, sealer, institution, subject)
    if not found.erased:
        return found
    key = sealer.new_subject_key()
    here = (identity_keys.c.institution == institution) & (identity_keys.c.subject == subject)
    values = {"key": key, "created_at": now, "erased_at": None}
    if connection.execute(update(identity_keys).where(here).values(**values)).rowcount == 0:
        connection.execute(insert(identity_keys).values(institution=institution, subject=subject, **values))
    return SubjectCipher(sealer, subject, key)
