"""`ringfence rings`."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

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
    """Six companies at one device within a moment, and two at another."""
    data = made(folder)
    (folder / "m.yaml").write_text(MAPPING)
    (folder / "ties.csv").write_text("id,merchant,device\n" + "".join(f"f{n},M-{n},fingerprint-{n // 6}\n" for n in range(8)))
    imported = call("import", str(folder / "ties.csv"), "--mapping", str(folder / "m.yaml"), data=data)
    assert imported.code == 0, imported.err
    return data


def test_rings_are_found_told_and_written(tmp_path):
    data = filled(tmp_path)
    found = call("rings", "rebuild", "--institution", "rural-bank", "--out", str(tmp_path / "out"), data=data)
    assert found.code == 0, found.err
    assert found.out.startswith("1 rings among 8 actors: 16 strong pairs, the largest component of them has 6 actors")
    assert pq.read_table(tmp_path / "out" / "members.parquet").num_rows == 6
    again = call("rings", "rebuild", "--institution", "rural-bank", "--out", str(tmp_path / "out"), data=data)
    assert again.code == 1
    assert "is there already" in again.err


def test_how_rings_came_to_be_is_told(tmp_path):
    data = filled(tmp_path)
    found = call("rings", "history", "--institution", "rural-bank", data=data)
    assert found.code == 0, found.err
    head, event = found.out.splitlines()
    assert head.split() == ["when", "ring", "what", "members", "other", "ring"]
    assert event.split()[3:] == ["FOUND", "6"]
    none = call("rings", "history", "--institution", "rural-bank", "--ring", "rin_unknown", data=data)
    assert none.out.startswith("Nothing happened to rin_unknown")


def test_an_unknown_institution_is_a_sentence(tmp_path):
    found = call("rings", "rebuild", "--institution", "nobody", data=filled(tmp_path))
    assert found.code == 1
    assert "nobody" in found.err
