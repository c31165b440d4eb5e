"""A graph's file with facts in it, read without a server: what walks, paths and surroundings are tried on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from graph.contents import Fact
from graph.knowing import Known
from graph.merging import Picture, fold
from graph.model import EntityName, Moment
from graph.stores.shared.encoding import prepare
from graph.stores.shared.ledger import Sequences
from graph.stores.shared.recording import Batch
from graph.stores.sqlite.filing import SqliteTables, greatest
from graph.stores.sqlite.reading import SqliteSnapshot
from graph.stores.sqlite.tables import open_reader, open_writer
from identity.vault import Vault

BANK = "rural-bank"
SOURCE = "core"


class File:
    """One institution's facts in a file of their own; each fact states when it became known."""

    def __init__(self, folder: Path, facts: Iterable[Fact] = ()) -> None:
        self.path = folder / "graph.db"
        self.sealer = Vault.open(folder / "keys").sealer(BANK)
        self.facts: list[Known] = []
        self._writer = open_writer(self.path)
        if self._writer.execute("SELECT count(*) FROM institution").fetchone()[0] == 0:
            self._writer.execute("INSERT INTO institution VALUES (1, ?, x'')", (BANK,))
        self.reader: sqlite3.Connection = open_reader(self.path)
        self.record(facts)

    def record(self, facts: Iterable[Fact]) -> File:
        """Record all of them in one batch; those that conflict are left out."""
        known = [fact if fact.recorded_at is not None else replace(fact, recorded_at=fact.occurred_at) for fact in facts]
        self._writer.execute("BEGIN IMMEDIATE")
        batch = Batch(SqliteTables(self._writer, 1, SOURCE), SOURCE, self.sealer, Sequences(partial(greatest, self._writer)), 2**60)
        results = batch.apply([prepare(fact, SOURCE, self.sealer) for fact in known], together=False)
        self._writer.execute("COMMIT")
        self.facts += [
            Known(fact, SOURCE, fact.recorded_at or 0)
            for fact, result in zip(known, results, strict=True)
            if type(result).__name__ == "Recorded"
        ]
        return self

    def analyse(self) -> File:
        """Give the file's planner its statistics, which change the ways it chooses."""
        self._writer.execute("ANALYZE")
        self.reader.close()
        self.reader = open_reader(self.path)
        return self

    def id(self, name: EntityName) -> str:
        """Id of an entity named by its key."""
        return name.id or self.sealer.entity_id(name.kind, name.key or "")

    def picture(self, moment: Moment) -> Picture:
        """What the facts say, folded the plain way."""
        return fold(self.facts, moment, self.id)

    def snapshot(self, moment: Moment) -> SqliteSnapshot:
        """The file at a moment; a context manager."""
        return SqliteSnapshot(self.reader, BANK, moment)

    def close(self) -> None:
        """Let go of the file."""
        self.reader.close()
        self._writer.close()

    __del__ = close
