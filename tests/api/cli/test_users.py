"""`ringfence users`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.cli.calling import Called, call, made

pytestmark = pytest.mark.usefixtures("each_engine")

OF = ("--institution", "rural-bank")


def create(data: Path, folder: Path, password: str = "correct horse battery", name: str = "li.na") -> Called:
    file = folder / "password"
    file.write_text(password + "\n")
    return call("users", "create", *OF, "--name", name, "--role", "ANALYST", "--role", "KYC", "--password-file", str(file), data=data)


def test_a_member_of_staff_is_made_listed_and_disabled(tmp_path):
    data = made(tmp_path)
    assert create(data, tmp_path).code == 0
    listed = call("users", "list", *OF, data=data).out
    assert "li.na" in listed and "ANALYST,KYC" in listed and "active" in listed
    assert call("users", "disable", *OF, "li.na", data=data).code == 0
    assert "disabled" in call("users", "list", *OF, data=data).out


def test_a_password_is_set_anew(tmp_path):
    data = made(tmp_path)
    create(data, tmp_path)
    (tmp_path / "new").write_text("another long password\n")
    assert call("users", "password", *OF, "li.na", "--password-file", str(tmp_path / "new"), data=data).code == 0
    assert call("users", "password", *OF, "nobody", "--password-file", str(tmp_path / "new"), data=data).code == 1


def test_a_short_password_and_a_name_twice_are_sentences(tmp_path):
    data = made(tmp_path)
    short = create(data, tmp_path, "short")
    assert (short.code, short.err) == (1, "A password has 12 to 256 characters: choose a longer or shorter one.\n")
    create(data, tmp_path)
    twice = create(data, tmp_path)
    assert (twice.code, twice.err) == (1, "rural-bank has a principal li.na already: choose another name.\n")


def test_a_service_is_no_member_of_staff(tmp_path):
    found = call("users", "create", *OF, "--name", "x", "--role", "SERVICE", data=tmp_path / "data")
    assert found.code == 2 and "SERVICE" in found.err
