"""`ringfence graph`: prove that the graph is what its facts say, and derive it from them again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from api.cli.options import Failure, data_option, interruptible, settings_for
from api.cli.progress import progress
from api.settings import Settings
from identity.vault import Vault


@click.group("graph")
def command() -> None:
    """Compare the graph with its facts, or derive it again.

    Facts are kept and are the truth; ties, descriptions and counts follow from them and can be built again.

    Example: ringfence graph check
    """


@command.command("check")
@data_option
def check(data: Path | None) -> None:
    """Derive everything again in a copy and compare.

    Nothing is changed, and servers go on meanwhile; the disk needs room for two copies. What differs is said, and is exit code 1.

    A graph on Neo4j is read into files beside the records for it; when facts come in meanwhile, that is said, and is exit code 1.

    Example: ringfence graph check --data /var/lib/ringfence
    """
    # Late: a command's help must not wait for what only its work needs.
    from api.app import check_graph

    settings, vault = _opened(data)
    with progress("deriving", 1.0) as tell:
        found = check_graph(settings, vault, lambda done, all_: tell(done / max(1, all_), f"{done:,} facts"))
    compared = f"{found.rows:,} derived rows of {found.facts:,} facts"
    if not found.differences:
        click.echo(f"The graph is what its facts say: {compared} compared.")
        return
    for one in found.differences:
        counts = ((one.missing, "missing"), (one.surplus, "that no fact says"), (one.stale, "taken for newer than they are"))
        said = ", ".join(f"{count:,} {what}" for count, what in counts if count)
        click.echo(f"{one.table}: {said}; for example {'; '.join(one.examples)}")
    raise Failure(f"The graph differs from what its facts say, in {compared}: derive it again with `ringfence graph rebuild`.")


@command.command("rebuild")
@data_option
def rebuild(data: Path | None) -> None:
    """Derive everything from the facts again, in place.

    It is one transaction: interrupted, nothing has changed. Meanwhile servers answer reads, and decisions are referred for a part that is
    down, so it is better to stop them.

    Example: ringfence graph rebuild --data /var/lib/ringfence
    """
    # Late: a command's help must not wait for what only its work needs.
    from api.app import rebuild_graph

    settings, vault = _opened(data)
    with progress("deriving", 1.0) as tell, interruptible("Interrupted; the graph is as it was."):
        facts = rebuild_graph(settings, vault, lambda done, all_: tell(done / max(1, all_), f"{done:,} facts"))
    click.echo(f"The graph is derived from its {facts:,} facts again.")


def _opened(data: Path | None) -> tuple[Settings, Vault]:
    """Settings and vault of a folder whose graph was written with the vault's keys."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import have_graph, open_graph
    from api.folder import open_vault

    settings = settings_for(data)
    if not have_graph(settings):
        raise Failure(f"There is no graph in {settings.data}: give the folder of a deployment with --data DIR.")
    vault = open_vault(settings)

    async def once() -> None:
        await open_graph(settings, vault).close()

    asyncio.run(once())
    return settings, vault
