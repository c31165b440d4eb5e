"""`ringfence migrate`: bring the records to this version's tables, and Neo4j to its indexes; `serve` does so at every start."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.options import data_option, settings_for


@click.command("migrate")
@data_option
def command(data: Path | None) -> None:
    """Bring records and a graph on Neo4j to this version.

    The records get this version's tables, Neo4j its constraints and indexes. Repeating it changes nothing; `serve` does it by itself.

    Example: ringfence migrate --data /var/lib/ringfence
    """
    from api.app import migrate

    settings = settings_for(data)
    what = "The records and the graph's server are" if settings.graph_url else "The records are"
    click.echo(f"{what} now at this version's tables." if migrate(settings) else f"{what} at this version's tables already.")
