"""What a failing file is called: one sentence for whoever can do something about it, and the cause that the schema knows."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from graph.errors import GraphUnavailable
from graph.pairing import foreign_log, has_foreign_log

Identity = tuple[int, int]
"""Device and file number: what stays the same while a file is the same."""

_SAID: Final[dict[str, tuple[str, str, str]]] = {
    "SQLITE_BUSY": (
        "is written by another process for longer than we wait: send again, or stop what holds it",
        "TIMED_OUT",
        "LOCKED",
    ),
    "SQLITE_LOCKED": (
        "is written by another process for longer than we wait: send again, or stop what holds it",
        "TIMED_OUT",
        "LOCKED",
    ),
    "SQLITE_INTERRUPT": ("did not answer in time: send again", "TIMED_OUT", "LATE"),
    "SQLITE_FULL": ("cannot grow, because its disk is full: make room and send again", "FAILED", "DISK_FULL"),
    "SQLITE_READONLY": ("cannot be written: give this program the right to write it and its folder", "UNREACHABLE", "READ_ONLY"),
    "SQLITE_CANTOPEN": ("cannot be opened: see that its folder is there and may be read and written", "UNREACHABLE", "NOT_OPENED"),
    "SQLITE_PERM": ("cannot be opened: see that its folder is there and may be read and written", "UNREACHABLE", "NOT_OPENED"),
    "SQLITE_CORRUPT": ("is damaged: put back a backup, or import the facts again into a new folder", "FAILED", "DAMAGED"),
    "SQLITE_NOTADB": ("is no graph of this program: put back a backup, or choose another folder", "FAILED", "DAMAGED"),
    "SQLITE_IOERR": ("cannot be read or written: see to its disk", "FAILED", "DISK_FAILING"),
}


def unavailable(error: BaseException, path: Path) -> GraphUnavailable:
    """A failure in the contract's words."""
    if isinstance(error, GraphUnavailable):
        return error
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        for prefix, (said, cause, reason) in _SAID.items():
            if name.startswith(prefix):
                return _because(GraphUnavailable(f"The graph's file {path.name} {said}.", cause, reason), error)
        return _because(
            GraphUnavailable(f"The graph's file {path.name} failed ({name or 'no code'}: {error}): see the log.", "FAILED"), error
        )
    if isinstance(error, OSError):
        return _because(GraphUnavailable(f"The graph's file {path.name} cannot be opened: see to its folder.", "UNREACHABLE"), error)
    return _because(GraphUnavailable(f"The graph failed ({type(error).__name__}): this is a fault of ours, see the log.", "FAILED"), error)


def file_identity(path: Path) -> Identity:
    """Which file this is. Raises `OSError` when it is not there."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino


def check_file(path: Path, identity: Identity) -> None:
    """Raise `GraphUnavailable` unless the file is there and still the one that was opened: writes to a removed file would be lost."""
    try:
        same = file_identity(path) == identity
    except OSError:
        same = False
    if not same:
        message = f"The graph's file {path.name} was removed or replaced while in use: put it back, or start the program again."
        raise GraphUnavailable(message, "UNREACHABLE", "REMOVED")


def check_log(path: Path) -> None:
    """Raise `GraphUnavailable` when the log beside the file is another's: SQLite would replay it and damage the file. Raises `OSError`."""
    if has_foreign_log(path):
        raise GraphUnavailable(foreign_log(path), "UNREACHABLE", "FOREIGN_LOG")


def _because(error: GraphUnavailable, cause: BaseException) -> GraphUnavailable:
    error.__cause__ = cause
    return error
