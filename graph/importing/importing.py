"""Running an import: rows are read, mapped and decoded here while a thread records the batch before, so that both go on at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from graph.contents import Fact
from graph.importing.journal import Journal
from graph.importing.making import Maker, Rejected
from graph.importing.mapping import FileMapping, Section
from graph.importing.opening import Opened
from graph.importing.readers import ImportFailed, Line
from graph.importing.rejects import Reject, Rejects
from graph.importing.summary import FileCount, Summary
from graph.model import Instant, Institution
from graph.store import Recording, Refused

BATCH: Final = 1_000
"""Facts of a batch, unless the job says otherwise: larger ones keep a server that decides waiting."""

BATCH_ALONE: Final = 2_000
"""Facts of a batch while nobody else writes: a quarter less work a fact, since what they touch in common is read and written once.
Whoever comes first waits for one of these, which takes less than what a decision gives the graph."""

PATIENCE: Final = 20
"""Batches of the ordinary size after somebody else was seen to write."""

BATCH_ROWS: Final = 10_000
"""Rows of a batch, when they make few facts."""

Record: TypeAlias = Callable[[str, Sequence[Fact]], Recording]
"""Records facts of a source durably, any number of them up to `BATCH` and what one row makes: `record(source, facts)`."""

Known: TypeAlias = Callable[[str, str], bool]
"""Whether the graph has a fact: `known(source, source_id)`."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What is to be imported."""

    mapping: FileMapping
    files: tuple[Path, ...]
    institution: Institution
    now: Instant
    """Moments are judged by it, and none that is known may be later."""
    folder: Path
    """Where the journal is, beside the data."""
    rejects: Path | None = None
    """The reject file; None: in `folder`, named like the journal."""
    batch: int = BATCH
    """Facts that are recorded in one transaction, with what its last row makes beyond; rejected rows count too."""
    batch_alone: int | None = None
    """The same while nobody else writes; None: as many."""


class Progress(NamedTuple):
    """How far an import is."""

    file: str
    position: int
    """Bytes of the file that are done."""
    facts: int
    """Facts of all files so far."""


@dataclass(slots=True)
class _Batch:
    """Facts of some rows of one file, and what became of the rows that made none."""

    file: str
    columns: Sequence[str]
    facts: list[Fact] = field(default_factory=list)
    origins: list[tuple[int, object]] = field(default_factory=list)
    """Line and row of each fact."""
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0
    made: int = 0
    silent: int = 0
    position: int = 0

    def reject(self, line: int, reason: str, raw: object, fact: str | None = None) -> Reject:
        """A row that did not go in, or one fact of it; fields are shown by their names where there are as many as columns."""
        if isinstance(raw, list) and len(raw) == len(self.columns):
            raw = dict(zip(self.columns, raw, strict=True))
        return Reject(self.file, line, reason, raw, fact)


