"""What a transaction of the records is, on whichever engine keeps them: a `Session` is one thread's connection and how it begins and ends.

`api.embedded` is SQLite's, `api.postgres` PostgreSQL's; `api.records` runs work on either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from graph.errors import RingfenceError


class RecordsUnavailable(RingfenceError):
    """The records did not answer; a write that had begun may still be finished, so retry with the same idempotency key.

    `reason` is one word for operators: LOCKED, DISK_FULL, LATE ...
    """

    def __init__(self, message: str, reason: str = "FAILED") -> None:
        self.reason = reason
        super().__init__(message)


class Unreachable(RecordsUnavailable):
    """The server of the records refuses connections or is silent: everybody leaves it alone for a moment."""

    def __init__(self, message: str, reason: str = "UNREACHABLE") -> None:
        super().__init__(message, reason)


class Session(Protocol):
    """One thread's own connection, opened when first needed and again after a failure. Methods raise what the driver raises."""

    def begin(self, institutions: Sequence[str | None], *, durable: bool) -> Connection:
        """Begin a transaction of pieces of work for these institutions; without `durable` it need not survive power loss,
        but must survive a killed process, the server's included.

        Pieces of one institution never run at the same time as those of another transaction that is `durable`.
        """

    def look(self, institution: str | None) -> Connection:
        """Begin a transaction that only reads, from one snapshot."""

    def enter(self, institution: str | None) -> None:
        """Begin a piece of work for an institution; None: for none, which sees who may ask and nothing of what is kept of lending."""

    def leave(self) -> None:
        """The piece is done."""

    def undo(self) -> None:
        """Undo the piece alone."""

    def commit(self) -> None:
        """Commit all pieces that were not undone; return when that is as durable as was asked."""

    def rollback(self) -> None:
        """Undo everything since the beginning."""

    def close(self) -> None:
        """Let go of the connection; never raises, never waits."""
