"""The one thread of a process that writes, and groups what waits into commits.

Calls queue; the thread takes all that wait, up to a bound, begins one transaction (`BEGIN IMMEDIATE`, so that several processes
take turns), gives each call a savepoint of its own, commits, and only then answers. A call is answered when what it did is on the disk.
While one commit is under way the next group gathers, so a commit is shared the more the busier it is.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from graph.errors import GraphUnavailable
from graph.flows.guarding import Guard
from graph.metering import Meter
from graph.model import Instant
from graph.pairing import next_count
from graph.proof import Proof
from graph.sealing import Sealers
from graph.store import Recorded, Recording, Refused
from graph.stores.shared.encoding import Prepared
from graph.stores.shared.guarding import SOURCE, blocks
from graph.stores.shared.ledger import Sequences
from graph.stores.shared.recording import Batch
from graph.stores.sqlite.failing import check_file, file_identity, unavailable
from graph.stores.sqlite.filing import SqliteTables, greatest
from graph.stores.sqlite.guarding import look_within
from graph.stores.sqlite.institutions import institution_number
from graph.stores.sqlite.tables import WAITING_SECONDS, open_writer

MAXIMUM_CALLS: Final = 64
"""Calls in one commit at most."""

MAXIMUM_FACTS: Final = 4_000
"""Facts in one commit after which no further call is taken into it."""

MAXIMUM_WAITING: Final = 1_000
"""Calls that may wait; more are refused, so that a slow disk is heard of."""


@dataclass(slots=True)
class Call:
    """One call of `record`, waiting."""

    institution: str
    source: str
    facts: Sequence[Prepared]
    together: bool
    meter: Meter | None = None
    """Of whoever waits: it bears its part of the commit's processor time."""
    guard: Guard | None = None
    """What must not come of its one fact."""
    proof: bool = False
    """Whether it records nothing, and proves by a commit of its own that the file can be written."""
    answer: Future[Recording] = field(default_factory=Future)


