"""What can go wrong when facts are recorded or the graph is asked, one class for each thing a caller can do.

RingfenceError
 ├─ InvalidInput     correct the named input and send again
 ├─ Conflict         the same key or id was used with other content: the first stands
 ├─ Unknown          what was named does not exist in this institution
 └─ GraphUnavailable nothing was done that a retry could double: send again
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.model import Instant


class RingfenceError(Exception):
    """Base of all errors that a caller can act upon."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where, and what to do."""

    path: tuple[str, ...]
    """Below the thing judged: `("content", "transferMade", "amount")`."""
    message: str


class InvalidInput(RingfenceError):
    """The input is wrong; `problems` holds at most 20 and never none."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        assert problems, "an invalid input names what is wrong"
        self.problems = tuple(problems[:20])
        super().__init__("; ".join(f"{'.'.join(p.path)}: {p.message}" for p in self.problems))


class Conflict(RingfenceError):
    """The same fact id or the same key was recorded before with other content."""

    def __init__(self, message: str, path: tuple[str, ...], recorded_at: Instant) -> None:
        self.message = message
        self.path = path
        self.recorded_at = recorded_at
        super().__init__(message)


class Unknown(RingfenceError):
    """What `path` names does not exist in this institution."""

    def __init__(self, message: str, path: tuple[str, ...]) -> None:
        self.message = message
        self.path = path
        super().__init__(message)


class GraphUnavailable(RingfenceError):
    """The graph did not answer; `cause` is a `DegradedCause` of the schema: TIMED_OUT, UNREACHABLE or FAILED.

    `reason` is one word for operators where more is known: LOCKED, DISK_FULL, READ_ONLY ...
    """

    def __init__(self, message: str, cause: str = "FAILED", reason: str | None = None) -> None:
        self.cause = cause
        self.reason = cause if reason is None else reason
        super().__init__(message)
