"""What a demonstration prints: the table, and how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from api.cli.demonstration.score import Score
from api.cli.demonstration.traffic import Decided
from api.cli.options import typed
from api.rings.records import KeptRing

WORDS: Final = {"DECLINE": "declined", "REFER": "referred to a person", "APPROVE": "approved"}

QUERY = (
    '{{ decision(id: "{id}") {{ verdict score loan {{ key requested {{ amount currency }} }} merchant {{ key label }} '
    "reasons {{ code sentence points entities {{ kind label standing }} }} "
    "evidence {{ entities {{ distance reach entity {{ id kind label standing }} }} "
    "ties {{ kind weight from {{ id }} to {{ id }} }} }} }} }}"
)


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


def print_next(console: Console, links: Sequence[tuple[Decided, str]], hours: float) -> None:
    """A link to the page of a decision of each verdict."""
    if not links:
        console.print("No application was decided, so there is no page to show.")
        return
    console.print(f"\n[bold]See why[/bold] (each link opens once, within {hours:g} hours, and signs you in for an hour):", highlight=False)
    for one, link in links:
        console.print(f"  {WORDS[one.verdict]}, merchant {one.merchant}:", highlight=False)
        console.print(f"    {link}", highlight=False, soft_wrap=True, markup=False)


def print_ring(console: Console, ring: KeptRing, link: str) -> None:
    """A link to the page of a ring."""
    console.print(f"  The ring likeliest to be fraud, of {ring.merchants} merchants:", highlight=False)
    console.print(f"    {link}", highlight=False, soft_wrap=True, markup=False)


def print_commands(console: Console, url: str, key: str, shown: Sequence[Decided], again: str) -> None:
    """A link to all decisions, and the first decision over GraphQL, ready to be pasted."""
    console.print(f"\nAll decisions are at {url}/ for who is signed in; this makes another link to them:", highlight=False)
    console.print(f"  {again}", highlight=False, soft_wrap=True, markup=False)
    if not shown:
        return
    query = QUERY.format(id=shown[0].id)
    body = '{"query": "' + query.replace('"', '\\"') + '"}'
    console.print(f"\nThe decision on merchant {shown[0].merchant} over GraphQL, by our command or by curl:", highlight=False)
    console.print(f"  {typed()} query '{query}' --url {url} --key {key}", highlight=False, soft_wrap=True, markup=False)
    curl = f"curl -s {url}/graphql -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'"
    console.print(f"\n  {curl}", highlight=False, soft_wrap=True, markup=False)
