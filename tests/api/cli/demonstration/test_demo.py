from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from api.cli import main
from tests.api.served import COMMAND

ROOT = Path(__file__).resolve().parents[4]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def ringfence(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object], str]:
    """A whole small demonstration, begun over what an interrupted one left: its folder, report and print."""
    folder = tmp_path_factory.mktemp("demo")
    report = folder / "report.json"
    (folder / "data").mkdir()
    (folder / "data" / "demonstration").write_text("")
    (folder / "data" / "graph.db").write_text("what a killed one left")
    finished = ringfence("demo", "--data", folder / "data", "--merchants", 80, "--port", free_port(), "--no-serve", "--report", report)
    assert finished.returncode == 0, finished.stderr
    return folder, json.loads(report.read_text()), finished.stdout


def test_a_whole_demonstration_decides_every_application_and_refuses_no_fact(done: tuple[Path, dict[str, object], str]) -> None:
    _, report, _ = done
    groups = report["groups"]
    assert isinstance(groups, list)
    applied = sum(group["applied"] for group in groups)
    assert applied == report["decisions"]
    assert applied > 30
    assert report["facts_refused"] == 0
    assert isinstance(report["facts_imported"], int)
    assert isinstance(report["facts_live"], int)
    assert report["facts_imported"] + report["facts_live"] + applied == report["facts"]
    assert len({ring["group"] for ring in report["rings"]}) == 5  # type: ignore[attr-defined]


def test_the_printed_table_says_what_the_report_says(done: tuple[Path, dict[str, object], str]) -> None:
    _, report, printed = done
    summary = report["summary"]
    assert isinstance(summary, dict)
    assert f"{summary['rings_caught']} of {summary['rings']}" in printed
    assert f"each kept one stands for {report['receipts_thinned_by']}" in printed
    counts = re.search(
        r"([\d,]+) facts in all: ([\d,]+) imported at [\d,]+ a second, ([\d,]+) sent over HTTP, ([\d,]+) applications", printed
    )
    assert counts is not None
    whole, *parts = (int(number.replace(",", "")) for number in counts.groups())
    assert whole == sum(parts) == report["facts"]
    assert f"A second institution, finbench, has {report['finbench_facts']:,} facts" in printed
    for ring in summary["rings_missed"]:
        assert f"missed: {ring}" in printed
    assert "An earlier demonstration was here: beginning anew." in printed
    assert not [line for line in printed.splitlines() if line.startswith("{")], "the server's lines do not drown the table"


def test_labels_are_nowhere_in_the_folder_of_the_server(done: tuple[Path, dict[str, object], str]) -> None:
    folder, _, _ = done
    files = [path for path in (folder / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if "label" in path.name]
    for path in files:
        content = path.read_bytes()
        assert b"straw_borrowers" not in content
        assert b"farm-1" not in content


def test_an_interrupted_demonstration_says_that_the_next_begins_anew(tmp_path: Path) -> None:
    command = [*COMMAND, "demo", "--data", str(tmp_path / "data"), "--merchants", "80", "--port", str(free_port())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("simulating 90 days of 80 merchants")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said.strip()) == (130, "Interrupted; the next demonstration begins anew.")


def test_a_port_that_is_taken_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = ringfence("demo", "--data", tmp_path / "data", "--port", taken.getsockname()[1])
    assert refused.returncode == 1
    assert "port is already taken" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_folder_of_somebody_elses_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious").write_text("")
    with pytest.raises(SystemExit) as left:
        main(["demo", "--data", str(tmp_path), "--port", str(free_port())])
    assert left.value.code == 1
    assert "holds something that is no demonstration" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["demo", "--data", str(tmp_path / "data"), "--port", str(free_port()), "--report", str(tmp_path / "nowhere" / "report.json")])
    assert left.value.code == 1
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_simulation_writes_its_files_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["simulate", "--out", str(tmp_path / "market"), "--merchants", "60", "--days", "45"]
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert "Labels are in" in capsys.readouterr().out
    assert (tmp_path / "market" / "labels" / "labels.csv").stat().st_size > 0
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 1
    assert "holds files already" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "market")
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--facts", "10000", "--seed", "1"])
    assert left.value.code == 0
