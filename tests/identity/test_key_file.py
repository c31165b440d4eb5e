"""The key file: made once, whole, private, and never replaced."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from identity.key_file import Keys, VaultError, open_keys


def test_the_first_start_makes_a_private_file_and_the_second_reads_it(tmp_path: Path):
    path = tmp_path / "below" / "keys.json"
    made = open_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_keys(path) == made
    assert len(made.root) == 32 and len(made.tokens) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"], "no draft is left"


def test_two_deployments_have_different_keys(tmp_path: Path):
    assert open_keys(tmp_path / "a") != open_keys(tmp_path / "b")


def test_many_processes_that_start_at_once_share_one_file(tmp_path: Path):
    script = (
        "import sys, hashlib, pathlib; from identity.key_file import open_keys;"
        "print(hashlib.sha256(open_keys(pathlib.Path(sys.argv[1])).root).hexdigest())"
    )

    def start(_: int) -> str:
        run = subprocess.run([sys.executable, "-c", script, str(tmp_path / "keys.json")], capture_output=True, text=True, check=True)
        return run.stdout.strip()

    with ThreadPoolExecutor(6) as executor:
        answers = set(executor.map(start, range(6)))
    assert answers == {hashlib.sha256(open_keys(tmp_path / "keys.json").root).hexdigest()}


def test_threads_that_start_at_once_share_one_file(tmp_path: Path):
    with ThreadPoolExecutor(16) as executor:
        found = set(executor.map(lambda _: open_keys(tmp_path / "keys.json"), range(64)))
    assert len(found) == 1


def test_a_start_that_was_killed_leaves_nothing_that_is_taken_for_a_key_file(tmp_path: Path):
    path = tmp_path / "keys.json"
    (tmp_path / ".keys.json.0123456789abcdef.draft").write_bytes(b'{"format": 1, "ro')
    made = open_keys(path)
    assert open_keys(path) == made
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"], "the next start clears the draft away"


def test_a_missing_file_is_an_error_where_one_must_be(tmp_path: Path):
    with pytest.raises(VaultError, match="is missing"):
        open_keys(tmp_path / "keys.json", create=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_could_read_or_change_is_refused(tmp_path: Path, mode: int):
    path = tmp_path / "keys.json"
    open_keys(path)
    path.chmod(mode)
    with pytest.raises(VaultError, match="chmod 600"):
        open_keys(path)


def _change(path: Path, **changes: object) -> None:
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, **changes}))


def _key(length: int = 32) -> str:
    return base64.b64encode(os.urandom(length)).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"root": _key()},
        {"root": _key(31)},
        {"root": "not base64 !"},
        {"root": 7},
        {"tokens": []},
        {"tokens": [{"version": 2, "key": _key()}]},
        {"tokens": [{"version": 1}]},
        {"tokens": "none"},
        {"check": ""},
    ],
)
def test_any_change_to_the_file_is_noticed(tmp_path: Path, change: dict[str, object]):
    path = tmp_path / "keys.json"
    open_keys(path)
    _change(path, **change)
    with pytest.raises(VaultError, match="damaged"):
        open_keys(path)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * 70_000])
def test_what_is_no_key_file_is_refused_in_a_sentence(tmp_path: Path, text: bytes):
    path = tmp_path / "keys.json"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(VaultError, match="damaged"):
        open_keys(path)


def test_a_newer_format_names_the_remedy(tmp_path: Path):
    path = tmp_path / "keys.json"
    open_keys(path)
    _change(path, format=2)
    with pytest.raises(VaultError, match="run the version that made it"):
        open_keys(path)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path):
    (tmp_path / "keys.json").mkdir(mode=0o700)
    with pytest.raises(VaultError, match="not a plain file"):
        open_keys(tmp_path / "keys.json")


def test_a_path_through_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(VaultError, match="file"):
        open_keys(tmp_path / "file" / "keys.json")


def _as_nobody(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as a user for whom permissions hold; root may do everything."""
    drop = "import os, sys, pathlib\nimport identity.key_file as k\n"
    drop += "if os.getuid() == 0:\n os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    return subprocess.run([sys.executable, "-c", drop + script, str(path)], capture_output=True, text=True, check=False)


OPEN = "try: k.open_keys(pathlib.Path(sys.argv[1]))\nexcept k.VaultError as error: print(error); sys.exit(7)"


def test_a_read_only_folder_is_a_sentence(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for each in (tmp_path, *tmp_path.parents[:2]):
        each.chmod(each.stat().st_mode | 0o005)
    folder.chmod(0o555)
    run = _as_nobody(OPEN, folder / "keys.json")
    folder.chmod(0o755)
    assert run.returncode == 7, run.stderr
    assert "cannot be made" in run.stdout and "--data" in run.stdout


def test_an_unreadable_file_is_a_sentence(tmp_path: Path):
    path = tmp_path / "keys.json"
    open_keys(path)
    for each in (tmp_path, *tmp_path.parents[:2]):
        each.chmod(each.stat().st_mode | 0o005)
    path.chmod(0o000)
    run = _as_nobody(OPEN, path)
    assert run.returncode == 7, run.stderr
    assert "cannot be opened" in run.stdout


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path):
    script = (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        + OPEN
    )
    target = tmp_path / "keys.json"
    run = subprocess.run(
        [sys.executable, "-c", "import os, sys, pathlib\nimport identity.key_file as k\n" + script, str(target)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 7, run.stderr
    assert "cannot be made" in run.stdout
    assert not list(tmp_path.iterdir())


def test_token_keys_have_versions(tmp_path: Path):
    path = tmp_path / "keys.json"
    first = open_keys(path)
    second = Keys(first.root, (*first.tokens, os.urandom(32)))
    from identity.key_file import _text

    path.write_bytes(_text(second))
    assert open_keys(path) == second
