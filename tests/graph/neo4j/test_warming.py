"""What is rehearsed before the first decision: the writing of one, undone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from graph.errors import RingfenceError
from graph.stores.neo4j import warming
from graph.stores.neo4j.catalogue import recording
from graph.stores.neo4j.connecting import Pool
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.neo4j.transacting import Transaction
from tests.factory import vault
from tests.graph.stores import PATIENT, server_address

COLUMNS = {
    "entities": len(recording.ENTITY) + 1,
    "facts": len(recording.FACT),
    "mentions": len(recording.MENTION),
    "nodes": len(recording.NODE) + 1,
    "ties": len(recording.TIE) + 2,
    "changed": len(recording.TIE),
    "observations": len(recording.OBSERVATION),
    "statements": len(recording.STATEMENT),
    "said": len(recording.DESCRIPTION),
}
LEFT = """
MATCH (e:Entity {institution: $institution}) WHERE e.number > 0
OPTIONAL MATCH (e)-[t:OWNS]->(:Entity {institution: $institution})
OPTIONAL MATCH (f:Fact {institution: $institution, number: 1})-[n:NAMES]->(e)
RETURN count(DISTINCT e), count(DISTINCT t), count(n)
"""


class Enough(RingfenceError):
    """What was to be seen was seen."""


def test_what_is_rehearsed_has_every_column_of_what_is_written():
    _, parameters = warming.of_a_recording()
    assert {name: {len(row) for row in rows} for name, rows in parameters["rows"].items() if rows} == {
        name: {columns} for name, columns in COLUMNS.items()
    }


@pytest.mark.graph_server
def test_a_rehearsal_writes_and_leaves_nothing(tmp_path: Path):
    async def run() -> None:
        store = Neo4jStore(server_address(str(tmp_path)), vault(tmp_path).sealer, limits=PATIENT)
        nobody = {"institution": warming.NOBODY}
        written: list[object] = []

        def rehearse(transaction: Transaction) -> None:
            transaction.ask(*warming.of_a_recording())
            written.extend(transaction.ask(LEFT, nobody))
            raise Enough

        try:
            with suppress(Enough):
                await store._connections.write(Pool.DECIDING, rehearse, 60)
            assert written == [(2, 1, 2)]
            await store._connections.take_turn(*warming.of_a_recording(), 60)
            assert await store._connections.read(Pool.DECIDING, lambda transaction: transaction.ask(LEFT, nobody), 60) == [(0, 0, 0)]
        finally:
            await store.close()

    asyncio.run(run())
