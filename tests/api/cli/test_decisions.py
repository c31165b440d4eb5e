"""`ringfence decisions`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from api.app import check
from api.cli.options import on_records
from api.settings import Settings
from rules.records import save_decision
from rules.strategy import shipped
from tests.api.cli.calling import Called, call, made
from tests.rules.test_records import decided


def decided_here(folder: Path, count: int = 3) -> Path:
    """A data folder with decisions of the shipped strategy."""
    data = made(folder)

    def work(connection, _vault, _now) -> None:
        for number in range(count):
            save_decision(connection, decided(number, institution="rural-bank", merchant=f"mer_{number}"))

    on_records(data, work)
    return data


def change(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "records.db", isolation_level=None)) as file:
        assert file.execute(statement).rowcount > 0


def replayed(data: Path) -> Called:
    return call("decisions", "replay", "--institution", "rural-bank", data=data)


def test_all_decisions_come_out_as_they_were_kept(tmp_path):
    found = replayed(decided_here(tmp_path, 120))
    assert (found.code, found.out) == (0, "All 120 decisions of rural-bank come out as they were kept, byte for byte.\n")


def test_a_decision_that_comes_out_otherwise_is_named(tmp_path):
    data = decided_here(tmp_path)
    change(data, "UPDATE decisions SET judgement = replace(judgement, '\"score\":', '\"score\":1') WHERE id = 'dec_0001'")
    found = replayed(data)
    assert (found.code, found.out) == (1, "")
    assert found.err == "Of 3 decisions of rural-bank 1 come out otherwise than they were kept: dec_0001.\n"


def test_a_strategy_that_is_not_kept_is_said(tmp_path):
    data = decided_here(tmp_path)
    change(data, "UPDATE decisions SET strategy = 'str_lost' WHERE id = 'dec_0002'")
    found = replayed(data)
    assert found.code == 1
    assert "1 were made by a strategy that is not kept, or on signals that are no more: dec_0002." in found.err


def test_a_new_institution_keeps_the_strategy_that_its_decisions_will_cite(tmp_path):
    data = made(tmp_path)
    with closing(sqlite3.connect(data / "records.db")) as file:
        assert file.execute("SELECT institution, id FROM strategies").fetchall() == [("rural-bank", shipped().strategy.id)]
        assert file.execute("SELECT count(*) FROM live_strategies").fetchone() == (0,)


def test_an_unknown_institution_is_a_sentence(tmp_path):
    found = call("decisions", "replay", "--institution", "nobody", data=made(tmp_path))
    assert (found.code, found.err) == (1, "There is no institution nobody: see `ringfence institutions list`.\n")


def test_a_server_keeps_its_strategy_for_institutions_that_an_earlier_program_made(tmp_path):
    data = made(tmp_path)
    change(data, "DELETE FROM strategies")
    for _ in range(2):
        check(replace(Settings(), data=data))
        with closing(sqlite3.connect(data / "records.db")) as file:
            assert file.execute("SELECT id FROM strategies").fetchall() == [(shipped().strategy.id,)]


def test_a_strategy_that_was_changed_without_a_new_version_stops_no_server(tmp_path):
    data = made(tmp_path)
    change(data, "UPDATE strategies SET id = 'str_other'")
    check(replace(Settings(), data=data))
    with closing(sqlite3.connect(data / "records.db")) as file:
        assert file.execute("SELECT id FROM strategies").fetchall() == [("str_other",)]
