"""A real store in a folder, as an import sees it, and mappings and files written in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from types import TracebackType
from typing import Self

from graph.contents import Fact
from graph.importing.importing import ImportJob, find_files, run_import
from graph.importing.mapping import FileMapping, parse_mapping
from graph.importing.summary import Summary
from graph.model import Entity, EntityKind, Institution, Moment
from graph.store import Recording
from graph.stores.sqlite.store import SqliteStore
from identity.vault import Vault

BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
NOW = 1_795_000_000_000
BATCH = 40
"""Facts of a batch here, so that few rows make several."""

EVER = Moment(NOW + 10**12, NOW + 10**12)

TRANSFERS = """
    mapping: 1
    source: core
    currency: CNY
    files:
      - files: transfers*.csv
        format: csv
        occurredAt: "{at}"
        knownAt: "{at}"
        facts:
          - id: "t {key}"
            when: {column: state, isNot: cancelled}
            content:
              transferMade: {key: "{key}", from: {key: "{from}"}, to: {key: "{to}"}, amount: {column: amount, decimals: 2}}
"""


def mapping(text: str) -> FileMapping:
    """A mapping from an indented text."""
    return parse_mapping(dedent(text))


def transfers(path: Path, count: int, start: int = 0) -> Path:
    """A file of good transfers between ten accounts."""
    lines = ["key,from,to,amount,at,state"]
    for n in range(start, start + count):
        lines.append(f"k{n},A{n % 10},A{(n + 1) % 10},{n}.25,2026-01-{1 + n % 28:02}T08:00:00Z,done")
    path.write_text("\n".join(lines) + "\n")
    return path


class Graph:
    """A store in a folder and what an import asks of it; calls are counted, and may be made to fail."""

    def __init__(self, folder: Path) -> None:
        vault = Vault.open(folder / "keys.json")
        self.sealer = vault.sealer(BANK.id)
        self.store = SqliteStore.open(folder / "graph.db", vault.sealer, vault.check_value())
        self._runner = asyncio.Runner()
        self.calls = 0
        self.fail_at: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._runner.run(self.store.close())
        self._runner.close()

    def record(self, source: str, facts: Sequence[Fact]) -> Recording:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError("the disk is gone")
        return self._runner.run(self.store.record_bulk(BANK, source, facts))

    def known(self, source: str, source_id: str) -> bool:
        return self._runner.run(self.store.fact(BANK.id, self.sealer.fact_id(source, source_id), EVER)) is not None

    def entity(self, kind: EntityKind, key: str) -> Entity | None:
        wanted = self.sealer.entity_id(kind, key)
        return self._runner.run(self.store.entities(BANK.id, [wanted], EVER)).get(wanted)

    def ties(self, kind: EntityKind, key: str) -> list[tuple[str, str, str, int, int | None]]:
        """An entity's ties: kind, both ends, count, total."""
        page = self._runner.run(self.store.ties(BANK.id, self.sealer.entity_id(kind, key), EVER, first=100))
        return sorted((tie.kind.value, tie.from_id, tie.to_id, tie.count, tie.total) for tie in page.items)


def import_all(graph: Graph, folder: Path, chosen: FileMapping, *files: Path, rejects: Path | None = None, batch: int = BATCH) -> Summary:
    """Import files with a journal in the folder."""
    job = ImportJob(chosen, find_files(files, chosen), BANK, NOW, folder / "imports", rejects, batch)
    summary = run_import(job, graph.record, graph.known)
    assert all(count.adds_up for count in summary.files)
    return summary
