"""No question scans a table or builds a filter over one, before and after ANALYZE, which may change the planner's mind."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from graph.contents import PersonDescribed
from graph.flows.scope import Order, Scope, Window
from graph.model import Moment, TieKind, WalkBounds
from graph.stores.sqlite.store import SqliteStore
from graph.stores.sqlite.tables import open_writer
from tests.factory import account, application, described, device, fact, institution, loan, merchant, person, tie, transfer, vault
from tests.graph.flows.test_stores_agree import Everything

BANK = institution()
NOW = 10**13
TABLES = [
    "entity",
    "node",
    "tie",
    "t",
    "fact",
    "f",
    "mention",
    "m",
    "movement",
    "observation",
    "o",
    "statement",
    "claim",
    "description",
    "e",
    "n",
]
FORBIDDEN = tuple(f"SCAN {table}" for table in TABLES)
"""Steps of a plan that read all of a table, by its name or by what statements call it."""


class TracedStore(SqliteStore):
    """A store that notes every statement its readers run."""

    asked: set[str]

    def _open_reader(self) -> sqlite3.Connection:
        connection = super()._open_reader()
        connection.set_trace_callback(self.asked.add)
        return connection


@pytest.fixture
def graph(tmp_path: Path) -> TracedStore:
    chance = random.Random(7)
    facts = [described(), application(applicant=person())]
    for n in range(240):
        facts.append(fact(f"d{n}", PersonDescribed(person(f"P-{n}"), "Zhang San"), n + 1))
        facts.append(tie(f"u{n}", person(f"P-{n}"), TieKind.USES_DEVICE, device(f"device-{n % 7}"), n + 1))
        facts.append(tie(f"h{n}", person(f"P-{n}"), TieKind.HOLDS, account(f"acc-{n}"), n + 1))
        facts.append(transfer(f"t{n}", account(f"acc-{n}"), account(f"acc-{chance.randrange(300)}"), 5, n + 1))
    opened = TracedStore(tmp_path / "graph.db", vault(tmp_path).sealer, now=lambda: NOW)
    opened.asked = set()
    asyncio.run(opened.record(BANK, "core", facts))
    return opened


async def ask_everything(graph: SqliteStore, folder: Path, moment: Moment) -> None:
    sealer = vault(folder).sealer(BANK.id)
    ids = [sealer.entity_id(name.kind, name.key or "") for name in (merchant(), person("P-5"), device("device-1"), account("acc-5"))]
    await graph.entities(BANK.id, ids, moment)
    for id_ in ids:
        ties = await graph.ties(BANK.id, id_, moment, first=5)
        await graph.facts(BANK.id, id_, moment, first=5)
        if ties.items:
            await graph.tie(BANK.id, ties.items[0].id, moment)
        await graph.neighbourhood(BANK.id, id_, moment, WalkBounds(depth=4, ties_per_entity=5), deadline=5)
    await graph.loans(BANK.id, ids[0], moment, first=5)
    await graph.paths(BANK.id, ids[1], ids[2], moment, kinds=None, maximum_length=4, maximum_paths=5, deadline=5.0)
    await graph.surroundings(BANK.id, sealer.entity_id(loan().kind, "L-1"), moment, WalkBounds(depth=4), deadline=5)
    for order in Order:
        for most in (1, None):
            scope = Scope(Window(0, 200), 1, most, order)
            await graph.ask(BANK.id, Everything((*ids, sealer.entity_id(account("acc-7").kind, "acc-7")), scope), moment, deadline=5)


@pytest.mark.parametrize("analysed", [False, True])
def test_no_read_scans_a_table_or_builds_a_filter_over_one(graph: TracedStore, tmp_path: Path, analysed: bool):
    if analysed:
        writer = open_writer(tmp_path / "graph.db")
        writer.execute("ANALYZE")
        writer.close()
    for moment in (Moment(NOW, NOW * 2), Moment(150, NOW), Moment(NOW, 1)):
        asyncio.run(ask_everything(graph, tmp_path, moment))
    asyncio.run(graph.close())
    assert len(graph.asked) > 30
    planner = open_writer(tmp_path / "graph.db")
    for statement in graph.asked:
        if statement.startswith(("SELECT", "WITH")):
            plan = [row[3] for row in planner.execute(f"EXPLAIN QUERY PLAN {statement}")]
            wrong = [
                step for step in plan for forbidden in FORBIDDEN if step == forbidden or step.startswith(f"{forbidden} ") or "BLOOM" in step
            ]
            assert not wrong, (statement, plan)
    planner.close()
