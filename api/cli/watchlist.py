"""`ringfence watchlist`: import the lists that names are compared with, and show them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Connection

from api.cli.options import Failure, OpenRecords, data_option, interruptible, on_records, open_records_of, print_table, shown
from api.cli.progress import progress
from graph.clock import now
from graph.model import Instant
from identity.lists.entries import MOST_BYTES, Entry, Read, read_entries
from identity.lists.index import Query
from identity.lists.records import Watchlist, abandon_import, add_entries, all_watchlists, begin_import, entries_page, finish_import
from identity.lists.screening import FALSE_POSITIVE_RATE, THRESHOLD, Lists
from identity.names.forms import NameKind
from identity.vault import Vault

BATCH: Final = 2_000
"""Entries written in one transaction."""

MOST_FILE: Final = 2_000_000_000
"""Bytes of a file."""

CHUNK: Final = 1 << 20
NAMED: Final = 5
"""Bad lines that are named."""


@click.group("watchlist")
def command() -> None:
    """Import and show the lists that names are compared with.

    Example: ringfence watchlist import sanctions.ftm.json --name sanctions
    """


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="What the list is called: sanctions.")
@click.option("--version", default=None, help="Date or tag of the source.  [default: the day of the import]")
@data_option
def import_(file: Path, name: str, version: str | None, data: Path | None) -> None:
    """Import a list as its newest version.

    The file is FollowTheMoney JSON Lines, one entity a line. A server compares with it from then on. A file that was
    imported before changes nothing; lines that cannot be read are named and the rest is imported.

    Example: ringfence watchlist import sanctions.ftm.json --name sanctions
    """
    size = file.stat().st_size
    if size > MOST_FILE:
        raise Failure(f"{file} has {size:,} bytes and a watchlist at most {MOST_FILE:,}: split it.")
    content = digest(file)
    left = "Interrupted; the list is as it was before."
    with open_records_of(data, None) as opened, interruptible(left), progress(f"importing {name}", size) as tell:
        moment = now()
        number = opened.write(lambda connection: begin_import(connection, name, version, content, moment, shown(moment)[:10]))
        if number is None:
            click.echo(f"{name} is this very file already: nothing was changed.")
            return
        read, at = Read(), [0]
        try:
            for batch in _batches(read_entries(_lines(file, at), read)):
                opened.write(lambda connection, batch=batch: add_entries(connection, name, number, batch))  # type: ignore[misc]
                tell(float(at[0]), f"{read.entries:,} entries")
            _need_entries(file, read)
            opened.write(lambda connection: finish_import(connection, name, number, read, now()))
        except BaseException:
            opened.write(lambda connection: abandon_import(connection, name))
            raise
    entities = "entity is" if read.passed_over == 1 else "entities are"
    others = f"; {read.passed_over:,} {entities} neither person nor firm and passed over" if read.passed_over else ""
    click.echo(f"{name} now has {read.entries:,} entries{others}{_bad(read)}. Names are compared with it from now on.")


def _need_entries(file: Path, read: Read) -> None:
    if read.entries == 0:
        raise Failure(f"{file} holds no person or firm{_bad(read)}: give a file of FollowTheMoney JSON Lines.")


def digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _lines(file: Path, at: list[int]) -> Iterator[bytes]:
    """The lines of a file; of one that is too long only so much that it is seen to be, the rest is passed over. `at` is how far it is."""
    with file.open("rb") as opened:
        while line := opened.readline(MOST_BYTES + 1):
            at[0] += len(line)
            if len(line) > MOST_BYTES and not line.endswith(b"\n"):
                while (rest := opened.readline(CHUNK)) and not rest.endswith(b"\n"):
                    at[0] += len(rest)
            yield line


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    remaining = iter(entries)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _bad(read: Read) -> str:
    """`; 2 lines could not be read: line 3 (it is not JSON), line 9 (...)`."""
    if not read.bad or not read.reported:
        return ""
    named = ", ".join(f"line {bad.number:,} ({bad.why})" for bad in read.reported[:NAMED])
    more = f" and {read.bad - NAMED:,} more" if read.bad > NAMED else ""
    return f"; {read.bad:,} {'line' if read.bad == 1 else 'lines'} could not be read: {named}{more}"


@command.command("list")
@data_option
def list_(data: Path | None) -> None:
    """Show the lists and their newest versions.

    Example: ringfence watchlist list
    """

    def work(connection: Connection, _vault: Vault, _now: Instant) -> tuple[Watchlist, ...]:
        return all_watchlists(connection)

    rows = [(found.name, found.version, f"{found.count:,}", found.bad, shown(found.imported_at)) for found in on_records(data, work)]
    if not rows:
        click.echo("There is no watchlist: import one with `ringfence watchlist import FILE --name NAME`.")
        return
    print_table(("NAME", "VERSION", "ENTRIES", "BAD LINES", "IMPORTED"), rows)


@command.command("screen")
@click.argument("name")
@click.option("--kind", type=click.Choice([*NameKind]), default=None, help="Whose name it is; left out: both.")
@click.option("--born-on", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Date of birth, to tell namesakes apart: 1952-10-07.")
@click.option("--country", default=None, help="ISO 3166-1 alpha-2, likewise: CN.")
@data_option
def screen(name: str, kind: str | None, born_on: datetime | None, country: str | None, data: Path | None) -> None:
    """Compare a name with all lists.

    Example: ringfence watchlist screen "Zhang Sanfeng" --kind PERSON
    """
    query = Query(name, None if kind is None else NameKind(kind), None if born_on is None else born_on.date(), country)
    lists = Lists()
    with open_records_of(data, None) as opened:
        lists.refresh(opened.read(all_watchlists), lambda found: _entries(opened, found))
    if not lists.held:
        raise Failure("There is no watchlist: import one with `ringfence watchlist import FILE --name NAME`.")
    found = lists.matches(query)
    if not found:
        click.echo(f"No entry of {', '.join(lists.held)} scores {THRESHOLD} or more; about {FALSE_POSITIVE_RATE:.1%} of ordinary names do.")
        return
    rows = [(f"{match.score:.2f}", match.list_name, match.key, match.name, match.sentence) for match in found]
    print_table(("SCORE", "LIST", "ENTRY", "NAME", "WHY"), rows)


def _entries(opened: OpenRecords, found: Watchlist) -> Iterator[Entry]:
    """All entries of a list, a page at a time."""
    after = ""
    while page := opened.read(lambda connection, after=after: entries_page(connection, found.name, found.number, after)):  # type: ignore[misc]
        yield from page
        after = page[-1].key
