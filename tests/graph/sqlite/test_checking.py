"""A check finds every derived row that is not what the facts make, and changes nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given

from graph.contents import Content, Fact, MerchantDescribed, TieObserved, TransferMade
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, TieKind
from graph.stores.sqlite.checking import COMPARED, check_file
from graph.stores.sqlite.rebuilding import DERIVED, rebuild_file
from tests.factory import institution, quick_folder, store, vault
from tests.graph.adversaries import histories
from tests.graph.sqlite.test_rebuilding import fill

BANK = institution()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A graph of some shops that share a device, with a payment."""
    device = EntityName(EntityKind.DEVICE, "fp-1")
    shops = [EntityName(EntityKind.MERCHANT, f"M-{number}") for number in range(4)]
    contents: list[Content] = [MerchantDescribed(shops[0], "Noodles"), *(TieObserved(shop, TieKind.USES_DEVICE, device) for shop in shops)]
    paid = TransferMade("t-1", EntityName(EntityKind.ACCOUNT, "a"), EntityName(EntityKind.ACCOUNT, "b"), 100)

    async def record() -> None:
        graph = store(tmp_path, lambda: 1_000)
        await graph.record(BANK, "core", [Fact(f"f-{number}", 500, content) for number, content in enumerate([*contents, paid])])
        await graph.close()

    asyncio.run(record())
    return tmp_path


@pytest.fixture
def file(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "graph.db", isolation_level=None)) as connection:
        yield connection


def checked(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = check_file(folder / "graph.db", vault(folder).sealer)
    assert list(Path(folder).glob("check-*")) == [], "its copies are gone"
    return {one.table: (one.missing, one.surplus, one.stale) for one in found.differences}


@given(history=histories())
def test_any_history_is_what_its_facts_say(history):
    with quick_folder() as place:
        asyncio.run(fill(place, history))
        assert checked(place) == {}


def test_every_derived_table_is_compared():
    assert set(COMPARED) == set(DERIVED)


WRONG = [
    ("UPDATE tie SET count = 7 WHERE number = (SELECT min(number) FROM tie)", {"tie": (1, 1, 0)}),
    ("UPDATE tie SET changed_at = 0 WHERE number = (SELECT min(number) FROM tie)", {"tie": (0, 0, 1)}),
    ("UPDATE node SET latest_at = 0 WHERE reach = 4", {"node": (0, 0, 1)}),
    ("UPDATE node SET reach = 99 WHERE reach = 4", {"node": (1, 1, 0)}),
    ("UPDATE description SET label = 'Somebody else'", {"description": (1, 1, 0)}),
    ("DELETE FROM description", {"description": (1, 0, 0)}),
    ("UPDATE movement SET amount = 1 WHERE incoming = 1", {"movement": (1, 1, 0)}),
    ("DELETE FROM claim", {"claim": (1, 0, 0)}),
    ("INSERT INTO withdrawal VALUES ('fac_x', 1)", {"withdrawal": (0, 1, 0)}),
    ("DELETE FROM observation", {"observation": (5, 0, 0)}),
]


@pytest.mark.parametrize(("change", "differences"), WRONG, ids=[change for change, _ in WRONG])
def test_a_row_that_no_fact_makes_is_found_and_building_again_cures_it(folder, file, change, differences):
    assert checked(folder) == {}
    file.execute(change)
    assert checked(folder) == differences
    assert checked(folder) == differences, "a check changes nothing"
    assert rebuild_file(folder / "graph.db", vault(folder).sealer) == 6
    assert checked(folder) == {}


def test_a_difference_is_named_by_ids_and_holds_nothing_personal(folder, file):
    file.execute("UPDATE tie SET count = 7 WHERE kind = (SELECT kind FROM tie ORDER BY number LIMIT 1)")
    (found,) = check_file(folder / "graph.db", vault(folder).sealer).differences
    assert len(found.examples) == 3
    assert all("mer_" in example and "dev_" in example for example in found.examples)


def test_building_again_that_is_interrupted_leaves_the_graph_as_it_was(folder, file):
    file.execute("UPDATE node SET reach = 99 WHERE reach = 4")

    def interrupted(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_file(folder / "graph.db", vault(folder).sealer, interrupted)
    assert file.execute("SELECT count(*) FROM node WHERE reach = 99").fetchone() == (1,)


def test_a_file_that_is_no_graph_is_a_sentence(folder):
    (folder / "graph.db").write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    for work in (check_file, rebuild_file):
        with pytest.raises(GraphUnavailable, match="is no graph of this program"):
            work(folder / "graph.db", vault(folder).sealer)
