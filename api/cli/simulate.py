"""`ringfence simulate`: a made-up market with known labels, as the files that a lender would have."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from rich.console import Console

from api.cli.options import Failure, explain_os, interruptible
from api.cli.progress import progress
from rules.evaluation.population.parameters import (
    MAXIMUM_DAYS,
    MAXIMUM_FACTS,
    MAXIMUM_MERCHANTS,
    MINIMUM_DAYS,
    MINIMUM_MERCHANTS,
    Parameters,
)
from rules.evaluation.population.writing import Written, write_market

EXAMPLE = "Example: ringfence simulate --out market && ringfence import market/history/*.csv --mapping market --institution demo"


@click.command(epilog=EXAMPLE)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="A folder that is not there yet."
)
@click.option(
    "--merchants", type=click.IntRange(MINIMUM_MERCHANTS, MAXIMUM_MERCHANTS), default=2_000, show_default=True, help="How many merchants."
)
@click.option("--days", type=click.IntRange(MINIMUM_DAYS, MAXIMUM_DAYS), default=90, show_default=True, help="How many days.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=7, show_default=True, help="Equal seeds give equal bytes.")
@click.option(
    "--facts",
    type=click.IntRange(10_000, 50_000_000),
    default=MAXIMUM_FACTS,
    show_default=True,
    help="Most facts; receipts are thinned to fit, each kept one with the amount of those it stands for.",
)
def command(out: Path, merchants: int, days: int, seed: int, facts: int) -> None:
    """Write a made-up market, with rings and innocents, as files.

    Writes DIR/history/*.csv for `ringfence import --mapping market`, DIR/live.jsonl with the last two days' facts and all
    applications ready for GraphQL, and DIR/labels/labels.csv, which says who is who and which no server needs.
    """
    parameters = Parameters(merchants=merchants, days=days, seed=seed, facts=facts)
    with interruptible("Interrupted; nothing is left of what was written."):
        written = simulate(parameters, out)
    count = sum(written.rows.values())
    click.echo(
        f"Wrote {written.facts:,} facts ({count:,} rows of history, {written.live_facts:,} live) and {written.applications:,} applications."
    )
    click.echo(f"One receipt stands for {written.thinning}, with their amount. Labels are in {out / 'labels' / 'labels.csv'}.")


def simulate(parameters: Parameters, out: Path, *, labels: bool = True, console: Console | None = None) -> Written:
    """Write a market into a folder that is not there yet, whole or not at all, with progress; raises `Failure`."""
    if out.exists() and any(out.iterdir()):
        raise Failure(f"{out} holds files already: give another folder with --out, or remove it.")
    partial = out.with_name(out.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        words = f"simulating {parameters.days} days of {parameters.merchants:,} merchants"
        with progress(words, 1.0, console, announced=console is not None) as tell:
            written = write_market(parameters, partial, labels=labels, tell=tell)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except ValueError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(explain_os(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return written
