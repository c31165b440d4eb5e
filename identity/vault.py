"""The vault: ids, tokens and ciphertexts of every institution, from the one key file of a deployment.

Keys of an institution are derived from the file's root key by HKDF-SHA256, each for one purpose (RFC 5869; the purpose and the
institution are the info). The id key is never rotated, so that ids are the same for ever; token keys have versions. Every subject (an
entity) has a random key of its own, wrapped by its institution's key and kept beside what it seals: destroying it erases the subject.
Sealing is AES-256-GCM with institution, subject and field as associated data, so a ciphertext opens nowhere else. Nonces are random;
the wrapping key of one institution may wrap 2^32 subjects (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from graph.errors import RingfenceError
from graph.model import EntityKind
from graph.recent import Recent
from graph.sealing import Token
from identity.key_file import KEY_BYTES, Keys, VaultError, open_keys

__all__ = ["Unopenable", "Vault", "VaultError", "VaultSealer"]

SEALED: Final = b"\x01"
"""First byte of all that is sealed: how the rest is to be read."""

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
KEPT_CIPHERS: Final = 8_192
"""Ciphers of subjects that a sealer keeps ready: some 2.5 KB each, and twice as many between two clearings."""

KEPT_IDS: Final = 32_768
"""Entity ids that a sealer keeps ready: some 250 bytes each, and twice as many between two clearings."""

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(a + b for a in _LETTERS for b in _LETTERS)
"""Base 32 of every 10 bits: two letters at a time is twice as fast as the standard library."""


class Unopenable(RingfenceError):
    """A ciphertext does not open: its key, subject or field are not those that it was sealed for, or it is damaged."""


class _Digest(Protocol):
    """What `hashlib.sha256` gives."""

    def copy(self) -> _Digest: ...

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Keyed:
    """HMAC-SHA256 (RFC 2104) under one key, its two pads hashed beforehand: three times as fast as `hmac.digest`."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(64, b"\0")
        self._inner: _Digest = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer: _Digest = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def __call__(self, message: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def _base32(digest: bytes) -> str:
    """Lower-case base 32 of the first 15 bytes: 24 letters."""
    bits = int.from_bytes(digest[:15], "big")
    high, low, p = bits >> 60, bits & 0xFFFFFFFFFFFFFFF, _PAIRS
    return (
        f"{p[high >> 50]}{p[high >> 40 & 1023]}{p[high >> 30 & 1023]}{p[high >> 20 & 1023]}{p[high >> 10 & 1023]}{p[high & 1023]}"
        f"{p[low >> 50]}{p[low >> 40 & 1023]}{p[low >> 30 & 1023]}{p[low >> 20 & 1023]}{p[low >> 10 & 1023]}{p[low & 1023]}"
    )


def _derive(secret: bytes, purpose: str, institution: str) -> bytes:
    """A key for one purpose of one institution; an empty institution is the deployment itself."""
    assert "\0" not in purpose + institution, "NUL separates the parts"
    info = f"ringfence 1\0{purpose}\0{institution}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def _encrypt(cipher: AESGCM, value: bytes, about: bytes) -> bytes:
    """Sealed bytes, bound to what they are about."""
    nonce = os.urandom(NONCE_BYTES)
    return SEALED + nonce + cipher.encrypt(nonce, value, about)


def _decrypt(cipher: AESGCM, sealed: bytes, about: bytes) -> bytes:
    """The bytes again; `Unopenable` when they were sealed otherwise."""
    if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES or sealed[:1] != SEALED:
        raise Unopenable("A sealed value is damaged, or was sealed by a newer version of this program.")
    try:
        return cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], about)
    except InvalidTag as error:
        raise Unopenable("A sealed value does not open: it was sealed with another key or for another subject or field.") from error


