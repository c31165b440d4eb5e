"""`ringfence rings`: find people and merchants who act as one, over the whole graph of an institution."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from api.auth.institutions import the_institution
from api.cli.options import Failure, data_option, interruptible, open_graph_of, open_records_of, print_table, shown
from api.cli.progress import progress
from graph.errors import GraphUnavailable
from graph.model import HeldTie
from graph.rings.finding import Ring, Rings, find_rings
from graph.rings.living import history
from graph.rings.sharing import WANTED
from graph.rings.writing import write_rings
from graph.store import BulkStore

PAGE = 5_000
"""Entities whose ties are read at once."""

SHOWN = 20
"""Rings that are printed."""


@click.group("rings")
def command() -> None:
    """Find people and merchants who act as one.

    Example: ringfence rings rebuild --institution rural-bank
    """


@command.command("rebuild")
@click.option("--institution", "id", required=True, help="Whose graph.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write rings.parquet and members.parquet there.")
@data_option
def rebuild(id: str, out: Path | None, data: Path | None) -> None:
    """Find all rings of an institution from all its ties.

    The same ties give the same rings with the same ids. Servers go on meanwhile; facts that come in while ties are read may be missed.

    Example: ringfence rings rebuild --institution rural-bank --out rings
    """
    with (
        open_records_of(data, id) as opened,
        open_graph_of(data, opened.vault) as graph,
        interruptible("Interrupted; nothing was written."),
    ):
        opened.read(lambda connection: the_institution(connection, id))
        ties = _ties(graph, id)
        rings = find_rings(ties)
        if out is not None:
            try:
                write_rings(rings, out)
            except FileExistsError as error:
                raise Failure(f"{error.filename} is there already: give another folder, or remove it.") from error
    _tell(rings)


@command.command("history")
@click.option("--institution", "id", required=True, help="Whose graph.")
@click.option("--ring", metavar="RING", help="Only this ring, and what it came from.")
@click.option("--last", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Events that are printed, the latest ones.")
@data_option
def show_history(id: str, ring: str | None, last: int, data: Path | None) -> None:
    """Say how the rings of an institution came to be.

    From the ties that hold now, in the order in which they became known: what has ended since has left no trace.

    Example: ringfence rings history --institution rural-bank --last 20
    """
    with interruptible("Interrupted."), open_records_of(data, id) as opened, open_graph_of(data, opened.vault) as graph:
        opened.read(lambda connection: the_institution(connection, id))
        found = [event for event in history(_ties(graph, id)) if ring is None or ring in (event.ring, event.other)]
    if not found:
        click.echo("Nothing happened." if ring is None else f"Nothing happened to {ring}: `ringfence rings rebuild` lists rings.")
        return
    rows = [(shown(event.at), event.ring, event.kind.value, f"{event.members:,}", event.other or "") for event in found[-last:]]
    print_table(["when", "ring", "what", "members", "other ring"], rows)
    if len(found) > last:
        click.echo(f"{len(found) - last:,} earlier events are not shown: give --last.")


def _ties(graph: BulkStore, id: str) -> list[HeldTie]:
    """All ties that are evidence."""
    found: list[HeldTie] = []
    after: int | None = 0
    with progress("reading ties", 1.0) as tell, asyncio.Runner() as runner:
        try:
            while after is not None:
                page = runner.run(graph.held_ties(id, WANTED, after=after, first=PAGE))
                found += page.ties
                after = page.last
                tell(0.0 if after is not None else 1.0, f"{len(found):,} ties")
        except GraphUnavailable as error:
            raise Failure(f"The graph cannot be read: {error}") from error
    return found


def _tell(rings: Rings) -> None:
    """How many, and the largest ones."""
    click.echo(
        f"{len(rings.rings):,} rings among {rings.actors:,} actors: {rings.pairs:,} strong pairs, the largest component of them has "
        f"{rings.largest:,} actors (weights {rings.weights})."
    )
    if rings.wide:
        click.echo(f"{rings.wide:,} components are too wide to be refined as facts come in.")
    if rings.rings:
        head = ["ring", "members", "merchants", "bits", "density", "what they share"]
        print_table(head, [_row(ring) for ring in rings.rings[:SHOWN]])
    if len(rings.rings) > SHOWN:
        click.echo(f"{len(rings.rings) - SHOWN:,} more are not shown: write them all with --out DIR.")


def _row(ring: Ring) -> list[str]:
    merchants = sum(member.entity.startswith("mer_") for member in ring.members)
    kinds = ", ".join(kind.value.lower() for kind in ring.kinds)
    return [ring.id, f"{len(ring.members):,}", f"{merchants:,}", f"{ring.bits:.1f}", f"{ring.density:.2f}", kinds]
