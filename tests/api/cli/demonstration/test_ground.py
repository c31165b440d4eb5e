from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli.demonstration import ground
from api.cli.demonstration.ground import MARKER, Ground
from api.cli.institutions import create
from api.cli.options import Failure


def test_a_folder_of_somebody_elses_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "graph.db").write_text("precious")
    with pytest.raises(Failure, match="holds something that is no demonstration"):
        Ground(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["graph.db"]
    with pytest.raises(Failure, match="holds something that is no demonstration"):
        Ground(tmp_path / "graph.db")


def test_what_an_interrupted_demonstration_left_is_begun_anew(tmp_path: Path) -> None:
    first = Ground(tmp_path / "data")
    assert not first.again
    (tmp_path / "data" / "graph.db").write_text("half")
    (tmp_path / "data" / "market").mkdir()
    (tmp_path / "data" / "market" / "live.jsonl").write_text("half")
    first.close()
    second = Ground(tmp_path / "data")
    assert second.again
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [MARKER, ground.LOCK]
    second.close()


def test_a_demonstration_that_runs_keeps_its_folder(tmp_path: Path) -> None:
    first = Ground(tmp_path / "data")
    (tmp_path / "data" / "graph.db").write_text("in use")
    with pytest.raises(Failure, match="is still running"):
        Ground(tmp_path / "data")
    assert (tmp_path / "data" / "graph.db").read_text() == "in use"
    first.close()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure) as caught:
        Ground(tmp_path / "file" / "data")
    assert str(caught.value.message).count("\n") == 0
    if os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(Failure, match="read-only"):
            Ground(tmp_path / "locked" / "data")


def test_a_disk_without_room_is_said_before_the_work(tmp_path: Path) -> None:
    place = Ground(tmp_path / "data")
    with pytest.raises(Failure, match="The disk is too full"):
        place.check_room(10**15)
    place.check_room(1)
    place.close()


def test_two_institutions_with_a_key_and_an_analyst_are_made_and_links_open_for_the_analyst(tmp_path: Path) -> None:
    place = Ground(tmp_path / "data")
    tenants = place.tenants()
    assert tenants.key
    assert len(tenants.password) >= 12
    assert place.link("/decisions/dec_x", 5.0) != place.link("/decisions/dec_x", 5.0)
    place.close()


def test_a_folder_in_which_somebody_made_an_institution_is_no_demonstrations_any_more(tmp_path: Path) -> None:
    Ground(tmp_path / "data").close()
    arguments = ["rural-bank", "--name", "Rural Bank", "--data", str(tmp_path / "data")]
    assert CliRunner().invoke(create, arguments).exit_code == 0
    with pytest.raises(Failure, match="holds something that is no demonstration"):
        Ground(tmp_path / "data")
    assert (tmp_path / "data" / "keys.json").exists()
