"""The reject file: one JSON line for each row or fact that did not go in, with file, line, reason and the row as it was.

It holds the rows' personal values, and so is its owner's alone (mode 0600).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from graph.importing.readers import ImportFailed


@dataclass(frozen=True, slots=True)
class Reject:
    """A row, or one fact of it, that did not go in."""

    file: str
    line: int
    reason: str
    row: object
    fact: str | None = None
    """The fact's id when the row's other facts went in."""


class Rejects:
    """A reject file being written; made when there is something to write. `size` bytes of an earlier run are kept."""

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path = path
        self.size = size
        self._file: int | None = None
        try:
            if path.exists():
                os.truncate(path, min(size, path.stat().st_size))
                self.size = path.stat().st_size
            else:
                self.size = 0
        except OSError as error:
            raise ImportFailed(f"The reject file {path} cannot be written ({error.strerror}): choose another with --rejects.") from error

    def add(self, rejects: Sequence[Reject]) -> None:
        """Write some, to the operating system at least."""
        if not rejects:
            return
        lines = b"".join(
            orjson.dumps(
                {"file": reject.file, "line": reject.line, "fact": reject.fact, "reason": reject.reason, "row": reject.row}, default=str
            )
            + b"\n"
            for reject in rejects
        )
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            while lines:
                written = os.write(self._file, lines)
                lines, self.size = lines[written:], self.size + written
        except OSError as error:
            raise ImportFailed(
                f"The reject file {self.path} cannot be written ({error.strerror}): choose another with --rejects."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
