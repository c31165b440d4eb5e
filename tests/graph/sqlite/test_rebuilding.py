"""Facts are the truth: all derived rows come out of the kept facts again."""

from __future__ import annotations

import asyncio
import sqlite3
from itertools import groupby
from pathlib import Path

from hypothesis import given

from graph.stores.sqlite.rebuilding import rebuild
from graph.stores.sqlite.tables import open_writer
from tests.factory import institution, quick_folder, store, vault
from tests.graph.adversaries import histories

BANK = institution()

DERIVED = {
    "mention": "entity, occurred_at, recorded_at, fact",
    "movement": "account, incoming, occurred_at, recorded_at, fact, known_from, known_until, hidden_at, other, amount, kind",
    "observation": (
        "t.kind, t.from_, t.to_, o.occurred_at, o.fact, o.known_from, coalesce(o.recorded_at, o.known_from), o.known_until, o.hidden_at, "
        "o.ended, o.amount, o.share, o.loan FROM observation o JOIN tie t ON t.number = o.tie"
    ),
    "statement": "entity, fact, part, known_from, known_until, occurred_at, rank, visible_at, what, value, loan",
    "claim": "space, key, fact",
    "withdrawal": "fact_id, recorded_at",
    "node": "entity, facts, first_at, last_at, reach, degrees",
    "description": "entity, label, blocked, standing, fields",
    "tie": "kind, from_, to_, first_at, last_at, recorded_at, ended_at, count, total, share FROM tie WHERE count > 0",
}
"""What must be equal, table by table; `latest_at` and `changed_at` may be later than needed, never earlier."""


def derived(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """All derived rows, ties by their ends; a movement that was never known is none."""
    found = {}
    for table, columns in DERIVED.items():
        sql = f"SELECT {columns}" if " FROM " in columns else f"SELECT {columns} FROM {table}"
        found[table] = sorted(connection.execute(sql).fetchall(), key=repr)
    return found


def touched(connection: sqlite3.Connection) -> dict[tuple[object, ...], tuple[int, int]]:
    nodes = connection.execute("SELECT entity, latest_at, changed_at FROM node").fetchall()
    ties = connection.execute("SELECT kind, from_, to_, latest_at, changed_at FROM tie WHERE count > 0").fetchall()
    return {row[:-2]: row[-2:] for row in nodes + ties}


@given(history=histories())
def test_rows_built_again_from_the_kept_facts_are_those_that_were_there(history):
    with quick_folder() as folder:
        asyncio.run(fill(folder, history))
        connection = open_writer(folder / "graph.db")
        before, reached = derived(connection), touched(connection)
        rebuild(connection, vault(folder).sealer)
        assert derived(connection) == before
        for key, (latest_at, changed_at) in touched(connection).items():
            assert latest_at <= reached[key][0]
            assert changed_at <= reached[key][1]
        connection.close()


async def fill(folder: Path, history) -> None:
    graph = store(folder, lambda: 1_000)
    for source, group in groupby(history, key=lambda said: said[0]):
        await graph.record(BANK, source, [fact for _, fact in group])
    await graph.close()
