"""How large the batches of an import are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from graph.contents import Fact
from graph.importing.importing import PATIENCE, ImportJob, run_import
from graph.store import Recording
from graph.stores.sqlite.store import SqliteStore
from identity.vault import Vault
from tests.graph.importing.recording import BANK, BATCH, NOW, TRANSFERS, Graph, mapping, transfers

LARGE = 5 * BATCH
ROWS = (2 * PATIENCE + 10) * BATCH + 8 * LARGE


def sizes(folder: Path, others_write: int | None) -> list[int]:
    """Sizes of an import's batches; beside the batch with this number another store on the same file writes something."""
    found: list[int] = []
    file = transfers(folder / "transfers.csv", ROWS)
    with Graph(folder) as graph:

        def record(source: str, facts: Sequence[Fact]) -> Recording:
            if len(found) == others_write:
                asyncio.run(somebody_else(folder, facts[:1]))
            found.append(len(facts))
            return graph.record(source, facts)

        job = ImportJob(mapping(TRANSFERS), (file,), BANK, NOW, folder / "imports", batch=BATCH, batch_alone=LARGE)
        summary = run_import(job, record, graph.known)
    assert sum(count.recorded + count.repeated for count in summary.files) == ROWS
    return found


async def somebody_else(folder: Path, facts: Sequence[Fact]) -> None:
    """Another process, as far as SQLite can tell: a store of its own on the same file."""
    other = SqliteStore.open(folder / "graph.db", Vault.open(folder / "keys.json").sealer)
    try:
        await other.record(BANK, "somebody-else", facts)
    finally:
        await other.close()


def test_batches_grow_once_nobody_else_has_written_for_a_while(tmp_path: Path) -> None:
    found = sizes(tmp_path, others_write=None)
    assert found[: PATIENCE + 1] == [BATCH] * (PATIENCE + 1)
    assert found[PATIENCE + 3 : -1] == [LARGE] * len(found[PATIENCE + 3 : -1])
    assert len(found[PATIENCE + 3 : -1]) > 3


def test_batches_are_small_again_when_somebody_else_writes(tmp_path: Path) -> None:
    written = PATIENCE + 5
    found = sizes(tmp_path, others_write=written)
    assert LARGE in found[:written]
    after = found[written + 2 : written + 2 + PATIENCE - 2]  # the one that is being made then is as large as it was begun
    assert after == [BATCH] * len(after)
    assert len(after) > 5
