"""`ringfence demo`: a simulated market through the whole line, its verdicts against the labels, and a decision to look at."""

from __future__ import annotations

import asyncio
import shlex
import signal
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import orjson
from rich.console import Console

from api.cli.demonstration.ground import ANALYST, MARKET, SECOND, Ground
from api.cli.demonstration.score import Score, scored, worth_showing
from api.cli.demonstration.server import Server
from api.cli.demonstration.telling import print_commands, print_next, print_ring, print_score
from api.cli.demonstration.traffic import CONCURRENCY, Sent, read_live, send
from api.cli.import_ import import_files, through
from api.cli.options import Failure, data_option, explain_os, interruptible, settings_for, typed
from api.cli.progress import progress
from api.cli.serve import listen
from api.cli.simulate import simulate
from api.settings import Settings
from graph.clock import now
from graph.importing.importing import find_files
from graph.importing.mapping import load_mapping
from graph.importing.summary import Summary
from graph.model import Institution
from rules.evaluation.population.parameters import (
    DAY,
    DEFAULT_UNTIL,
    MAXIMUM_MERCHANTS,
    MINIMUM_MERCHANTS,
    TIME_ZONE_OFFSET,
    Parameters,
)
from rules.evaluation.population.rows import SOURCE
from rules.evaluation.population.simulation import Label
from rules.evaluation.population.writing import HISTORY, LIVE, Written, read_labels, write_labels

WORKERS: Final = 2
FACTS: Final = 360_000
"""Facts of a demonstration: as many as go through the whole line within two minutes on two cores."""

LINK_MINUTES: Final = 12 * 60.0
"""Life of the printed links: long enough to come back after lunch."""

FACTS_A_MERCHANT: Final = 300
"""About how many facts one simulated merchant makes, for the room that the disk must have."""

SAMPLE: Final = Path("tests") / "data" / "finbench"
"""The shipped benchmark sample, in the checkout."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one demonstration did, for its report."""

    written: Written
    imported: Summary
    import_seconds: float
    sent: Sent
    score: Score
    seconds: float
    parameters: Parameters
    second: Summary | None

    def as_dict(self) -> dict[str, object]:
        """For JSON: all that the table shows, and how it came about."""
        return {
            **self.score.as_dict(),
            "seed": self.parameters.seed,
            "merchants": self.parameters.merchants,
            "days": self.parameters.days,
            "facts": self.written.facts,
            "facts_imported": self.imported.total.recorded,
            "facts_imported_a_second": round(self.imported.total.facts / max(self.import_seconds, 1e-9)),
            "facts_live": self.sent.facts,
            "facts_refused": len(self.sent.refused) + self.imported.total.refused + self.imported.total.rejected,
            "receipts_thinned_by": self.written.thinning,
            "finbench_facts": 0 if self.second is None else self.second.total.recorded,
            "seconds": round(self.seconds, 1),
        }


