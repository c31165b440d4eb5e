"""The file that holds a deployment's keys: made once, whole or not at all, and read by every process.

The file is JSON, one object, mode 0600:

    {"format": 1,
     "root": "<32 bytes, base64>",                             every derived key but the token keys; never rotated
     "tokens": [{"version": 1, "key": "<32 bytes, base64>"}],  token keys, oldest first; rotating one appends the next version
     "check": "<8 bytes of SHA-256 of the rest, base64>"}      so that a damaged file is told from another one

It is made under another name, written and synced, then linked to its own name: whoever comes second finds the first one's file, and a
process killed on the way leaves nothing that is taken for a key file.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graph.errors import RingfenceError

FORMAT: Final = 1
"""Newest layout of the file that this program writes and the only one that it reads."""

KEY_BYTES: Final = 32
MAXIMUM_BYTES: Final = 64 * 1024
"""A key file is some 200 bytes; one with hundreds of token keys is still below this."""

MAXIMUM_VERSIONS: Final = 255
"""Token key versions; a token keeps its version in one byte."""


class VaultError(RingfenceError):
    """The key file cannot be made or read, or is not the one that was used before; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a key file holds."""

    root: bytes
    tokens: tuple[bytes, ...]
    """Token keys by version, from 1."""


def open_keys(path: Path, *, create: bool = True) -> Keys:
    """Keys of the file at `path`, which is made when it is not there and `create` allows.

    Raises `VaultError` when it can neither be read nor made, is malformed, or can be read by other users.
    """
    for _ in range(3):
        found = _read(path)
        if found is not None:
            _remove_drafts(path)
            return found
        if not create:
            raise VaultError(f"The key file {path} is missing, and what is kept cannot be read without it: put it back from your backup.")
        _make(path)
    raise VaultError(f"The key file {path} vanishes as soon as it is made: see which program removes it.")


def _read(path: Path) -> Keys | None:
    """Keys of the file, None when there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VaultError(f"The key file {path} cannot be opened ({error.strerror}): let the user that runs this read it.") from error
    try:
        _check_status(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            text = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise VaultError(f"The key file {path} cannot be read ({error.strerror}): put it back from your backup.") from error
    finally:
        os.close(descriptor)
    return _parse(path, text)


def _check_status(path: Path, status: os.stat_result) -> None:
    """Refuse what is no plain file and what other users could read or change."""
    if not stat.S_ISREG(status.st_mode):
        raise VaultError(f"The key file {path} is not a plain file: give the path of a file.")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise VaultError(
            f"The key file {path} is open to other users (mode {mode:04o}): run `chmod 600` on it and think of who may have read it."
        )


def _parse(path: Path, text: bytes) -> Keys:
    """Keys from the file's bytes, strictly."""

    def malformed(why: str) -> VaultError:
        return VaultError(f"The key file {path} is damaged ({why}): put it back from your backup.")

    if len(text) > MAXIMUM_BYTES:
        raise malformed(f"it is longer than {MAXIMUM_BYTES} bytes")
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise malformed("it is not JSON") from error
    if not isinstance(kept, dict):
        raise malformed("it is not a JSON object")
    if kept.get("format") != FORMAT:
        raise VaultError(f"The key file {path} has a format that this version does not know: run the version that made it.")
    try:
        root = _bytes(kept["root"])
        tokens = [_bytes(entry["key"]) for entry in kept["tokens"]]
        versions = [entry["version"] for entry in kept["tokens"]]
        check = base64.b64decode(kept["check"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("a key is missing or not 32 bytes of base64") from error
    if versions != list(range(1, len(versions) + 1)) or not 1 <= len(versions) <= MAXIMUM_VERSIONS:
        raise malformed(f"its token keys are not numbered from 1 to at most {MAXIMUM_VERSIONS}")
    keys = Keys(root, tuple(tokens))
    if not secrets.compare_digest(check, _check(keys)):
        raise malformed("its check does not fit its keys")
    return keys


def _bytes(text: object) -> bytes:
    """A key from its base64; TypeError or ValueError when it is none."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError("wrong length")
    return key


def _check(keys: Keys) -> bytes:
    """Eight bytes that change with any change to the keys."""
    return hashlib.sha256(b"ringfence key file" + keys.root + b"".join(keys.tokens)).digest()[:8]


def _text(keys: Keys) -> bytes:
    """The file's bytes."""
    tokens = [{"version": version, "key": base64.b64encode(key).decode()} for version, key in enumerate(keys.tokens, 1)]
    root, check = (base64.b64encode(value).decode() for value in (keys.root, _check(keys)))
    kept = {"format": FORMAT, "root": root, "tokens": tokens, "check": check}
    return json.dumps(kept, indent=1).encode() + b"\n"


def _make(path: Path) -> None:
    """Make the file, unless another process comes first. Its folder is made too, for its owner alone."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.draft")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_text(Keys(secrets.token_bytes(KEY_BYTES), (secrets.token_bytes(KEY_BYTES),))))
            file.flush()
            os.fsync(descriptor)
        # A link never replaces: of several processes one makes the file, the others read it.
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            os.link(draft, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise VaultError(_cannot_make(path, error)) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _remove_drafts(path: Path) -> None:
    """Remove what a process killed on the way left. Beside a key file no draft is of use to anybody, its maker included."""
    with contextlib.suppress(OSError):
        for left in path.parent.glob(f".{path.name}.*.draft"):
            left.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the file's name durable: without this it may be gone after power loss, and all that it sealed with it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_make(path: Path, error: OSError) -> str:
    """One sentence for people."""
    reasons = {
        errno.EACCES: "the folder may not be written by this user: allow it or choose another folder with --data",
        errno.EPERM: "its file system allows no hard links or no new files: choose another folder with --data",
        errno.EROFS: "the folder is read-only: choose another with --data",
        errno.ENOSPC: "the disk is full: make room and start again",
        errno.EDQUOT: "the disk quota is used up: make room and start again",
        errno.ENOTDIR: "a part of the path is a file: choose another folder with --data",
        errno.EEXIST: "a part of the path is a file: choose another folder with --data",
    }
    reason = reasons.get(error.errno or 0, f"{error.strerror}: choose another folder with --data")
    return f"The key file {path} cannot be made, {reason}."
