"""What a demonstration prints: stages with the time left, the table, and how to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.cli.demonstration.score import Score
from api.cli.demonstration.traffic import Decided

QUERY = (
    '{{ decision(id: "{id}") {{ verdict score loan {{ key requested {{ amount currency }} }} merchant {{ key label }} '
    "reasons {{ code sentence points entities {{ kind label standing }} }} "
    "evidence {{ entities {{ distance reach entity {{ id kind label standing }} }} "
    "ties {{ kind weight from {{ id }} to {{ id }} }} }} }} }}"
)


@contextmanager
def stage(console: Console, words: str, total: float) -> Iterator[Callable[[float], None]]:
    """A stage with a bar and the time left; gives what to call with how much is done. Without a terminal it is one line."""
    if not console.is_terminal:
        console.print(f"{words} ...", highlight=False)
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(words, total=total)
        yield lambda done: progress.update(task, completed=done)
        progress.update(task, completed=total)


def print_score(console: Console, score: Score, processor_hour_micros: int) -> None:
    """The table, then rings, innocents, speed and cost in sentences."""
    table = Table(title="Verdicts by group", title_justify="left")
    table.add_column("group", no_wrap=True)
    for name in ("merchants", "applied", "approved", "referred", "declined"):
        table.add_column(name, justify="right", no_wrap=True)
    for fraud, heading in ((False, "innocent"), (True, "[red]rings[/red]")):
        table.add_section()
        table.add_row(f"[bold]{heading}[/bold]")
        for line in score.groups:
            if line.fraud is fraud:
                numbers = (line.merchants, line.applied, line.approved, line.referred, line.declined)
                table.add_row("  " + line.group.replace("_", " "), *(f"{number:,}" for number in numbers))
    console.print(table)
    caught, half = len(score.rings) - len(score.missed), sum(ring.half_stopped for ring in score.rings)
    what = "Rings caught (half of a ring stopped before its first pay-out)"
    said = f"{what}: [bold]{caught} of {len(score.rings)}[/bold]; half stopped, early or late: {half}."
    console.print(said, highlight=False)
    for ring in score.rings:
        if not ring.caught:
            kind = ring.group.replace("_", " ")
            stopped = f"{ring.before_first_approval} stopped in time, {ring.stopped} of {ring.applied} in all"
            console.print(f"  missed: [red]{ring.ring}[/red] ({kind}), {stopped}", highlight=False)
    applied, referred, declined = score.innocent_stopped
    console.print(f"Of {applied} innocent applications {declined} were declined and {referred} referred to a person.", highlight=False)
    _print_cost(console, score, processor_hour_micros)


def _print_cost(console: Console, score: Score, processor_hour_micros: int) -> None:
    """Latency and cost of a decision."""
    seen = f"{score.seen_p50:.1f} ms (median), {score.seen_p95:.1f} (95%), {score.seen_p99:.1f} (99%) for the client"
    inside = f"{score.total_p50:.1f} and {score.total_p99:.1f} (99%) inside"
    console.print(f"A decision took {seen}; {inside}; {score.per_second:.0f} a second in the order of time.", highlight=False)
    price = f"{processor_hour_micros / 1e6:.2f} {score.currency} a processor hour"
    console.print(
        f"It cost {score.cpu:.1f} ms of processor time: {score.micros:.2f} millionths of 1 {score.currency} at {price}.", highlight=False
    )
    if score.degraded:
        console.print(f"{score.degraded} decisions lacked a source that did not answer in time.", highlight=False)


def print_next(console: Console, url: str, token: str, key: str, shown: Decided) -> None:
    """The link, the key and a query ready to be pasted."""
    query = QUERY.format(id=shown.id)
    body = '{"query": "' + query.replace('"', '\\"') + '"}'
    console.print(
        f"\n[bold]See why merchant {shown.merchant} was {'declined' if shown.verdict == 'DECLINE' else 'referred'}[/bold] (opens once):"
    )
    console.print(f"  {url}/enter?token={token}", highlight=False, soft_wrap=True, markup=False)
    console.print("\nThe same over GraphQL:")
    console.print(f"  ringfence query '{query}' --url {url} --key {key}", highlight=False, soft_wrap=True, markup=False)
    curl = f"curl -s {url}/graphql -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'"
    console.print(f"\n  {curl}", highlight=False, soft_wrap=True, markup=False)
