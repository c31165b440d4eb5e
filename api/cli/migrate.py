"""`ringfence migrate`: bring the records to this version's tables; the embedded default does so at every start."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.options import data_option, settings_for


@click.command("migrate")
@data_option
def command(data: Path | None) -> None:
    """Bring the records to this version's tables.

    Repeating it changes nothing; `serve` does it by itself.

    Example: ringfence migrate --data /var/lib/ringfence
    """
    from api.app import migrate

    done = migrate(settings_for(data))
    click.echo("The records are now at this version's tables." if done else "The records are at this version's tables already.")
