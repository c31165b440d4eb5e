"""`ringfence audit`: print a signed checkpoint of an institution's audit chain, and verify the chain up to one."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection

from api import audit
from api.audit import Checkpoint
from api.auth.institutions import the_institution
from api.cli.options import Failure, data_option, institution_option, on_records, settings_for
from api.jobs.working import CHECKPOINTS
from graph.model import Instant
from identity.vault import Vault


@click.group("audit")
def command() -> None:
    """Prove that nobody changed what was noted: who asked what, and what was answered.

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
    """Read the whole chain; any change, reordering or removal is an error, a cut tail up to the newest checkpoint.

    Example: ringfence audit verify --institution rural-bank --head checkpoint.json
    """
    for path in heads:
        if not path.read_bytes().strip():
            raise Failure(f"The file {path} is empty and holds no checkpoint: give one that `ringfence audit head` printed.")
    daily = sorted((settings_for(data).data / CHECKPOINTS).glob(f"{institution}-[0-9]*.json"))
    points = [point for path in (*heads, *daily) for point in audit.read_checkpoints(path.read_bytes())]

    def work(connection: Connection, vault: Vault, _now: Instant) -> int:
        the_institution(connection, institution)
        return audit.verify(connection, vault.audit_key, institution, points)

    try:
        length = on_records(data, work, institution)
    except audit.BrokenChain as error:
        raise Failure(str(error)) from None
    seen = max((point.sequence for point in points), default=0)
    click.echo(f"The audit chain of {institution} is whole: {length} entries, {len(points)} checkpoints, the newest at entry {seen}.")
