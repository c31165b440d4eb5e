"""Calls the `ringfence` command in this process, as a shell would: arguments in, exit code and two texts out."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cli import main


@dataclass(frozen=True, slots=True)
class Called:
    """What a command left behind."""

    code: int
    out: str
    err: str


def call(*arguments: str, data: Path | None = None) -> Called:
    """Run the command; with `data` its folder is named at the end."""
    out, err = io.StringIO(), io.StringIO()
    given = [*arguments, *(("--data", str(data)) if data is not None else ())]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
        main(given)
    code = left.value.code
    assert isinstance(code, int)
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Called(code, out.getvalue(), err.getvalue())


def made(folder: Path) -> Path:
    """A data folder with an institution."""
    found = call("institutions", "create", "rural-bank", "--name", "Rural Bank", data=folder / "data")
    assert found.code == 0, found.err
    return folder / "data"
