"""`ringfence import`, as a person types it: by a process of its own, killed and run again."""

from __future__ import annotations

import io
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from api.cli import main
from tests.graph.importing.recording import TRANSFERS, transfers
from tests.settings import SOAK

ROWS = 100_000 if SOAK else 20_000
KILLS = 20 if SOAK else 3


class Ran(NamedTuple):
    """What a command gave back."""

    returncode: int
    stdout: str
    stderr: str


def ringfence(*arguments: object, folder: Path) -> Ran:
    """Run a command here, with its data in the folder."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main([*map(str, arguments), "--data", str(folder / "data")])
    return Ran(int(left.value.code or 0), out.getvalue(), err.getvalue())


def started(*arguments: object, folder: Path) -> subprocess.Popen[str]:
    """Start a command as a process of its own, to be killed; it hears SIGINT also where the tests run in the background and do not."""
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heard}; from api.cli import main; main()", *map(str, arguments), "--data", str(folder / "data")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A folder with an institution and a mapping."""
    made = ringfence("institutions", "create", "rural-bank", "--name", "Rural Bank", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    (tmp_path / "m.yaml").write_text(dedent(TRANSFERS))
    return tmp_path


def facts_in(folder: Path) -> int:
    connection = sqlite3.connect(folder / "data" / "graph.db")
    try:
        return int(connection.execute("SELECT count(*) FROM fact").fetchone()[0])
    finally:
        connection.close()


def test_it_records_rejects_and_accounts_for_every_row(bank: Path):
    file = transfers(bank / "transfers.csv", 10)
    with file.open("a") as out:
        out.write("k10,A1,A2,minus one,2026-01-05,done\n")
    run = ringfence(
        "import", file, "--mapping", bank / "m.yaml", "--institution", "rural-bank", "--rejects", bank / "bad.jsonl", folder=bank
    )
    assert run.returncode == 0, run.stderr
    assert "Read 11 rows of 1 file: 10 made facts, 0 make none by the mapping, 1 were rejected." in run.stdout
    assert "Of 10 facts 10 were recorded, 0 were there already, 0 were refused." in run.stdout
    assert str(bank / "bad.jsonl") in run.stdout
    (found,) = [json.loads(line) for line in (bank / "bad.jsonl").read_text().splitlines()]
    assert found["line"] == 12 and "no number" in found["reason"]
    assert facts_in(bank) == 10


def test_the_only_institution_is_meant_when_none_is_named(bank: Path):
    file = transfers(bank / "transfers.csv", 1)
    assert ringfence("import", file, "--mapping", bank / "m.yaml", folder=bank).returncode == 0
    ringfence("institutions", "create", "city-bank", "--name", "City Bank", folder=bank)
    run = ringfence("import", file, "--mapping", bank / "m.yaml", folder=bank)
    assert run.returncode == 1 and run.stderr.strip() == "Say whose facts they are with --institution: city-bank, rural-bank."


def test_check_explains_and_writes_nothing(tmp_path: Path):
    (tmp_path / "m.yaml").write_text(dedent(TRANSFERS))
    run = ringfence("import", transfers(tmp_path / "transfers.csv", 3), "--mapping", tmp_path / "m.yaml", "--check", folder=tmp_path)
    assert run.returncode == 0 and "Line 2 makes 1 fact" in run.stdout
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["transfers.csv", "--mapping", "m.yaml"], 0, ""),
        (["none.csv", "--mapping", "m.yaml"], 2, "does not exist"),
        (["transfers.csv", "--mapping", "none.yaml"], 1, "cannot be read"),
        (["transfers.csv", "--mapping", "finbanch"], 1, "none that ships"),
        (["transfers.csv", "--mapping", "broken.yaml"], 1, "broken.yaml, line 1"),
        (["other.csv", "--mapping", "m.yaml"], 1, "it knows transfers"),
        (["transfers.csv", "--mapping", "m.yaml", "--institution", "nobody"], 1, "There is no institution nobody"),
        (["transfers.csv"], 2, "--mapping"),
        (["transfers2.csv", "--mapping", "m.yaml"], 1, "has no column key"),
        (["transfers3.csv.gz", "--mapping", "m.yaml"], 1, "header line cannot be read"),
    ],
)
def test_a_failure_is_one_sentence_and_an_exit_code(bank: Path, arguments: list[str], code: int, words: str):
    transfers(bank / "transfers.csv", 1)
    (bank / "broken.yaml").write_text("mapping: 2\nsource: a\nfiles: []\n")
    (bank / "other.csv").write_text("a\n")
    (bank / "transfers2.csv").write_text("a,b\n")
    (bank / "transfers3.csv.gz").write_text("no gzip")
    given = [str(bank / each) if "." in each else each for each in arguments]
    run = ringfence("import", *given, folder=bank)
    assert run.returncode == code, run.stderr
    assert words in run.stderr and "Traceback" not in run.stderr
    if code:
        assert len(run.stderr.strip().splitlines()) == 1


