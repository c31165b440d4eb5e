"""The folder that an export makes: whole or not at all, for its owner alone, and nothing of anybody's is overwritten."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import orjson

from api.cli.options import Failure

MANIFEST: Final = "institution.json"
MOST_OPEN: Final = 100
"""Files that are open at once; others are opened again."""


class ExportFolder:
    """Files below a folder that gets its name when all of them are whole. A context manager."""

    def __init__(self, out: Path) -> None:
        """Raises `Failure` when there is something already, `OSError` when nothing can be written there."""
        if out.exists() or out.is_symlink():
            raise Failure(f"{out} is there already: give a folder that is not with --out, so that nothing is overwritten.")
        self.out = out
        self._partial = out.with_name(out.name + ".partial")
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(mode=0o700, parents=True)
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()
        self._digests: dict[str, Any] = {}
        self._lines: dict[str, int] = {}

    def line(self, name: str, value: object) -> None:
        """Add one JSON object to a file of JSON Lines; `orjson.Fragment` is written as it is."""
        self._write(name, orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
        self._lines[name] += 1

    def text(self, name: str, content: str) -> None:
        """Write a whole file."""
        self._write(name, content.encode())

    def count(self, name: str) -> int:
        """Lines of a file so far; 0 when there is none."""
        return self._lines.get(name, 0)

    def finish(self, manifest: dict[str, object]) -> None:
        """Write the manifest with every file's lines and SHA-256, and give the folder its name."""
        files = {name: {"lines": self._lines[name], "sha256": digest.hexdigest()} for name, digest in sorted(self._digests.items())}
        self.text(MANIFEST, orjson.dumps({**manifest, "files": files}, option=orjson.OPT_INDENT_2).decode() + "\n")
        self._close()
        if self.out.exists():
            raise Failure(f"{self.out} came to be while this ran: give a folder that is not there with --out.")
        self._partial.rename(self.out)

    def _write(self, name: str, content: bytes) -> None:
        file = self._open.pop(name, None)
        if file is None:
            path = self._partial / name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab", 1 << 16)
            if len(self._open) >= MOST_OPEN:
                self._open.popitem(last=False)[1].close()
            self._digests.setdefault(name, hashlib.sha256())
            self._lines.setdefault(name, 0)
        self._open[name] = file
        file.write(content)
        self._digests[name].update(content)

    def _close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave nothing behind of an export that did not finish."""
        try:
            self._close()
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)
