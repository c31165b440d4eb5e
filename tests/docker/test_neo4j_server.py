"""`docker/servers/neo4j.py`: stops its own process and no other, starts nothing twice, and says what is missing in one sentence."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "docker" / "servers" / "neo4j.py"
OURS = ROOT / ".servers" / "neo4j"


def run(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) if path is None else os.environ | {"PATH": path}
    return subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


def test_a_process_that_was_not_started_for_the_folder_is_left_alone(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (tmp_path / "pid").write_text(f"{other.pid}\n")
        done = run("stop", "--folder", str(tmp_path))
        assert (done.returncode, done.stdout) == (0, "Neo4j does not run.\n")
        assert other.poll() is None
        other.kill()


def test_without_maven_it_says_so_in_a_sentence(tmp_path: Path):
    done = run("start", "--folder", str(tmp_path / "neo4j"), path=str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "install" in done.stderr


@pytest.mark.graph_server(folder=True)
def test_started_again_it_is_the_same_server():
    before = (OURS / "pid").read_text(), (OURS / "address").read_text(), (OURS / "password").read_text()
    done = run("start")
    assert done.returncode == 0 and before[1].strip() in done.stdout
    assert ((OURS / "pid").read_text(), (OURS / "address").read_text(), (OURS / "password").read_text()) == before


@pytest.mark.graph_server(folder=True)
def test_the_password_is_its_owners_alone_and_the_server_listens_here_alone():
    assert stat.S_IMODE((OURS / "password").stat().st_mode) == 0o600
    assert (OURS / "address").read_text().startswith("bolt://127.0.0.1:")