class VaultSealer:
    """The `graph.sealing.Sealer` of one institution; thread-safe, and nothing in it blocks."""

    __slots__ = ("_ciphers", "_content", "_fact", "_ids", "_institution", "_name", "_token", "_version", "_wrapping")

    def __init__(self, keys: Keys, institution: str) -> None:
        self._institution = institution.encode() + b"\0"
        self._name = _Keyed(_derive(keys.root, "entity id", institution))
        self._fact = _Keyed(_derive(keys.root, "fact id", institution))
        self._content = _Keyed(_derive(keys.root, "content hash", institution))
        self._version = len(keys.tokens)
        self._token = _Keyed(_derive(keys.tokens[-1], "token", institution))
        self._wrapping = AESGCM(_derive(keys.root, "subject keys", institution))
        self._ciphers: Recent[bytes, AESGCM] = Recent(KEPT_CIPHERS)
        self._ids: Recent[str, str] = Recent(KEPT_IDS)

    def entity_id(self, kind: EntityKind, key: str) -> str:
        """Opaque id of the entity with this key or normalised value: the same in every store, for ever."""
        name = kind + "\0" + key  # the kind is a text; hashing it as an enumeration would cost as much as the rest
        known = self._ids.get(name)
        if known is None:
            known = kind + "_" + _base32(self._name(name.encode()))
            self._ids.put(name, known)
        return known

    def fact_id(self, source: str, source_id: str) -> str:
        """Opaque id of a source's fact, `fac_...`."""
        return "fac_" + _base32(self._fact((source + "\0" + source_id).encode()))

    def content_hash(self, content: bytes) -> bytes:
        """Keyed hash (16 bytes) by which two facts are told apart without keeping what they say in clear."""
        return self._content(content)[:16]

    def token(self, kind: EntityKind, value: str) -> Token:
        """Token of a normalised identifier under the newest key."""
        return Token(self._token((kind + "\0" + value).encode()), self._version)

    def new_subject_key(self) -> bytes:
        """A fresh key for one subject, wrapped by the institution's key, to be kept beside what it seals."""
        fresh = os.urandom(KEY_BYTES + NONCE_BYTES)
        key, nonce = fresh[:KEY_BYTES], fresh[KEY_BYTES:]
        wrapped = SEALED + nonce + self._wrapping.encrypt(nonce, key, self._institution)
        self._ciphers.put(wrapped, AESGCM(key))
        return wrapped

    def seal(self, subject_key: bytes, subject: str, field: str, value: str) -> bytes:
        """Ciphertext of a subject's field; bound to subject (its entity id) and field, so it opens nowhere else.

        Raises `Unopenable` when the subject's key is not one of this institution.
        """
        return _encrypt(self._cipher(subject_key), value.encode(), self._about(subject, field))

    def open(self, subject_key: bytes, subject: str, field: str, ciphertext: bytes) -> str:
        """The value again. Raises `Unopenable` when key, subject or field are not those it was sealed for."""
        return _decrypt(self._cipher(subject_key), ciphertext, self._about(subject, field)).decode()

    def seal_bytes(self, subject_key: bytes, subject: str, field: str, value: bytes) -> bytes:
        """Like `seal` for bytes, such as an image."""
        return _encrypt(self._cipher(subject_key), value, self._about(subject, field))

    def open_bytes(self, subject_key: bytes, subject: str, field: str, ciphertext: bytes) -> bytes:
        """Like `open` for bytes. Raises `Unopenable`."""
        return _decrypt(self._cipher(subject_key), ciphertext, self._about(subject, field))

    def _about(self, subject: str, field: str) -> bytes:
        """Associated data: ids and field names hold no NUL."""
        return self._institution + f"{subject}\0{field}".encode()

    def _cipher(self, subject_key: bytes) -> AESGCM:
        """The subject's cipher, unwrapped when it is not kept."""
        cipher = self._ciphers.get(subject_key)
        if cipher is None:
            cipher = AESGCM(_decrypt(self._wrapping, subject_key, self._institution))
            self._ciphers.put(subject_key, cipher)
        return cipher


class Vault:
    """All keys of a deployment. `sealer` is a `graph.sealing.Sealers`."""

    def __init__(self, keys: Keys, path: Path) -> None:
        self._keys = keys
        self._path = path
        self._sealers: dict[str, VaultSealer] = {}
        self._audit_keys: dict[str, bytes] = {}

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Vault:
        """The vault of the key file at `path`, made at the first start (with its folder) unless `create` is False.

        Give `create=False` when stores exist already, so that a lost key file is an error and not replaced by another. Raises
        `VaultError`, one sentence: unreadable, malformed, open to other users, missing, or the folder cannot be written.
        """
        return cls(open_keys(path, create=create), path)

    def sealer(self, institution: str) -> VaultSealer:
        """The institution's sealer, one for all who ask."""
        sealer = self._sealers.get(institution)
        if sealer is None:
            sealer = self._sealers.setdefault(institution, VaultSealer(self._keys, institution))
        return sealer

    def check_value(self, institution: str = "") -> bytes:
        """16 bytes that a store keeps and compares at its next start; without institution the deployment's own."""
        return _derive(self._keys.root, "check value", institution)[:16]

    def verify(self, kept: bytes, institution: str = "") -> None:
        """Raise `VaultError` when `kept`, a check value of an earlier start, was made with another key file."""
        if not secrets.compare_digest(kept, self.check_value(institution)):
            raise VaultError(
                f"The key file {self._path} is not the one that this data was written with, so nothing personal in it could be read: "
                "put the right one back from your backup, or choose another folder with --data."
            )

    def audit_key(self, institution: str) -> bytes:
        """Key (32 bytes) that authenticates the institution's audit chain and signs its checkpoints."""
        key = self._audit_keys.get(institution)
        if key is None:
            key = self._audit_keys.setdefault(institution, _derive(self._keys.root, "audit", institution))
        return key

    def key(self, purpose: str, institution: str = "") -> bytes:
        """A key (32 bytes) for another purpose, such as `session` or `link`; each purpose has its own."""
        return _derive(self._keys.root, f"purpose {purpose}", institution)

    def seal_bytes(self, institution: str, purpose: str, value: bytes) -> bytes:
        """Any bytes sealed for an institution, such as an application kept while the graph is down; bound to `purpose`."""
        return _encrypt(self._cipher(institution), value, f"{institution}\0{purpose}".encode())

    def open_bytes(self, institution: str, purpose: str, sealed: bytes) -> bytes:
        """The bytes again. Raises `Unopenable` when institution or purpose are not those they were sealed for."""
        return _decrypt(self._cipher(institution), sealed, f"{institution}\0{purpose}".encode())

    def _cipher(self, institution: str) -> AESGCM:
        """The institution's cipher for bytes; 3 µs to make, so not kept."""
        return AESGCM(_derive(self._keys.root, "bytes", institution))
