"""A check of a graph on a server finds every derived row that is not what the facts make, and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from graph.contents import Content, Fact, MerchantDescribed, TieObserved, TransferMade
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, Institution, TieKind
from graph.stores.checking import check_server
from graph.stores.neo4j.lifting import RANGE, Lifting
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.sqlite.checking import Checked
from tests.factory import institution, quick_folder, vault
from tests.graph.adversaries import histories
from tests.graph.stores import PATIENT, server_address

pytestmark = pytest.mark.graph_server

BANK, OTHER = institution(), institution("other")
SHOPS = [EntityName(EntityKind.MERCHANT, f"M-{number}") for number in range(4)]


def contents() -> list[Content]:
    """Some shops that share a device, with a payment."""
    device = EntityName(EntityKind.DEVICE, "fp-1")
    paid = TransferMade("t-1", EntityName(EntityKind.ACCOUNT, "a"), EntityName(EntityKind.ACCOUNT, "b"), 100)
    return [MerchantDescribed(SHOPS[0], "Noodles"), *(TieObserved(shop, TieKind.USES_DEVICE, device) for shop in SHOPS), paid]


async def record(folder: Path, bank: Institution, said: list[tuple[str, Fact]]) -> None:
    graph = Neo4jStore(server_address(str(folder)), vault(folder).sealer, now=lambda: 1_000, limits=PATIENT)
    try:
        for source, group in groupby(said, key=lambda one: one[0]):
            await graph.record(bank, source, [fact for _, fact in group])
    finally:
        await graph.close()


def check(folder: Path) -> Checked:
    found = check_server(server_address(str(folder)), folder, vault(folder).sealer, 10)
    assert list(folder.glob("check-*")) == [], "its files are gone"
    return found


def checked(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {one.table: (one.missing, one.surplus, one.stale) for one in check(folder).differences}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    said = [("core", Fact(f"f-{number}", 500, content)) for number, content in enumerate(contents())]
    asyncio.run(record(tmp_path, BANK, said))
    asyncio.run(record(tmp_path, OTHER, said))
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[Any]:
    import neo4j

    address = server_address(str(folder))
    with neo4j.GraphDatabase.driver(address.url, auth=(address.user, address.password)) as driver:

        def run(query: str) -> None:
            found = "MATCH (i:Institution {deployment: $d, id: $i}) WITH i.number AS i "
            driver.execute_query(found + query, {"d": str(folder), "i": BANK.id})

        yield run


@given(history=histories())
def test_any_history_on_a_server_is_what_its_facts_say(history):
    with quick_folder() as place:
        asyncio.run(record(place, BANK, history))
        assert checked(place) == {}


WRONG = [
    ("MATCH (:Entity {institution: i})-[t:USES_DEVICE]->() WITH t LIMIT 1 SET t.count = 7", {"tie": (1, 1, 0)}),
    ("MATCH (:Entity {institution: i})-[t:USES_DEVICE]->() WITH t LIMIT 1 SET t.changed_at = 0", {"tie": (0, 0, 1)}),
    ("MATCH (:Entity {institution: i})-[t:USES_DEVICE]->() WITH t LIMIT 1 DELETE t", {"tie": (1, 0, 0), "observation": (1, 0, 0)}),
    ("MATCH (e:Entity {institution: i}) WHERE e.reach = 4 SET e.reach = 99", {"node": (1, 1, 0)}),
    ("MATCH (e:Entity {institution: i}) WHERE e.reach = 4 SET e.latest_at = 0", {"node": (0, 0, 1)}),
    ("MATCH (e:Entity {institution: i}) WHERE e.said IS NOT NULL SET e.said = 'Somebody else'", {"description": (1, 1, 0)}),
    ("MATCH (e:Entity {institution: i}) WHERE e.blocked IS NOT NULL SET e.blocked = null", {"description": (1, 0, 0)}),
    ("MATCH (:Entity {institution: i})-[m:TRANSFERRED]->() DELETE m", {"movement": (2, 0, 0), "observation": (1, 0, 0)}),
    ("MATCH (f:Fact {institution: i}) SET f.claim = null", {"claim": (1, 0, 0)}),
    ("CREATE (:Withdrawal {institution: i, fact_id: 'fac_x', recorded_at: 1})", {"withdrawal": (0, 1, 0)}),
    ("MATCH (o:Observation {institution: i}) DELETE o", {"observation": (4, 0, 0)}),
    ("MATCH (s:Statement {institution: i}) WITH s LIMIT 1 DELETE s", {"statement": (1, 0, 0)}),
    ("MATCH (:Fact {institution: i})-[n:NAMES]->() WITH n LIMIT 1 DELETE n", {"mention": (1, 0, 0)}),
]


@pytest.mark.parametrize(("change", "differences"), WRONG, ids=[change for change, _ in WRONG])
def test_a_row_that_no_fact_makes_is_found_on_a_server(folder, server, change, differences):
    assert checked(folder) == {}
    server(change)
    assert checked(folder) == differences
    assert checked(folder) == differences, "a check changes nothing"


def test_both_institutions_are_compared(folder):
    assert check(folder).facts == 12


def test_rows_read_range_by_range_are_those_read_at_once(folder):
    with Lifting(server_address(str(folder)), 10) as lifted:
        number = lifted.institutions()[0][1]
        once, ranged = (
            sorted((table, repr(row)) for table, some in lifted.rows(number, lambda _: None, step) for row in some) for step in (RANGE, 2)
        )
    assert once == ranged


def test_a_graph_that_is_written_to_meanwhile_is_not_judged(folder):
    late = [("core", Fact("f-late", 500, MerchantDescribed(SHOPS[1], "Dumplings")))]
    with Lifting(server_address(str(folder)), 10) as lifted:
        number = next(number for id_, number, *_ in lifted.institutions() if id_ == BANK.id)
        rows = lifted.rows(number, lambda _: None)
        next(rows)
        asyncio.run(record(folder, BANK, late))
        with pytest.raises(GraphUnavailable, match="written to while it was checked"):
            list(rows)
