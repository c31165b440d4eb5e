"""Commands on records that a server keeps: what is wrong with it is one sentence, and never a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.cli.calling import call, made
from tests.servers import APP, OWNER, Database


@pytest.fixture
def there(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    for name, value in database.environ().items():
        monkeypatch.setenv(name, value)
    return database


def test_nothing_of_the_records_is_in_the_folder(tmp_path, there):
    data = made(tmp_path)
    assert not list(data.glob("records.db*"))
    assert call("institutions", "list", data=data).out.count("rural-bank") == 1
    with there.connect(OWNER) as connection:
        assert connection.execute("SELECT id FROM institutions").fetchall() == [("rural-bank",)]


def test_the_apps_role_alone_cannot_migrate_and_says_how_to(tmp_path, empty_database, monkeypatch):
    for name, value in empty_database.environ().items():
        if "OWNER" not in name:
            monkeypatch.setenv(name, value)
    for arguments in (("migrate",), ("institutions", "list")):
        found = call(*arguments, data=tmp_path / "data")
        assert (found.code, "RINGFENCE_RECORDS_OWNER_URL" in found.err) == (1, True), found
    monkeypatch.setenv("RINGFENCE_RECORDS_OWNER_URL", empty_database.url(OWNER))
    monkeypatch.setenv("RINGFENCE_RECORDS_OWNER_PASSWORD_FILE", empty_database.environ()["RINGFENCE_RECORDS_OWNER_PASSWORD_FILE"])
    assert call("migrate", data=tmp_path / "data").code == 0
    monkeypatch.delenv("RINGFENCE_RECORDS_OWNER_URL")
    assert call("institutions", "list", data=tmp_path / "data").code == 0


def test_a_lost_key_file_and_one_of_another_deployment_are_noticed(tmp_path, there):
    data = made(tmp_path)
    (data / "keys.json").rename(data / "aside.json")
    lost = call("institutions", "list", data=data)
    assert lost.code == 1 and not (data / "keys.json").exists(), "none is made in its place"
    other = call("institutions", "list", data=tmp_path / "elsewhere")
    assert other.code == 1 and not (tmp_path / "elsewhere" / "keys.json").exists()
    (data / "aside.json").rename(data / "keys.json")
    assert call("institutions", "list", data=data).code == 0


def test_empty_records_beside_a_graph_are_noticed(tmp_path, there):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "graph.db").write_bytes(b"")
    found = call("institutions", "list", data=tmp_path / "data")
    assert (found.code, "are empty though graph.db is there" in found.err) == (1, True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"RINGFENCE_RECORDS_URL": "postgresql://ringfence@127.0.0.1:1/ringfence"}, "refuses connections"),
        ({"RINGFENCE_RECORDS_PASSWORD_FILE": "wrong"}, "refuses the password: see RINGFENCE_RECORDS_PASSWORD_FILE"),
        ({"RINGFENCE_RECORDS_URL": "nowhere"}, "no address of PostgreSQL"),
        ({"RINGFENCE_RECORDS_URL": "postgresql://ringfence@127.0.0.1:PORT/no_such_database"}, "no such database or role"),
        ({"RINGFENCE_RECORDS_URL": "postgresql://ringfence@127.0.0.1:PORT/postgres?nonsense=1"}, "cannot be read"),
    ],
)
def test_what_is_wrong_with_the_server_is_one_sentence(tmp_path, there, monkeypatch, change, says):
    (tmp_path / "wrong").write_text("not the password")
    for name, value in change.items():
        monkeypatch.setenv(name, str(tmp_path / "wrong") if value == "wrong" else value.replace("PORT", str(there.port)))
    secrets = [there.server.secret(role) for role in (APP, OWNER)]
    for command in (("institutions", "list"), ("migrate",), ("serve", "--port", "0")):
        if command[0] == "migrate" and "OWNER" not in str(change):
            continue
        found = call(*command, data=tmp_path / "data")
        assert (found.code, says in found.err, found.err.count("\n")) == (1, True, 1), found
        assert not any(secret in found.err + found.out for secret in [*secrets, "not the password"])


def test_the_import_command_finds_institutions_on_the_server(tmp_path, there):
    data = made(tmp_path)
    Path(tmp_path / "facts.csv").write_text("id\n")
    found = call("import", str(tmp_path / "facts.csv"), "--mapping", str(tmp_path / "none.yaml"), "--institution", "none", data=data)
    assert found.code != 0 and "Traceback" not in found.err
