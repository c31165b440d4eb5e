"""Options that commands share, and the one place where a failure becomes a sentence and an exit code."""

from __future__ import annotations

import asyncio
import errno
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from api.settings import InvalidSetting, Settings
from graph.clock import now
from graph.errors import InvalidInput, RingfenceError
from graph.model import Instant

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.records import Records
    from graph.store import BulkStore
    from identity.vault import Vault

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

COMMAND_SECONDS: Final = 10.0
"""Longest that a command's work on the records may take."""

BY_COMMAND: Final = "command line"
"""Who does what commands do, in the audit chain."""

PROGRAM: Final = "ringfence"
"""Its name, where a shell finds it."""

FAILED = 1
WRONGLY_CALLED = 2


class Failure(click.ClickException):
    """A command failed: one sentence that says what is wrong and what to do; exit code 1."""

    exit_code = FAILED


class Interrupted(KeyboardInterrupt):
    """A command was interrupted, and says what it left behind."""

    def __init__(self, left: str) -> None:
        super().__init__(left)
        self.left = left


@contextmanager
def interruptible(left: str) -> Iterator[None]:
    """Work that an interrupt ends with a sentence on what it left behind: `Interrupted; what was recorded so far is kept.`"""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted(left) from error


def data_option(function: F) -> F:
    """`--data DIR`, the folder of everything that the embedded default keeps."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        metavar="DIR",
        help="Folder that holds graph, records and keys.  [default: ./.ringfence]",
    )(function)


def institution_option(function: F) -> F:
    """`--institution ID`, the tenant that a command works for."""
    return click.option("--institution", required=True, metavar="ID", help="Id of the institution: rural-bank.")(function)


def address_of(settings: Settings) -> str:
    """Where people and programs of this machine reach the server: the origin that browsers see, or host and port."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - any address is reached at our own
    return f"http://[{host}]:{settings.port}" if ":" in host and not host.startswith("[") else f"http://{host}:{settings.port}"


def typed() -> str:
    """The command as it was typed, so that what we print can be typed as well: `ringfence`, or `.venv/bin/ringfence`."""
    program = sys.argv[0]
    if Path(program).name != PROGRAM:
        return PROGRAM
    found = shutil.which(PROGRAM)
    return PROGRAM if found is not None and Path(found).resolve() == Path(program).resolve() else program


def settings_for(data: Path | None, **changes: object) -> Settings:
    """Settings from the environment, with `--data` and other options over them; None changes nothing."""
    settings = Settings.from_environ()
    given = {name: value for name, value in {"data": data, **changes}.items() if value is not None}
    return replace(settings, **given)  # type: ignore[arg-type]


def explain(error: BaseException) -> tuple[str, int]:
    """One sentence for a failure, and its exit code."""
    if isinstance(error, click.UsageError):
        hint = f" See `{error.ctx.command_path} --help`." if error.ctx is not None else ""
        return error.format_message() + hint, WRONGLY_CALLED
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, InvalidInput):
        return " ".join(problem.message for problem in error.problems), FAILED
    if isinstance(error, (RingfenceError, InvalidSetting)):
        return _sentence(str(error)), FAILED
    if isinstance(error, OSError):
        return explain_os(error), FAILED
    return f"Ringfence failed with a fault of its own ({type(error).__name__}: {_sentence(str(error))}) Please report it.", FAILED


def explain_os(error: OSError) -> str:
    """What the operating system refused, and what to do."""
    where = f" {error.filename}" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full: cannot write{where}. Make room and run this again; nothing acknowledged was lost."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Cannot write{where}: the folder or file is read-only. Choose another with --data DIR, or make it writable."
    if error.errno == errno.ENOENT:
        return f"There is no{where}: check the path."
    if error.errno == errno.EADDRINUSE:
        return "The port is already taken: stop what listens there, or choose another with --port."
    return _sentence(f"{error.strerror or error}{where}")


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else line + "."


def on_records(data: Path | None, work: Callable[[Connection, Vault, Instant], T], institution: str | None = None) -> T:
    """Run work of a command on the records, for this institution, in one durable transaction; it gets the vault and the moment, too."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import open_records

    async def run() -> T:
        records, vault = open_records(settings_for(data), patient=True)
        try:
            moment = now()
            return await records.write(lambda connection: work(connection, vault, moment), COMMAND_SECONDS, institution=institution)
        finally:
            records.close()

    return asyncio.run(run())


class OpenRecords:
    """The records while a command asks them several things of one institution, each in a short transaction of its own."""

    def __init__(self, records: Records, vault: Vault, institution: str | None, runner: asyncio.Runner) -> None:
        self.vault = vault
        self._institution = institution
        self._records = records
        self._runner = runner

    def read(self, work: Callable[[Connection], T]) -> T:
        """What reading gives."""
        return self._runner.run(self._records.read(work, COMMAND_SECONDS, institution=self._institution))

    def write(self, work: Callable[[Connection], T]) -> T:
        """What writing, durable when this returns, gives."""
        return self._runner.run(self._records.write(work, COMMAND_SECONDS, institution=self._institution))


@contextmanager
def open_records_of(data: Path | None, institution: str | None) -> Iterator[OpenRecords]:
    """Open the records for a command that asks them several things of an institution, or of what is no institution's for None."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import open_records

    records, vault = open_records(settings_for(data), patient=True)
    try:
        with asyncio.Runner() as runner:
            yield OpenRecords(records, vault, institution, runner)
    finally:
        records.close()


@contextmanager
def open_graph_of(data: Path | None, vault: Vault) -> Iterator[BulkStore]:
    """The graph of a data folder for a command; each question runs in a loop of the command's own."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import open_graph

    graph = open_graph(settings_for(data), vault)
    try:
        yield graph
    finally:
        asyncio.run(graph.close())


def shown(moment: Instant | None) -> str:
    """A moment as commands print it, in UTC; a hyphen for none."""
    return "-" if moment is None else datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns as wide as their longest cell."""
    texts = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    for row in texts:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
