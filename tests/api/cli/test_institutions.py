"""`ringfence institutions`."""

from __future__ import annotations

import pytest

from tests.api.cli.calling import call, made

pytestmark = pytest.mark.usefixtures("each_engine")


def test_an_institution_is_made_listed_suspended_and_let_back(tmp_path):
    data = made(tmp_path)
    listed = call("institutions", "list", data=data)
    assert [line.split()[0] for line in listed.out.splitlines()] == ["ID", "rural-bank"]
    assert "active" in listed.out
    assert call("institutions", "suspend", "rural-bank", data=data).code == 0
    assert "suspended" in call("institutions", "list", data=data).out
    assert call("institutions", "suspend", "rural-bank", "--resume", data=data).code == 0
    assert "active" in call("institutions", "list", data=data).out


def test_the_same_id_twice_and_an_unknown_one_are_sentences(tmp_path):
    data = made(tmp_path)
    again = call("institutions", "create", "rural-bank", "--name", "x", data=data)
    assert (again.code, again.err) == (1, "The institution rural-bank is there already: choose another id.\n")
    unknown = call("institutions", "suspend", "none", data=data)
    assert (unknown.code, unknown.err) == (1, "There is no institution none: see `ringfence institutions list`.\n")


def test_several_wrong_values_are_said_at_once(tmp_path):
    found = call("institutions", "create", "Bad Id", "--name", "x", "--currency", "yuan", "--time-zone", "Mars", data=tmp_path / "data")
    assert found.code == 1
    assert all(word in found.err for word in ("id", "currency", "time zone"))