def test_an_import_that_is_killed_again_and_again_gives_the_same_graph(bank: Path):
    file = transfers(bank / "transfers.csv", ROWS)
    arguments = ("import", file, "--mapping", bank / "m.yaml")
    journals = bank / "data" / "imports"
    for kill in range(KILLS):
        running = started(*arguments, folder=bank)
        before = _rows_done(journals)
        until = time.monotonic() + 120
        while running.poll() is None and _rows_done(journals) <= before and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.03 * kill)  # at another place of a batch each time
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert _rows_done(journals) > before
    run = ringfence(*arguments, folder=bank)
    assert run.returncode == 0, run.stderr
    said = {number for line in run.stdout.splitlines() for number in re.findall(r"[\d,]+(?= (?:rows|made|were recorded|were there))", line)}
    assert f"{ROWS:,}" in said and "in an interrupted run before this one" in run.stdout
    recorded, repeated = (int(re.search(rf"([\d,]+) were {word}", run.stdout)[1].replace(",", "")) for word in ("recorded", "there"))  # type: ignore[index]
    assert recorded + repeated == ROWS == facts_in(bank)
    again = ringfence(*arguments, folder=bank)
    assert f"0 were recorded, {ROWS:,} were there already" in again.stdout
    assert _total(bank) == sum(n * 100 + 25 for n in range(ROWS)), "nothing is lost and nothing is doubled"


def _rows_done(journals: Path) -> int:
    """Rows that the journal says are done."""
    for path in journals.glob("*.json"):
        try:
            return int(json.loads(path.read_text())["files"][0]["rows"])
        except (OSError, ValueError):
            return 0
    return 0


def _total(folder: Path) -> int:
    """Sum of all that the accounts paid."""
    import asyncio

    from api.folder import GRAPH_FILE, KEY_FILE
    from graph.model import EntityKind, TieKind
    from graph.stores.sqlite.store import SqliteStore
    from identity.vault import Vault
    from tests.graph.importing.recording import EVER

    async def read() -> int:
        vault = Vault.open(folder / "data" / KEY_FILE, create=False)
        store = SqliteStore.open(folder / "data" / GRAPH_FILE, vault.sealer, vault.check_value())
        sealer = vault.sealer("rural-bank")
        total = 0
        for n in range(10):
            own = sealer.entity_id(EntityKind.ACCOUNT, f"A{n}")
            page = await store.ties("rural-bank", own, EVER, first=100, kinds=frozenset({TieKind.PAYS}))
            total += sum(tie.total or 0 for tie in page.items if tie.from_id == own)
        await store.close()
        return total

    return asyncio.run(read())


def test_an_interrupt_ends_an_import_and_the_next_run_goes_on(bank: Path):
    file = transfers(bank / "transfers.csv", 4 * ROWS)  # so that the interrupt comes before the end on a quick machine too
    arguments = ("import", file, "--mapping", bank / "m.yaml")
    running = started(*arguments, folder=bank)
    until = time.monotonic() + 120
    while running.poll() is None and _rows_done(bank / "data" / "imports") == 0 and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130 and "what was recorded so far is kept" in said and "Traceback" not in said
    run = ringfence(*arguments, folder=bank)
    assert run.returncode == 0 and "in an interrupted run" in run.stdout and facts_in(bank) == 4 * ROWS


def test_its_help_has_an_example_and_the_mappings_that_ship(tmp_path: Path):
    run = ringfence("import", "--help", folder=tmp_path)
    assert run.returncode == 0 and "Example: ringfence import" in run.stdout and "finbench" in run.stdout
