"""A graph with facts in it, of which a snapshot is read without what is around it: what walks, paths and surroundings are tried on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from graph.contents import Fact
from graph.knowing import Known
from graph.merging import Picture, fold
from graph.model import EntityName, Institution, Moment
from graph.store import FactResult, Recorded
from graph.stores.neo4j.connecting import Pool
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.shared.encoding import prepare
from graph.stores.shared.ledger import Sequences
from graph.stores.shared.recording import Batch
from graph.stores.shared.snapshot import Snapshot
from graph.stores.sqlite.filing import SqliteTables, greatest
from graph.stores.sqlite.reading import SqliteSnapshot
from graph.stores.sqlite.tables import open_reader, open_writer
from identity.vault import Vault
from tests.graph.stores import PATIENT, server_address
from tests.settings import GRAPH_SERVER

T = TypeVar("T")

BANK = "rural-bank"
SOURCE = "core"


class Graph(ABC):
    """One institution's facts in a graph of their own; each fact states when it became known."""

    def __init__(self, folder: Path, vault: Vault | None) -> None:
        self.vault = vault or Vault.open(folder / "keys")
        self.sealer = self.vault.sealer(BANK)
        self.facts: list[Known] = []

    def record(self, facts: Iterable[Fact]) -> Self:
        """Record all of them in one batch; those that conflict are left out."""
        known = [fact if fact.recorded_at is not None else replace(fact, recorded_at=fact.occurred_at) for fact in facts]
        if known:
            results = self.write(known)
            self.facts += [
                Known(fact, SOURCE, fact.recorded_at or 0)
                for fact, result in zip(known, results, strict=True)
                if isinstance(result, Recorded)
            ]
        return self

    def id(self, name: EntityName) -> str:
        """Id of an entity named by its key."""
        return name.id or self.sealer.entity_id(name.kind, name.key or "")

    def picture(self, moment: Moment) -> Picture:
        """What the facts say, folded the plain way."""
        return fold(self.facts, moment, self.id)

    @abstractmethod
    def write(self, facts: list[Fact]) -> Sequence[FactResult]:
        """Record them; one result each."""

    @abstractmethod
    def snapshot(self, moment: Moment) -> AbstractContextManager[Snapshot]:
        """The graph at a moment."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""


class File(Graph):
    """An embedded one."""

    def __init__(self, folder: Path, facts: Iterable[Fact] = (), vault: Vault | None = None) -> None:
        super().__init__(folder, vault)
        self.path = folder / "graph.db"
        self._writer = open_writer(self.path)
        if self._writer.execute("SELECT count(*) FROM institution").fetchone()[0] == 0:
            self._writer.execute("INSERT INTO institution VALUES (1, ?, x'')", (BANK,))
        self.reader: sqlite3.Connection = open_reader(self.path)
        self.record(facts)

    def write(self, facts: list[Fact]) -> Sequence[FactResult]:
        self._writer.execute("BEGIN IMMEDIATE")
        recorded_at = 2**60 + len(self.facts)
        tables = SqliteTables(self._writer, 1, SOURCE, recorded_at)
        batch = Batch(tables, SOURCE, self.sealer, Sequences(partial(greatest, self._writer)), recorded_at)
        results = batch.apply([prepare(fact, SOURCE, self.sealer) for fact in facts], together=False)
        self._writer.execute("COMMIT")
        return results

    def analyse(self) -> File:
        """Give the file's planner its statistics, which change the ways it chooses."""
        self._writer.execute("ANALYZE")
        self.reader.close()
        self.reader = open_reader(self.path)
        return self

    def snapshot(self, moment: Moment) -> SqliteSnapshot:
        """The file at a moment; a context manager."""
        return SqliteSnapshot(self.reader, BANK, moment)

    def close(self) -> None:
        """Let go of the file."""
        self.reader.close()
        self._writer.close()

    __del__ = close


class ServerGraph(Graph):
    """One on the server; a snapshot of it waits on a worker thread of the store until the test is done with it."""

    def __init__(self, folder: Path, facts: Iterable[Fact] = (), vault: Vault | None = None) -> None:
        super().__init__(folder, vault)
        self._store = Neo4jStore(server_address(str(folder)), self.vault.sealer, now=lambda: 2**60, limits=PATIENT)
        self._thread = ThreadPoolExecutor(2)
        _OPEN.append(self)
        if len(_OPEN) > 6:  # a test looks at two at most; properties make many
            _OPEN.popleft().close()
        self.record(facts)

    def write(self, facts: list[Fact]) -> Sequence[FactResult]:
        return self._run(self._store.record_bulk(Institution(BANK, "CNY", "Asia/Shanghai"), SOURCE, facts)).results

    @contextmanager
    def snapshot(self, moment: Moment) -> Iterator[Snapshot]:
        given: Future[Snapshot] = Future()
        done = threading.Event()

        def hold(snapshot: Snapshot) -> None:
            given.set_result(snapshot)
            done.wait(60)

        held = self._thread.submit(asyncio.run, self._store.read(Pool.ANALYSTS, BANK, moment, hold))

        def ended(end: Future[None]) -> None:
            if not given.done():
                given.set_exception(end.exception() or AssertionError("no snapshot was given"))

        held.add_done_callback(ended)
        try:
            yield given.result()
        finally:
            done.set()
            held.result()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._run(self._store.close())
            self._thread.shutdown()

    _closed = False

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(asyncio.run, work).result()


_OPEN: Final[deque[ServerGraph]] = deque()


def close_all() -> None:
    """Let go of every graph on the server."""
    while _OPEN:
        _OPEN.pop().close()


GRAPHS: Final[list[type[File | ServerGraph]]] = [File, *([ServerGraph] if GRAPH_SERVER else [])]
"""All that this machine can run."""