@click.command("demo")
@click.option("--merchants", type=click.IntRange(MINIMUM_MERCHANTS, MAXIMUM_MERCHANTS), default=2_000, show_default=True, help="Merchants.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=7, show_default=True, help="Equal seeds give an equal market.")
@click.option("--port", type=click.IntRange(1, 65_535), default=None, help="Port of the server.  [default: 8310]")
@click.option("--no-serve", is_flag=True, help="Stop the server at the end instead of leaving it running.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the table as JSON, too.")
@click.option(
    "--judgements",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Decide one application at a time and write each loan's judgement, a line of JSON each: equal markets give equal files.",
)
@data_option
def command(
    merchants: int, seed: int, port: int | None, report: Path | None, judgements: Path | None, data: Path | None, *, no_serve: bool
) -> None:
    """Simulate a market with rings in it and decide its loans.

    90 days of a market: the history is imported, the last two days and all applications go over GraphQL to a server with two workers,
    and the verdicts are compared with the truth. The folder is emptied of an earlier demonstration first. Ends with a link to the page
    of a decision of each verdict; Ctrl-C stops it.

    Example: ringfence demo --no-serve --report demo.json
    """
    console = Console(soft_wrap=True)
    # A line for each request would drown the table; warnings and errors still come.
    settings = settings_for(data, port=port, workers=WORKERS, log_level="WARNING")
    for path in (report, judgements):
        _check_report(path)
    _check_port(settings)
    parameters = Parameters(merchants=merchants, seed=seed, until=_until(), facts=FACTS)
    with closing(Ground(settings.data)) as ground:
        ground.check_room(min(FACTS, merchants * FACTS_A_MERCHANT))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end: stop the server, too
        try:
            with interruptible("Interrupted; the next demonstration begins anew."):
                _demonstrate(console, settings, ground, parameters, report, judgements, stay=not no_serve)
        except OSError as error:
            raise Failure(explain_os(error)) from error


def _demonstrate(
    console: Console,
    settings: Settings,
    ground: Ground,
    parameters: Parameters,
    report: Path | None,
    judgements: Path | None,
    *,
    stay: bool,
) -> None:
    begun = time.perf_counter()
    if ground.again:
        console.print("An earlier demonstration was here: beginning anew.")
    with ExitStack() as stack:
        tenants = ground.tenants()
        settings = _own_graph(settings)
        written = simulate(parameters, ground.files, labels=False, console=console)
        # The labels' file has no name any more when the server starts, and is not handed down to it: the server cannot open it.
        hidden = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline=""))
        write_labels(hidden, written.labels)
        since = time.perf_counter()
        imported = _import(console, settings, "market", ground.files / HISTORY, MARKET)
        import_seconds = time.perf_counter() - since
        second = _second(console, settings)
        server = Server(settings)
        stack.callback(server.stop)
        lines, at_once = written.live_facts + written.applications, CONCURRENCY if judgements is None else 1
        sent = _send(console, server.url, tenants.key, ground.files / LIVE, lines, at_once)
        hidden.seek(0)
        labels = read_labels(hidden)
        score = scored(sent, labels, settings.processor_hour_micros)
        run = Run(written, imported, import_seconds, sent, score, time.perf_counter() - begun, parameters, second)
        _tell(console, run, settings)
        if report is not None:
            report.write_bytes(orjson.dumps(run.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
        if judgements is not None:
            judgements.write_bytes(b"".join(ground.judgements()))
        if stay:
            _stay(console, ground, server, tenants.key, sent, labels)


def _until() -> int:
    """Where simulated time ends: the simulator's own end, or today's midnight while a machine's clock is before that."""
    today = now() - (now() + TIME_ZONE_OFFSET) % DAY
    return min(DEFAULT_UNTIL, today)


def _check_port(settings: Settings) -> None:
    """Find out that the port is taken before a minute's work, not after."""
    listen(settings).close()


def _check_report(report: Path | None) -> None:
    """Likewise that the report cannot be written."""
    if report is not None:
        try:
            with report.open("ab"):
                pass
        except OSError as error:
            raise Failure(explain_os(error)) from error


def _import(console: Console, settings: Settings, mapping: str, folder: Path, institution: Institution) -> Summary:
    """Import a folder's files as `ringfence import` does."""
    chosen = load_mapping(mapping)
    files = find_files([folder], chosen)
    size = sum(file.stat().st_size for file in files)
    with progress(f"importing the history of the institution {institution.id}", size, console, announced=True) as tell:
        return import_files(settings, chosen, files, institution, so_far=through(files, tell))


def _second(console: Console, settings: Settings) -> Summary | None:
    """Give the second institution the benchmark sample, where the checkout is at hand."""
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / SAMPLE).is_dir():
            return _import(console, settings, "finbench", root / SAMPLE, SECOND)
    console.print(f"There is no {SAMPLE} here, so the second institution stays empty.")
    return None


def _own_graph(settings: Settings) -> Settings:
    # Late: a command's help must not wait for what only its work needs.
    from api.app import demonstration_graph

    return demonstration_graph(settings)


def _send(console: Console, url: str, key: str, live: Path, lines: int, at_once: int) -> Sent:
    with progress("sending the last two days and all applications over HTTP", lines, console, announced=True) as tell:
        return asyncio.run(send(url, key, SOURCE, read_live(live), tell, at_once))


def _tell(console: Console, run: Run, settings: Settings) -> None:
    written, total = run.written, run.imported.total
    rate = total.facts / max(run.import_seconds, 1e-9)
    market = f"{run.parameters.merchants:,} merchants, {run.parameters.days} days, seed {run.parameters.seed}"
    told = f"{total.recorded:,} imported at {rate:,.0f} a second, {run.sent.facts:,} sent over HTTP, {written.applications:,} applications"
    thinned = f"Receipts are thinned: each kept one stands for {written.thinning}, and carries their amount."
    console.print(f"\n{market}: {written.facts:,} facts in all: {told}.\n{thinned}", highlight=False)
    if run.second is not None:
        second = f"A second institution, {SECOND.id}, has {run.second.total.recorded:,} facts of the LDBC FinBench sample"
        console.print(f"{second}; neither sees the other.", highlight=False)
    for problem in run.sent.refused[:5]:
        console.print(f"[red]refused[/red] {problem}", highlight=False)
    print_score(console, run.score, settings.processor_hour_micros)
    console.print(f"All of it took {run.seconds:.0f} s.", highlight=False)


def _stay(console: Console, ground: Ground, server: Server, key: str, sent: Sent, labels: Sequence[Label]) -> None:
    """Print how to go on, and leave the server running until it is stopped."""
    shown = worth_showing(sent, labels)
    links = [(one, f"{server.url}/enter?token={ground.link(f'/decisions/{one.id}', LINK_MINUTES)}") for one in shown]
    print_next(console, links, LINK_MINUTES / 60)
    worst = ground.worst_ring()
    if worst is not None:
        print_ring(console, worst, f"{server.url}/enter?token={ground.link(f'/rings/{worst.id}', LINK_MINUTES)}")
    again = f"{typed()} users link --institution {MARKET.id} {ANALYST} --url {server.url} --data {shlex.quote(str(ground.folder))}"
    print_commands(console, server.url, key, shown, again)
    try:
        console.print(f"\nThe server runs at {server.url}; Ctrl-C stops it.", highlight=False)
        server.wait()
    except KeyboardInterrupt:
        console.print("Stopped.")
