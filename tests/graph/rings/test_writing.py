"""Rings as Parquet."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from graph.rings.finding import find_rings
from graph.rings.writing import write_rings
from tests.graph.rings.ties import crowd


def test_rings_and_members_are_read_back_and_nothing_is_overwritten(tmp_path):
    rings = find_rings(crowd(range(4), "dev_a", "pho_a", days=1))
    write_rings(rings, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "rings.parquet")
    assert table.schema.metadata[b"weights"] == b"default-1"
    (ring,), members = table.to_pylist(), pq.read_table(tmp_path / "out" / "members.parquet").to_pylist()
    assert (ring["ring"], ring["members"], ring["kinds"]) == (rings.rings[0].id, 8, ["DEVICE", "PHONE"])
    assert {member["entity"] for member in members} == {member.entity for member in rings.rings[0].members}
    (tmp_path / "out" / "rings.parquet").unlink()
    with pytest.raises(FileExistsError):
        write_rings(rings, tmp_path / "out")
    assert not (tmp_path / "out" / "rings.parquet").exists(), "nothing is half written"


def test_no_rings_are_two_files_without_rows(tmp_path):
    write_rings(find_rings([]), tmp_path)
    assert pq.read_table(tmp_path / "members.parquet").num_rows == 0
