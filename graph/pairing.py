"""Whether an SQLite file and the log beside it belong together. SQLite does not look, and replays what it finds by name.

A log (`-wal`) that was left beside a restored backup is valid by its own salts and checksums, which say nothing of the file: opened, it
overwrites pages of the backup with later ones, and what comes of it is damaged or, worse, is not. So every commit of ours counts: the
field of the file's header that SQLite leaves to applications (`application_id`) rises by one, and page 1, which holds it, is in the
log with each commit. A file at count B and a log of the counts F to L belong together when B is F - 1 (the log begins where the file
stands), or within F to L with that very page 1 (part of the log was copied into the file before).

The index (`-shm`) needs no such look: the first process that opens the file makes it anew.

Layouts: https://www.sqlite.org/fileformat2.html (sections 1.3 and 4).
"""

from __future__ import annotations

import os
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOG: Final = "-wal"
INDEX: Final = "-shm"

COUNTS: Final = 2**31 - 1
"""Counts go from 1 to this and begin again; 0 is a file that was never counted."""

TRIES: Final = 5
"""Looks at files that change meanwhile; then somebody has them open, who looked before."""

_LOG_HEADER: Final = struct.Struct(">8I")
_FRAME: Final = struct.Struct(">6I")
_MAGIC: Final = 0x377F0682
"""The last bit says in which order checksums read their words."""


def next_count(count: int) -> int:
    """The count of the next commit after this one; a file that was never counted begins anywhere, so that two files differ."""
    return count % COUNTS + 1 if count else 1 + secrets.randbelow(COUNTS)


def has_foreign_log(path: Path) -> bool:
    """Whether the log beside the file would be replayed into it and is not its own. Raises `OSError`.

    Linear in the pages of the log, of which page 1 alone is read. What no commit of ours counted is not judged.
    """
    for _ in range(TRIES):
        before = _look(path)
        if before is None or before.belongs:
            return False
        if _look(path) == before:
            return True
    return False


def foreign_log(path: Path) -> str:
    """What to do about such a log, in one sentence."""
    name = path.name
    return (
        f"The log {name}{LOG} was not left by this {name}, as when a backup is restored beside the log of what it replaces: if {name} is "
        f"the one you want, move {name}{LOG} and {name}{INDEX} away; else put back the file that they belong to."
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What stood there: the file's first page, the log's header, and whether they fit."""

    page: bytes
    header: bytes
    belongs: bool


def _look(path: Path) -> _Look | None:
    """One look at file and log; None when there is no log that SQLite would read."""
    try:
        log = os.open(f"{path}{LOG}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        header = os.pread(log, _LOG_HEADER.size, 0)
        if not _is_read(header):
            return None
        page = _first_page(path)
        return _Look(page, header, _belongs(page, header, log))
    finally:
        os.close(log)


def _is_read(header: bytes) -> bool:
    """Whether SQLite takes this for the header of a log; any other is overwritten and never replayed."""
    if len(header) < _LOG_HEADER.size:
        return False
    magic, *_, first, second = _LOG_HEADER.unpack(header)
    if magic & ~1 != _MAGIC:
        return False
    words = struct.unpack(">6I" if magic & 1 else "<6I", header[:24])
    a = b = 0
    for even, odd in zip(words[::2], words[1::2], strict=True):
        a = (a + even + b) & 0xFFFFFFFF
        b = (b + odd + a) & 0xFFFFFFFF
    return (a, b) == (first, second)


def _first_page(path: Path) -> bytes:
    """Page 1 of the file; nothing of an empty or absent one."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        start = os.pread(file, 100, 0)
        if len(start) < 100:
            return b""
        size = int.from_bytes(start[16:18], "big")
        return os.pread(file, 65_536 if size == 1 else size, 0)
    finally:
        os.close(file)


def _belongs(page: bytes, header: bytes, log: int) -> bool:
    """Whether the file with this first page is the one that the log goes on from."""
    first: tuple[int, int] | None = None
    last, same, commits = 0, False, 0
    waiting: list[bytes] = []
    size = _LOG_HEADER.unpack(header)[2]
    place = _LOG_HEADER.size
    while len(raw := os.pread(log, _FRAME.size, place)) == _FRAME.size:
        number, committed, *salts, _, _ = _FRAME.unpack(raw)
        if struct.pack(">2I", *salts) != header[16:24]:
            break  # of an earlier log in the same file, which is not read
        if number == 1:
            waiting.append(os.pread(log, size, place + _FRAME.size))
        if committed:
            commits += 1
            for image in waiting:
                first = first or (_count(image), _cookie(image))
                last = _count(image)
                same = same or image == page
            waiting.clear()
        place += _FRAME.size + size
    if not page:
        return commits == 0  # a file that is gone or empty has no log
    return first is None or _fits(page, first, last, same=same)


def _fits(page: bytes, first: tuple[int, int], last: int, *, same: bool) -> bool:
    """Whether the file's count is the one before the log's first, or one within it with the same page."""
    count, (begins, cookie) = _count(page), first
    if count == 0 or begins == 0:
        return True
    ahead = (count - begins) % COUNTS
    if ahead in (0, COUNTS - 1):
        # Nothing of the log is in the file yet. Copies that SQLite makes (backups, VACUUM INTO) raise the schema's cookie.
        return same or _cookie(page) <= cookie
    return same and ahead <= (last - begins) % COUNTS


def _count(page: bytes) -> int:
    """How many commits of ours a first page has seen, modulo `COUNTS`."""
    return int.from_bytes(page[68:72], "big")


def _cookie(page: bytes) -> int:
    """The number of changes of the schema."""
    return int.from_bytes(page[40:44], "big")
