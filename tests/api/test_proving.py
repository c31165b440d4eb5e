"""What is stored of decisions is what the chain notes of them, and whatever was changed is found and named."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from api import audit
from api.app import open_records
from api.assessing import AssessRequest, assess
from api.audit import BrokenChain
from api.folder import RECORDS_FILE
from api.proving import DECIDING, Comparison
from rules.tables import decisions
from tests.api.opened import BANK, OTHER
from tests.api.running import FailingStore, application, request, running, service_of, settings_of, wait_for_jobs

DECISIONS = 6


async def decide(folder: Path) -> None:
    """Six decisions of a bank, one of them decided again and one loan decided twice, and one of another bank."""
    async with running(folder, FailingStore) as services:
        principal = await service_of(services)
        for number in range(3):
            await assess(services, principal, request(f"key-0000000{number}", f"L-{number}"))
        await assess(services, principal, AssessRequest("key-10000000", application("L-0", termDays=60)))
        services.graph.down = True
        await assess(services, principal, request("key-20000000", "L-9"))
        services.graph.down = False
        await wait_for_jobs(services)
        await assess(services, await service_of(services, OTHER), request("key-00000000", "L-0"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such records, closed."""
    folder = tmp_path_factory.mktemp("written")
    asyncio.run(decide(folder))
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(written / "data", tmp_path / "data")
    return tmp_path


def change(folder: Path, statement: str, *values: object) -> str:
    """Change what is stored behind the program's back; gives the id of the bank's first decision."""
    with contextlib.closing(sqlite3.connect(folder / "data" / RECORDS_FILE, isolation_level=None)) as connection:
        found = connection.execute("SELECT id FROM decisions WHERE institution = ? ORDER BY decided_at, id", (BANK.id,)).fetchone()[0]
        connection.execute(statement, values)
    return str(found)


def verify(folder: Path, institution: str = BANK.id) -> tuple[int, int]:
    """Entries and decisions that were proved."""
    records, vault = open_records(settings_of(folder))

    def work(connection: Connection) -> tuple[int, int]:
        comparison = Comparison(connection, institution)
        length = audit.verify(connection, vault.audit_key, institution, (), comparison.page)
        return length, comparison.end()

    try:
        return asyncio.run(records.read(work, 60))
    finally:
        records.close()


def test_what_nobody_touched_is_as_it_was_noted(folder):
    assert verify(folder) == (DECISIONS, DECISIONS)
    assert verify(folder, OTHER.id) == (1, 1)
    assert verify(folder, "nobody") == (0, 0)


FIRST = "(SELECT id FROM decisions WHERE institution = 'rural-bank' ORDER BY decided_at, id LIMIT 1)"

CHANGES: dict[str, str] = {
    "loan": "'loa_x'",
    "merchant": "'mer_x'",
    "applicant": "'per_x'",
    "verdict": "CASE verdict WHEN 'APPROVE' THEN 'DECLINE' ELSE 'APPROVE' END",
    "degraded": "1 - degraded",
    "at": "at + 1",
    "known_at": "known_at - 1",
    "decided_at": "decided_at + 1",
    "strategy": "'str_x'",
    "strategy_name": "'another'",
    "strategy_version": "strategy_version + 1",
    "inputs_hash": "'00'",
    "dossier": "CAST(replace(CAST(dossier AS TEXT), '500000', '400000') AS BLOB)",
    "judgement": "CAST(replace(CAST(judgement AS TEXT), '\"score\":', '\"score\":1') AS BLOB)",
    "timing": "'[0,0,0,0,0,0]'",
    "cpu": "cpu + 0.5",
    "read": "read + 1",
    "micros": "micros + 1",
}


def test_every_column_has_a_change_to_be_found():
    assert set(CHANGES) == {column.name for column in decisions.columns} - {"id", "institution", "replaced_by"}


@pytest.mark.parametrize("column", sorted(CHANGES))
def test_a_decision_that_was_changed_is_named(folder, column):
    id_ = change(folder, f"UPDATE decisions SET {column} = {CHANGES[column]} WHERE id = {FIRST}")
    with pytest.raises(BrokenChain, match=f"Decision {id_} of rural-bank was changed: it is not the one that audit entry 1 notes"):
        verify(folder)


