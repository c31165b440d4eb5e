"""`ringfence records`: save the records to a file while they are served, and load them elsewhere."""

from __future__ import annotations

import asyncio
import os
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.options import Failure, data_option, institution_option, settings_for
from graph.clock import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.saving import Saved

LONGEST: float = 24 * 3600.0
"""Seconds that saving or loading may take."""


@click.group("records")
def command() -> None:
    """Save the records to a file, and load them elsewhere.

    That is a backup, or the way from an embedded file to PostgreSQL and back.

    Example: ringfence records save records.jsonl
    """


@command.command("save")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_option
def save(file: Path, data: Path | None) -> None:
    """Write all that the records keep to FILE.

    FILE must not exist; the records may be served meanwhile. The file is for its owner alone. Keep keys.json of the data folder
    elsewhere: without it the file cannot be loaded or read. The graph's facts are not in it.

    Example: ringfence records save records.jsonl
    """
    from api import migrations, saving
    from api.app import open_records

    async def run() -> Saved:
        records, vault = open_records(settings_for(data), patient=True)
        draft = file.with_name(file.name + ".draft")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:

                def work(connection: Connection) -> Saved:
                    return saving.save(connection, vault, migrations.HEAD, now(), out)

                saved = await records.read(work, LONGEST)
                out.flush()
                os.fsync(out.fileno())
            draft.rename(file)
            return saved
        finally:
            draft.unlink(missing_ok=True)
            records.close()

    if file.exists():
        raise Failure(f"{file} is there already: choose another name.")
    saved = asyncio.run(run())
    click.echo(f"Saved {sum(saved.rows.values())} rows of {len(saved.checkpoints)} institutions to {file}.")


@command.command("parquet")
@institution_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the warehouse's files.")
@data_option
def parquet(institution: str, out: Path, data: Path | None) -> None:
    """Write today's decisions and facts as Parquet.

    What came since the newest file that is there, in OUT/INSTITUTION/decisions and OUT/INSTITUTION/facts; nothing personal. A server
    does the same each day where RINGFENCE_WAREHOUSE names a folder.

    Example: ringfence records parquet --institution rural-bank --out ./warehouse
    """
    from api.app import open_graph, open_records
    from api.auth.institutions import the_institution
    from api.warehousing import Exported, export_day

    async def run() -> Exported:
        settings = settings_for(data)
        records, vault = open_records(settings, patient=True)
        try:
            tenant = await records.read(lambda connection: the_institution(connection, institution), institution=institution)
            graph = open_graph(settings, vault)
            try:
                return await export_day(records, graph, tenant.institution, out, now())
            finally:
                await graph.close()
        finally:
            records.close()

    for name, count in zip(("decisions", "facts"), astuple(asyncio.run(run())), strict=True):
        click.echo(f"{count} {name}." if count is not None else f"Today's {name} are there already: the next file has what came since.")


@command.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def load(file: Path, data: Path | None) -> None:
    """Load FILE into empty records, all or nothing.

    Put the keys.json that it was saved with into the data folder first.

    Example: ringfence records load records.jsonl --data ./restored
    """
    from api import migrations, saving
    from api.app import open_records
    from api.folder import KEY_FILE

    settings = settings_for(data)
    if not (settings.data / KEY_FILE).exists():
        raise Failure(f"There is no {settings.data / KEY_FILE}: put the one that the records were saved with there first.")

    async def run() -> Saved:
        records, vault = open_records(settings, patient=True, restoring=True)
        try:
            with file.open("rb") as lines:
                return await records.write(lambda connection: saving.load(connection, vault, migrations.HEAD, lines), LONGEST)
        finally:
            records.close()

    loaded = asyncio.run(run())
    click.echo(f"Loaded {sum(loaded.rows.values())} rows of {len(loaded.checkpoints)} institutions, and verified their audit chains.")
