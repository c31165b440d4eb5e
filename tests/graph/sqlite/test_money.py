"""The bounds of the embedded store's reader of money: what is cut is said, and nothing is read after the deadline."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.flows.scope import MOVEMENTS, TRANSFERS, Cut, Order, Scope, Way
from graph.model import Moment, TieKind
from graph.stores.sqlite.money import Money
from graph.stores.sqlite.reading import SqliteSnapshot
from graph.stores.sqlite.tables import open_reader
from tests.factory import account, device, institution, store, tie, transfer, vault

BANK = institution()
NOW = 10**13


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    graph = store(tmp_path, lambda: NOW)
    facts = [transfer(f"t{n}", account("hub"), account(f"leaf-{n}"), 100 + n, n + 1) for n in range(300)]
    facts += [tie(f"u{n}", account("hub"), TieKind.USES_DEVICE, device(f"device-{n}"), n + 1) for n in range(300)]
    asyncio.run(graph.record(BANK, "core", facts))
    asyncio.run(graph.close())
    opened = open_reader(tmp_path / "graph.db")
    yield opened
    opened.close()


def hub(tmp_path: Path) -> str:
    return vault(tmp_path).sealer(BANK.id).entity_id(account().kind, "hub")


def test_no_more_rows_are_read_than_one_question_may(connection: sqlite3.Connection, tmp_path: Path):
    with SqliteSnapshot(connection, BANK.id, Moment(NOW, NOW * 2)) as snapshot:
        exactly = Money(snapshot, None, 300)
        assert len(exactly.moved([hub(tmp_path)], Way.OUT, Scope(per_step=None), TRANSFERS)[hub(tmp_path)]) == 300
        assert not exactly.cut
        assert exactly.seen([hub(tmp_path)], TieKind.USES_DEVICE, Way.OUT, Scope())[hub(tmp_path)] == []
        assert exactly.cut == (Cut.MOVEMENTS,)
        fewer = Money(snapshot, None, 250)
        assert len(fewer.moved([hub(tmp_path)], Way.OUT, Scope(per_step=None), TRANSFERS)[hub(tmp_path)]) == 250
        assert fewer.cut == (Cut.MOVEMENTS,)


@pytest.mark.parametrize(("order", "first"), [(Order.NEWEST, 399), (Order.OLDEST, 100), (Order.LARGEST, 399), (Order.SMALLEST, 100)])
def test_of_a_hub_no_more_is_read_than_a_step_looks_at(connection: sqlite3.Connection, tmp_path: Path, order: Order, first: int):
    with SqliteSnapshot(connection, BANK.id, Moment(NOW, NOW * 2)) as snapshot:
        money = Money(snapshot, None, 7)
        found = money.moved([hub(tmp_path)], Way.OUT, Scope(per_step=7, order=order), MOVEMENTS)[hub(tmp_path)]
        assert len(found) == 7 and first in {movement.amount for movement in found}
        assert money.cut == (Cut.PER_STEP,), "the seven are all that was read"


def test_after_the_deadline_nothing_is_read_and_that_is_said(connection: sqlite3.Connection, tmp_path: Path):
    with SqliteSnapshot(connection, BANK.id, Moment(NOW, NOW * 2)) as snapshot:
        money = Money(snapshot, time.monotonic() - 1)
        assert money.moved([hub(tmp_path)], Way.OUT, Scope(), TRANSFERS) == {hub(tmp_path): []}
        assert money.tied([hub(tmp_path)], TieKind.USES_DEVICE, Way.OUT) == {hub(tmp_path): []}
        assert money.entities([hub(tmp_path)]) == {} and money.blocked([hub(tmp_path)]) == frozenset()
        assert money.cut == (Cut.DEADLINE,)