@pytest.mark.parametrize("column", sorted(CHANGES))
@pytest.mark.parametrize("value", ["'text'", "x'ff'", "1.5"])
def test_a_value_of_another_type_is_a_change_and_no_fault(folder, column, value):
    id_ = change(folder, f"UPDATE decisions SET {column} = {value} WHERE id = {FIRST}")
    with pytest.raises(BrokenChain, match=id_):
        verify(folder)


def test_a_decision_that_is_gone_or_in_other_hands_is_named(folder):
    id_ = change(folder, f"UPDATE decisions SET institution = 'city-bank' WHERE id = {FIRST}")
    with pytest.raises(BrokenChain, match=f"Decision {id_} of rural-bank, which audit entry 1 notes, is missing"):
        verify(folder)
    with pytest.raises(BrokenChain, match=f"no audit entry notes decision {id_}"):
        verify(folder, OTHER.id)
    change(folder, f"DELETE FROM decisions WHERE id = '{id_}'")
    with pytest.raises(BrokenChain, match=f"Decision {id_} .* is missing"):
        verify(folder)


def test_a_decision_that_was_slipped_in_is_named(folder):
    columns = [column.name for column in decisions.columns if column.name != "id"]
    names = ", ".join(columns)
    change(folder, f"INSERT INTO decisions (id, {names}) SELECT 'dec_slipped', {names} FROM decisions WHERE id = {FIRST}")
    with pytest.raises(BrokenChain, match="no audit entry notes decision dec_slipped"):
        verify(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET replaced_by = NULL WHERE replaced_by IS NOT NULL AND institution = 'rural-bank'",
        "UPDATE decisions SET replaced_by = id WHERE replaced_by IS NOT NULL AND institution = 'rural-bank'",
        "UPDATE decisions SET replaced_by = 'dec_x' WHERE replaced_by IS NOT NULL AND institution = 'rural-bank'",
        f"UPDATE decisions SET replaced_by = 'dec_x' WHERE id = {FIRST}",
        "UPDATE decisions SET replaced_by = id WHERE replaced_by IS NULL AND institution = 'rural-bank'",
    ],
)
def test_what_replaced_a_decision_follows_from_the_others(folder, statement):
    change(folder, statement)
    with pytest.raises(BrokenChain, match="`replaced_by` was changed"):
        verify(folder)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "DELETE FROM decision_reasons WHERE MINE AND decision = (SELECT min(decision) FROM decision_reasons WHERE MINE)",
            "some were removed",
        ),
        ("UPDATE decision_reasons SET code = 'NONSENSE_' || code WHERE MINE", "has no reason NONSENSE_"),
        ("UPDATE decision_reasons SET decided_at = decided_at + 1 WHERE MINE", "its line was added or changed"),
        ("INSERT INTO decision_reasons VALUES ('rural-bank', 'NONSENSE', 1, 'dec_x')", "Decision dec_x of rural-bank has no reason"),
    ],
)
def test_lines_of_reasons_are_those_of_the_judgements(folder, statement, said):
    change(folder, statement.replace("MINE", "institution = 'rural-bank'"))
    with pytest.raises(BrokenChain, match=said):
        verify(folder)


def test_an_entry_of_an_earlier_version_proves_the_judgement(folder):
    """Their digests are of the judgement alone; written as they were, under the chain's own key."""
    records, vault = open_records(settings_of(folder))

    def rewrite(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM audit_heads WHERE institution = 'rural-bank'")
        rows = connection.exec_driver_sql(
            "SELECT at, principal, action, subjects FROM audit_entries WHERE institution = 'rural-bank'"
        ).all()
        connection.exec_driver_sql("DELETE FROM audit_entries WHERE institution = 'rural-bank'")
        for at, principal, action, subjects in rows:
            assert action in DECIDING
            id_ = subjects.split()[0]
            judgement: Any = connection.exec_driver_sql("SELECT judgement FROM decisions WHERE id = ?", (id_,)).scalar_one()
            event = audit.Event(BANK.id, at, principal, action, tuple(subjects.split()), audit.digest(judgement))
            audit.append(connection, vault.audit_key, event)

    asyncio.run(records.write(rewrite))
    records.close()
    assert verify(folder) == (DECISIONS, DECISIONS)
    id_ = change(folder, f"UPDATE decisions SET judgement = {CHANGES['judgement']} WHERE id = {FIRST}")
    with pytest.raises(BrokenChain, match=f"Decision {id_} of rural-bank was changed"):
        verify(folder)
