"""How far an import came, beside the data, so that a killed one goes on where it was.

The journal is named after the institution, the mapping's text and the files' fingerprints: another mapping or a changed file is another
import, which starts over (facts that are there already are repeated, nothing is doubled). It is replaced whole after each batch that the
graph has durably, and so is never ahead of it; it is removed at the end. `witness` is a fact that must be in the graph when it is
gone on from: a graph that was deleted or put back from a backup since then lacks it, and the import starts over.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import orjson

from graph.importing.mapping import FileMapping
from graph.importing.readers import ImportFailed
from graph.importing.summary import FileCount

FORMAT: Final = 1
_PROBE: Final = 64 * 1024


def fingerprint(path: Path) -> str:
    """Name, size, time of the last change, and a hash of both ends: a changed file has another. Raises `ImportFailed`."""
    try:
        status = path.stat()
        with path.open("rb") as file:
            start = file.read(_PROBE)
            file.seek(max(0, status.st_size - _PROBE))
            end = file.read(_PROBE)
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read ({error.strerror}): check its path and that you may read it.") from error
    return f"{path.name} {status.st_size} {status.st_mtime_ns} {hashlib.sha256(start + end).hexdigest()}"


class Journal:
    """The journal of one import, locked while it runs."""

    def __init__(self, folder: Path, institution: str, mapping: FileMapping, files: Sequence[Path]) -> None:
        named = "\n".join([institution, mapping.digest, *map(fingerprint, files)])
        self.name = hashlib.sha256(named.encode()).hexdigest()[:16]
        self.path = folder / f"{self.name}.json"
        self._names = [path.name for path in files]
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / f"{self.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ImportFailed(f"{folder} cannot be written ({error.strerror}): choose another folder with --data.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise ImportFailed("The same import is running already: wait for it, or end it and run this again.") from error

    def read(self) -> tuple[list[FileCount], int, str | None]:
        """Counts of the files so far, bytes of the reject file, and the witness; nothing done when there is no journal to go on from."""
        fresh = [FileCount(name) for name in self._names]
        try:
            kept = orjson.loads(self.path.read_bytes())
            if kept["format"] != FORMAT:
                return fresh, 0, None
            counts = [FileCount(**count) for count in kept["files"]]
            rejects, witness = int(kept["rejects"]), kept["witness"]
        except (OSError, ValueError, KeyError, TypeError):
            return fresh, 0, None  # none, or cut short by a power loss: facts are repeated, nothing is doubled
        sound = [count.file for count in counts] == self._names and all(count.adds_up for count in counts)
        return (counts, rejects, witness) if sound else (fresh, 0, None)

    def write(self, counts: Sequence[FileCount], rejects: int, witness: str | None) -> None:
        """Keep how far the import is; called after the graph has it."""
        kept = {"format": FORMAT, "files": [asdict(count) for count in counts], "rejects": rejects, "witness": witness}
        draft = self.path.with_suffix(".draft")
        try:
            draft.write_bytes(orjson.dumps(kept))
            draft.replace(self.path)
        except OSError as error:
            raise ImportFailed(f"{self.path} cannot be written ({error.strerror}): make room and run this again.") from error

    def remove(self) -> None:
        """The import is done."""
        for path in (self.path, self.path.with_suffix(".lock")):
            with contextlib.suppress(OSError):
                path.unlink()

    def close(self) -> None:
        """Let another run have it."""
        os.close(self._lock)
