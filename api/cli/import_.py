"""`ringfence import`: history from files into the graph, by a mapping."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import click

from api.auth.institutions import Tenant, all_institutions, the_institution
from api.cli.options import Failure, data_option, interruptible, on_records, settings_for
from api.cli.progress import Tell, progress
from api.settings import Settings
from graph.clock import now
from graph.contents import Fact
from graph.importing.explaining import explain
from graph.importing.importing import BATCH_ALONE, ImportJob, find_files, run_import
from graph.importing.importing import Progress as ImportProgress
from graph.importing.mapping import FileMapping, load_mapping, shipped
from graph.importing.summary import Summary
from graph.model import Institution
from graph.store import Recording

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

IMPORTS_FOLDER = "imports"
"""Below the data folder: journals of imports that are not done, and reject files."""

EXAMPLE = "Example: ringfence import finbench/*.csv --mapping finbench --institution rural-bank"


@click.command("import", epilog=EXAMPLE)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option("--mapping", required=True, metavar="M.yaml", help=f"The mapping's file, or one that ships: {', '.join(shipped())}.")
@click.option("--institution", metavar="ID", help="Whose facts they are; left out: the only institution that there is.")
@click.option("--check", is_flag=True, help="Say what the mapping makes of the first rows, and write nothing.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where rows that do not go in are written, with line and reason.  [default: in the data folder]",
)
@data_option
def command(
    files: tuple[Path, ...], mapping: str, institution: str | None, rejects: Path | None, data: Path | None, *, check: bool
) -> None:
    """Import history from CSV, JSON Lines or Parquet files.

    Files may end in .gz; of a folder those are taken that the mapping knows. Good rows go in, bad ones into a reject file. An import that
    was interrupted goes on where it was when it is run again, and one that was done changes nothing.
    """
    chosen = load_mapping(mapping)
    found = find_files(files, chosen)
    owner = _institution(data, institution, check=check)
    if check:
        for line in explain(chosen, found, owner, now()):
            click.echo(line)
        return
    settings = settings_for(data)
    kept = "Interrupted; what was recorded so far is kept: give the same command again to go on from there."
    with progress("importing", max(1, sum(path.stat().st_size for path in found))) as tell, interruptible(kept):
        summary = import_files(settings, chosen, found, owner, rejects=rejects, so_far=through(found, tell))
    for line in summary.sentences():
        click.echo(line)
    if summary.rejects is not None:
        click.echo(f"What did not go in is in {summary.rejects}, with line and reason.")


def import_files(
    settings: Settings,
    mapping: FileMapping,
    files: Sequence[Path],
    institution: Institution,
    *,
    rejects: Path | None = None,
    so_far: Callable[[ImportProgress], None] = lambda _: None,
) -> Summary:
    """Import files into the graph of a data folder and say what became of every row. Raises `RingfenceError` and `OSError`."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import open_graph
    from api.folder import open_vault

    job = ImportJob(mapping, tuple(files), institution, now(), settings.data / IMPORTS_FOLDER, rejects, batch_alone=BATCH_ALONE)
    vault = open_vault(settings)
    sealer = vault.sealer(institution.id)
    with _Answering() as answer:
        graph = open_graph(settings, vault)

        def record(source: str, facts: Sequence[Fact]) -> Recording:
            return answer(graph.record_bulk(institution, source, facts))

        def known(source: str, source_id: str) -> bool:
            moment = answer(graph.now(institution.id))
            return answer(graph.fact(institution.id, sealer.fact_id(source, source_id), moment)) is not None

        try:
            with _fewer_collections():
                return run_import(job, record, known, so_far)
        finally:
            answer(graph.close())


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Look for cycles of garbage rarely: an import makes millions of values and no cycles, and looking costs a fifth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Answering:
    """An event loop on a thread of its own while the import runs on this one: an interrupt then ends the import and not the store."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="answering", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __call__(self, coroutine: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def through(files: Sequence[Path], tell: Tell) -> Callable[[ImportProgress], None]:
    """What an import calls: how far it is in bytes of all files."""
    before: dict[str, int] = {}
    size = 0
    for path in files:
        before[path.name], size = size, size + path.stat().st_size

    def told(done: ImportProgress) -> None:
        tell(before[done.file] + done.position, f"{done.file}, {done.facts:,} facts")

    return told


def _institution(data: Path | None, id: str | None, *, check: bool) -> Institution:
    """Whose facts they are. A check needs no data folder: without one, money is taken to be CNY."""
    # Late: a command's help must not wait for what only its work needs.
    from api.app import have_records

    if not have_records(settings_for(data)):
        if check and id is None:
            return Institution("example", "CNY", "UTC")
        raise Failure("There is no institution yet: make one with `ringfence institutions create ID --name NAME`.")

    def work(connection: Connection, vault: object, moment: int) -> tuple[Tenant, ...]:
        return (the_institution(connection, id),) if id is not None else all_institutions(connection)

    tenants = on_records(data, work)
    if len(tenants) != 1:
        ids = ", ".join(tenant.institution.id for tenant in tenants)
        raise Failure(
            f"Say whose facts they are with --institution: {ids}."
            if tenants
            else "There is no institution yet: make one with `ringfence institutions create ID --name NAME`."
        )
    return tenants[0].institution