def find_files(given: Sequence[Path], mapping: FileMapping) -> tuple[Path, ...]:
    """The files to import, in the order of the mapping's sections; of a folder those that the mapping knows.

    Raises `ImportFailed` for one that the mapping does not know, one that is named twice, and when there is none.
    """
    found: list[tuple[int, Path]] = []
    for path in given:
        inside = sorted(inner for inner in path.iterdir() if inner.is_file()) if path.is_dir() else [path]
        for file in inside:
            section = mapping.section(file.name)
            if section is not None:
                found.append((mapping.sections.index(section), file))
            elif not path.is_dir():
                known = ", ".join(pattern for each in mapping.sections for pattern in each.patterns)
                raise ImportFailed(
                    f"{file} is no file that the mapping {mapping.file} knows; it knows {known[:500]}: rename it or add it there."
                )
    names = [file.name for _, file in found]
    if not found:
        raise ImportFailed(f"There is nothing to import: no file is one that the mapping {mapping.file} knows.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImportFailed(f"{twice[0]} is given twice: files of one import have different names.")
    return tuple(file for _, file in sorted(found, key=lambda each: each[0]))


def run_import(job: ImportJob, record: Record, known: Known, progress: Callable[[Progress], None] = lambda _: None) -> Summary:
    """Import all files and say what became of every row; an interrupted run of the same import is gone on with.

    Raises `ImportFailed` when a file cannot be read, and what `record` raises; what was recorded until then stays, and running it
    again goes on from there.
    """
    journal = Journal(job.folder, job.institution.id, job.mapping, job.files)
    try:
        counts, kept, witness = journal.read()
        if witness is not None and not known(job.mapping.source, witness):
            counts, kept, witness = [FileCount(path.name) for path in job.files], 0, None
        rejects = Rejects(job.rejects or job.folder / f"{journal.name}.rejects.jsonl", kept)
        run = _Run(job, record, journal, rejects, counts, witness, progress)
        try:
            for place, path in enumerate(job.files):
                run.file(place, path)
        finally:
            rejects.close()
        journal.remove()
    finally:
        journal.close()
    return Summary(counts, rejects.path if rejects.size else None)


class _Run:
    """One run over all files."""

    def __init__(
        self, job: ImportJob, record: Record, journal: Journal, rejects: Rejects, counts: list[FileCount], witness: str | None,
        progress: Callable[[Progress], None],
    ) -> None:  # fmt: skip
        self._job = job
        self._record = record
        self._journal = journal
        self._rejects = rejects
        self._counts = counts
        self._witness = witness
        self._progress = progress
        self._size = job.batch
        """Facts of the batch that is being made."""
        self._patience = 0
        for count in counts:
            count.earlier = count.rows

    def file(self, place: int, path: Path) -> None:
        """Import one file: the next batch is made while the one before is recorded."""
        section = self._job.mapping.section(path.name)
        assert section is not None, "files were found by the mapping"
        pending: tuple[Future[Recording], _Batch] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="recording") as executor:
            for batch in self._batches(path, section, self._counts[place].rows):
                if pending is not None:
                    self._settle(place, *pending)
                pending = executor.submit(self._recorded, batch), batch
            if pending is not None:
                self._settle(place, *pending)

    def _recorded(self, batch: _Batch) -> Recording:
        """What became of the batch's facts; nothing when there are none."""
        return self._record(self._job.mapping.source, batch.facts) if batch.facts else Recording((), self._job.now)

    def _batches(self, path: Path, section: Section, skip: int) -> Iterator[_Batch]:
        """Batches of the file's rows beyond those that an earlier run had done."""
        with Opened(path, section) as reader:
            maker = Maker(section, reader.columns, self._job.institution, self._job.now)
            name = path.name.split(".")[0]
            batch = _Batch(path.name, reader.columns)
            for row, line in enumerate(reader, 1):
                if row <= skip:
                    continue
                _take(batch, maker, line, row, name)
                if len(batch.facts) + len(batch.rejects) >= self._size or batch.rows >= BATCH_ROWS:
                    batch.position = reader.position()
                    yield batch
                    batch = _Batch(path.name, reader.columns)
            batch.position = reader.position()
            if batch.rows:
                yield batch

    def _settle(self, place: int, future: Future[Recording], batch: _Batch) -> None:
        """Count what became of a batch, and keep that it is done."""
        count = self._counts[place]
        recording = future.result()
        results = recording.results
        self._fit(alone=recording.alone)
        assert len(results) == len(batch.facts), "each fact has its result"
        count.count(results)
        count.rows += batch.rows
        count.made += batch.made
        count.silent += batch.silent
        count.rejected += len(batch.rejects)
        refused = [
            batch.reject(origin[0], str(result.problem), origin[1], fact.source_id)
            for result, fact, origin in zip(results, batch.facts, batch.origins, strict=True)
            if isinstance(result, Refused)
        ]
        self._rejects.add(sorted([*batch.rejects, *refused], key=lambda reject: reject.line))
        standing = (fact.source_id for fact, result in zip(batch.facts, results, strict=True) if not isinstance(result, Refused))
        self._witness = next(standing, self._witness)
        self._journal.write(self._counts, self._rejects.size, self._witness)
        self._progress(Progress(count.file, batch.position, sum(each.facts for each in self._counts)))

    def _fit(self, *, alone: bool) -> None:
        """Choose the next batch's size: the larger one once nobody else has written for a while."""
        self._patience = max(0, self._patience - 1) if alone else PATIENCE
        self._size = self._job.batch if self._patience else self._job.batch_alone or self._job.batch


def _take(batch: _Batch, maker: Maker, line: Line, row: int, name: str) -> None:
    """Add one row's facts to the batch, or why it makes none; `row` is its number among the file's rows."""
    batch.rows += 1
    if line.wrong is not None:
        batch.rejects.append(batch.reject(line.number, f"The row {line.wrong}.", line.raw))
        return
    try:
        made = maker.facts([*line.values, str(row), name])
    except Rejected as error:
        batch.rejects.append(batch.reject(line.number, str(error), line.raw))
        return
    if not made:
        batch.silent += 1
        return
    batch.made += 1
    for fact in made:
        batch.facts.append(fact)
        batch.origins.append((line.number, line.raw))
