"""`ringfence migrate`."""

from __future__ import annotations

from tests.api.cli.calling import call


def test_it_makes_the_tables_once(tmp_path, each_empty_engine):
    assert call("migrate", data=tmp_path / "data").out == "The records are now at this version's tables.\n"
    assert call("migrate", data=tmp_path / "data").out == "The records are at this version's tables already.\n"