class Writer:
    """The writing thread of one process; `submit` may be called from any thread."""

    def __init__(self, path: Path, sealers: Sealers, now: Callable[[], Instant], waiting: float = WAITING_SECONDS) -> None:
        """Open the file; `waiting` is how many seconds to wait for another process that writes. Raises `sqlite3.Error`, `OSError`."""
        self._waiting = waiting
        self._path = path
        self._sealers = sealers
        self._now = now
        self._calls: queue.Queue[Call | None] = queue.Queue(MAXIMUM_WAITING)
        self._connection: sqlite3.Connection | None = open_writer(path, waiting=waiting)
        self._identity = file_identity(path)
        self._closed = False
        self._version: int | None = None
        """SQLite's `data_version` at the transaction before: another means that somebody else has written."""
        self.proof = Proof()
        self._thread = threading.Thread(target=self._run, name="graph-writer", daemon=True)
        self._thread.start()

    def submit(self, call: Call) -> None:
        """Queue a call; its `answer` comes when it is on the disk, or raises `GraphUnavailable`."""
        if self._closed:
            raise GraphUnavailable("the graph is closed: start the program again", "UNREACHABLE")
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            raise GraphUnavailable(f"{MAXIMUM_WAITING:,} calls wait to be written already: send again later", "TIMED_OUT") from None

    def waiting(self) -> int:
        """Calls that wait."""
        return self._calls.qsize()

    def close(self) -> None:
        """Finish what is queued and stop."""
        if not self._closed:
            self._closed = True
            self._calls.put(None)
        self._thread.join()

    def _run(self) -> None:
        """Take groups of calls until told to stop."""
        more = True
        while more:
            first = self._calls.get()
            if first is None:
                break
            group, more = self._gather(first)
            group = [call for call in group if call.answer.set_running_or_notify_cancel()]
            if group:
                self._write(group)
        while not self._calls.empty():  # what came between `close` and the end
            call = self._calls.get_nowait()
            if call is not None:
                call.answer.set_exception(GraphUnavailable("the graph is closed: start the program again", "UNREACHABLE"))
        self._drop()

    def _gather(self, first: Call) -> tuple[list[Call], bool]:
        """The first call and what waits behind it, within the bounds; and whether there will be more."""
        group, facts = [first], len(first.facts)
        while len(group) < MAXIMUM_CALLS and facts < MAXIMUM_FACTS:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                break
            if call is None:
                return group, False
            group.append(call)
            facts += len(call.facts)
        return group, True

    def _write(self, group: list[Call]) -> None:
        """One transaction for the group; answers after the commit."""
        begun = time.thread_time_ns()
        try:
            answers = self._transact(group)
        except Exception as error:  # whatever it was, nobody may wait for ever
            self.proof.failed()
            self._drop()
            for call in group:
                call.answer.set_exception(unavailable(error, self._path))
            return
        part = (time.thread_time_ns() - begun) // len(group)
        for call, answer in zip(group, answers, strict=True):
            if call.meter is not None:
                call.meter.add(part)
            if isinstance(answer, Recording):
                call.answer.set_result(answer)
            else:
                call.answer.set_exception(answer)

    def _transact(self, group: list[Call]) -> list[Recording | Exception]:
        """Record each call within its savepoint, and commit."""
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        self.proof.begun()
        try:
            version: int = connection.execute("PRAGMA data_version").fetchone()[0]
            alone, self._version = version == self._version, version
            last = connection.execute("SELECT value FROM meta WHERE name = 'recorded_at'").fetchone()[0]
            recorded_at = max(self._now(), last + 1)
            sequences = Sequences(partial(greatest, connection))
            answers = [self._record(connection, sequences, call, recorded_at) for call in group]
            new = any(
                isinstance(answer, Recording) and _recorded(answer, call.together) for answer, call in zip(answers, group, strict=True)
            )
            if new:
                connection.execute("UPDATE meta SET value = ? WHERE name = 'recorded_at'", (recorded_at,))
            if new or any(call.proof for call in group):
                _count(connection)
                connection.execute("COMMIT")
                self.proof.succeeded()
            else:
                connection.execute("ROLLBACK")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            self.proof.ended()
        known_at = recorded_at if new else last or recorded_at
        return [replace(answer, recorded_at=known_at, alone=alone) if isinstance(answer, Recording) else answer for answer in answers]

    def _record(self, connection: sqlite3.Connection, sequences: Sequences, call: Call, recorded_at: Instant) -> Recording | Exception:
        """One call; what goes wrong with it alone is its own answer and leaves nothing behind."""
        if call.proof:
            return Recording((), recorded_at)
        connection.execute("SAVEPOINT call")
        try:
            sealer = self._sealers(call.institution)
            number = institution_number(connection, call.institution, sealer)
            tables = SqliteTables(connection, number, call.source, recorded_at)
            results = Batch(tables, call.source, sealer, sequences, recorded_at).apply(call.facts, together=call.together)
            tripped = None
            if call.guard is not None and isinstance(results[0], Recorded):
                tripped = look_within(connection, call.institution, number, call.facts[0].fact, call.guard, sealer)
            if tripped is not None and call.guard is not None:
                results = ()
                connection.execute("ROLLBACK TO call")
                if tripped.blocked:
                    number = institution_number(connection, call.institution, sealer)
                    tables = SqliteTables(connection, number, SOURCE, recorded_at)
                    stops = blocks(call.facts[0], call.guard, sealer, recorded_at)
                    Batch(tables, SOURCE, sealer, sequences, recorded_at).apply(stops, together=True)
        except sqlite3.Error:
            raise
        except Exception as error:  # its own fault: the others of the group go on
            connection.execute("ROLLBACK TO call")
            connection.execute("RELEASE call")
            return error
        connection.execute("RELEASE call")
        return Recording(results, recorded_at, tripped)

    def _open(self) -> sqlite3.Connection:
        """The connection to a file that is still the one that was opened."""
        check_file(self._path, self._identity)
        if self._connection is None:
            self._connection = open_writer(self._path, waiting=self._waiting)
        return self._connection

    def _drop(self) -> None:
        """Let go of a connection that failed; the next call opens another."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = self._version = None


def _count(connection: sqlite3.Connection) -> None:
    """Count a commit in the file's header, by which a log of another file is known."""
    count = connection.execute("PRAGMA application_id").fetchone()[0]
    connection.execute(f"PRAGMA application_id = {next_count(count):d}")


def _recorded(answer: Recording, together: bool) -> bool:
    """Whether a call recorded anything."""
    if together and any(isinstance(result, Refused) for result in answer.results):
        return False
    if answer.tripped is not None:
        return bool(answer.tripped.blocked)
    return any(isinstance(result, Recorded) for result in answer.results)
