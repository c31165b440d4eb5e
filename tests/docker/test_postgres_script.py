"""`docker/servers/postgres`: starting twice is starting once, stopping stops this one alone, and nothing is open that need not be."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.servers import APP, OWNER, ROOT, SCRIPT, SUPERUSER, Postgres


def call(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments, "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environ})


@pytest.fixture
def folder(postgres_server: Postgres) -> Iterator[Path]:
    """A folder of the test's own that PostgreSQL's user may enter; what runs there is stopped."""
    assert postgres_server.port, "there is a PostgreSQL here"
    made = Path(tempfile.mkdtemp(prefix="ringfence-script-")) / "postgres"
    made.parent.chmod(0o755)
    try:
        yield made
    finally:
        with suppress(subprocess.SubprocessError):
            call(made, "stop")
        shutil.rmtree(made.parent, ignore_errors=True)


def main_process(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def test_it_starts_once_stops_once_keeps_what_was_written_and_touches_no_other(folder, postgres_server):
    first = call(folder, "start")
    assert first.returncode == 0, first.stderr
    running, port = main_process(folder), int((folder / "port").read_text())
    second = call(folder, "start")
    assert second.returncode == 0 and "runs already" in second.stderr
    assert (main_process(folder), second.stdout) == (running, first.stdout)
    password = (folder / f"{OWNER}.password").read_text()
    with psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/ringfence", password=password, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number integer)")
    assert call(folder, "status").returncode == 0
    assert "is stopped" in call(folder, "stop").stderr
    again = call(folder, "stop")
    assert (again.returncode, again.stderr) == (0, "PostgreSQL does not run.\n")
    assert call(folder, "status").returncode == 1
    assert postgres_server.ask("SELECT 1") == [(1,)], "the other one runs on"
    assert call(folder, "start").returncode == 0
    with psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/ringfence", password=password) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_it_listens_on_the_loopback_alone_and_lets_nobody_in_without_a_password(folder):
    assert call(folder, "start").returncode == 0
    port = int((folder / "port").read_text())
    with psycopg.connect(
        f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres", password=(folder / f"{SUPERUSER}.password").read_text()
    ) as c:
        shown = [c.execute(f"SHOW {name}".encode()).fetchone() for name in ("listen_addresses", "unix_socket_directories", "fsync")]
    assert shown == [("127.0.0.1",), ("",), ("on",)]
    for role in (SUPERUSER, OWNER, APP):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{role}@127.0.0.1:{port}/postgres")
        mode = (folder / f"{role}.password").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600 and len((folder / f"{role}.password").read_text()) >= 32
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_password_is_printed_or_on_a_command_line(folder):
    said = call(folder, "start")
    secrets = [(folder / f"{role}.password").read_text() for role in (SUPERUSER, OWNER, APP)]
    lines = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()).decode("utf-8", "replace")
    for secret in secrets:
        assert secret not in said.stdout + said.stderr + lines + (folder / "postgres.log").read_text()


def test_a_taken_port_is_a_sentence_and_the_next_start_finds_another(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = call(folder, "start", "--port", str(port))
        assert (found.returncode, found.stderr) == (2, f"Port {port} is taken: choose another with --port.\n")
        assert call(folder, "start").returncode == 0


def test_a_first_start_that_was_interrupted_is_begun_anew(folder):
    (folder / "making").mkdir(parents=True)
    (folder / "making" / "PG_VERSION").write_text("15")
    (folder / "data").mkdir()
    found = call(folder, "start")
    assert found.returncode == 0, found.stderr


def test_a_folder_that_the_servers_user_may_not_enter_is_a_sentence(folder):
    folder.parent.chmod(0o700)
    found = call(folder, "start")
    if os.geteuid() == 0:
        assert found.returncode == 2 and found.stderr.startswith("The user postgres may not enter ") and "Traceback" not in found.stderr
    else:
        assert found.returncode == 0, "whoever is not root runs PostgreSQL himself"


def test_a_machine_without_postgresql_is_told_how_to_have_it(folder):
    code = (
        "import importlib.util, pathlib, sys\n"
        f"spec = importlib.util.spec_from_file_location('postgres', {str(SCRIPT)!r})\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "module.programs([pathlib.Path('/nowhere')])\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 2 and "apt-get install postgresql" in found.stderr and "Traceback" not in found.stderr
