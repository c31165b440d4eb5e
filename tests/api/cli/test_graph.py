"""`ringfence graph`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.api.cli.calling import call, made

MAPPING = """
mapping: 1
source: core
files:
  - files: ties.csv
    format: csv
    occurredAt: "2026-10-01T00:00:00Z"
    facts:
      - id: "{id}"
        content:
          tieObserved: {from: {merchant: "{merchant}"}, kind: USES_DEVICE, to: {device: "{device}"}}
"""


def filled(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    data = made(folder)
    (folder / "m.yaml").write_text(MAPPING)
    (folder / "ties.csv").write_text("id,merchant,device\n" + "".join(f"f{n},M-{n},fp-{n % 2}\n" for n in range(6)))
    imported = call("import", str(folder / "ties.csv"), "--mapping", str(folder / "m.yaml"), data=data)
    assert imported.code == 0, imported.err
    return data


def test_a_graph_that_is_what_its_facts_say_is_said_to_be(tmp_path):
    data = filled(tmp_path)
    found = call("graph", "check", data=data)
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("The graph is what its facts say: ") and "of 6 facts compared." in found.out


def test_what_differs_is_said_with_exit_code_1_and_building_again_cures_it(tmp_path):
    data = filled(tmp_path)
    with closing(sqlite3.connect(data / "graph.db", isolation_level=None)) as file:
        file.execute("UPDATE node SET reach = 42 WHERE reach = 3")
    found = call("graph", "check", data=data)
    assert found.code == 1
    assert found.out.startswith("node: 2 missing, 2 that no fact says; for example dev_")
    assert "`ringfence graph rebuild`" in found.err
    again = call("graph", "rebuild", data=data)
    assert (again.code, again.out) == (0, "The graph is derived from its 6 facts again.\n")
    assert call("graph", "check", data=data).code == 0


def test_a_folder_without_a_graph_is_a_sentence_and_stays_empty(tmp_path):
    for command in ("check", "rebuild"):
        found = call("graph", command, data=tmp_path / "data")
        assert (found.code, found.out) == (1, "")
        assert found.err.startswith("There is no graph in ")
    assert not (tmp_path / "data").exists()


def test_a_graph_written_with_other_keys_is_left_alone(tmp_path):
    data = filled(tmp_path)
    other = filled(tmp_path / "other")
    (data / "keys.json").write_bytes((other / "keys.json").read_bytes())
    before = (data / "graph.db").read_bytes()
    found = call("graph", "rebuild", data=data)
    assert found.code == 1 and "other keys" in found.err
    assert (data / "graph.db").read_bytes() == before
