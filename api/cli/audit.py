"""`ringfence audit`: print a signed checkpoint of an institution's audit chain, and verify the chain up to one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection, Row

from api import audit
from api.audit import Checkpoint
from api.auth.institutions import the_institution
from api.cli.options import Failure, data_option, institution_option, on_records, settings_for
from api.jobs.working import CHECKPOINTS
from api.proving import Comparison
from graph.errors import RingfenceError
from graph.model import Instant
from identity.vault import Vault

LONGEST: Final = 7 * 24 * 3600.0
"""Seconds that verifying may take; it tells how far it is, and can be interrupted."""

STEP: Final = 500
"""Entries after which it does."""


@click.group("audit")
def command() -> None:
    """Prove that what was noted and decided stands.

    A checkpoint kept elsewhere proves that nobody changed who asked what, and what was answered.

    Example: ringfence audit verify --institution rural-bank --head checkpoint.json
    """


@command.command("head")
@institution_option
@data_option
def head(institution: str, data: Path | None) -> None:
    """Print a signed checkpoint, one line of JSON. Keep it elsewhere: with it a tail that is cut off later is found.

    Example: ringfence audit head --institution rural-bank > checkpoint.json
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> Checkpoint:
        the_institution(connection, institution)
        return audit.checkpoint(connection, vault.audit_key, institution, now)

    click.echo(audit.write_checkpoint(on_records(data, work, institution)).decode(), nl=False)


@command.command("verify")
@institution_option
@click.option(
    "--head",
    "heads",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint of `ringfence audit head`; repeatable. The daily ones of the data folder are used besides.",
)
@data_option
def verify(institution: str, heads: tuple[Path, ...], data: Path | None) -> None:
    """Read the whole chain and find any change.

    Reordering or removal is an error, too; a tail that was cut off is found up to the newest checkpoint. Each stored decision is
    compared with what its entry says.

    Example: ringfence audit verify --institution rural-bank --head checkpoint.json
    """
    for path in heads:
        if not path.read_bytes().strip():
            raise Failure(f"The file {path} is empty and holds no checkpoint: give one that `ringfence audit head` printed.")
    daily = sorted((settings_for(data).data / CHECKPOINTS).glob(f"{institution}-[0-9]*.json"))
    points = [point for path in (*heads, *daily) for point in audit.read_checkpoints(path.read_bytes())]

    try:
        length, decisions = asyncio.run(_verified(data, institution, points))
    except (audit.BrokenChain, Stopped) as error:
        raise Failure(str(error)) from None
    seen = max((point.sequence for point in points), default=0)
    click.echo(
        f"The audit chain of {institution} is whole: {length} entries, {len(points)} checkpoints, the newest at entry {seen}; "
        f"{decisions} decisions are as it notes."
    )


class Stopped(RingfenceError):
    """Verifying was interrupted."""


async def _verified(data: Path | None, institution: str, points: Sequence[Checkpoint]) -> tuple[int, int]:
    """Entries and decisions that proved to be whole, read in one snapshot that holds nobody up, with progress."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import open_records

    records, vault = open_records(settings_for(data), patient=True)
    interrupted = threading.Event()

    def work(connection: Connection) -> tuple[int, int]:
        the_institution(connection, institution)
        comparison = Comparison(connection, institution)
        with _progress() as progress:
            task = progress.add_task("", total=max(1, audit.length(connection, institution)))

            def seen(entries: Sequence[Row[Any]]) -> None:
                for start in range(0, len(entries), STEP):
                    if interrupted.is_set():
                        raise Stopped("Verifying was interrupted: nothing was changed by it.")
                    comparison.page(entries[start : start + STEP])
                    progress.advance(task, len(entries[start : start + STEP]))

            length = audit.verify(connection, vault.audit_key, institution, points, seen)
            return length, comparison.end()

    try:
        return await records.read(work, LONGEST, institution=institution)
    finally:
        interrupted.set()
        records.close()


def _progress() -> Progress:
    """The bar, on standard error; nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("entries"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("time left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
