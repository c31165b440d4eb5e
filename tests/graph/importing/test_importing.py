"""An import: good rows go in, bad ones are said, everything is accounted for, and a killed one goes on."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from graph.importing.importing import ImportJob, Progress, find_files, run_import
from graph.importing.journal import Journal
from graph.importing.readers import ImportFailed
from graph.model import EntityKind
from tests.graph.importing.recording import BANK, BATCH, NOW, TRANSFERS, Graph, import_all, mapping, transfers

CHOSEN = mapping(TRANSFERS)


def accounts(graph: Graph) -> list[list[tuple[Any, ...]]]:
    return [list(graph.ties(EntityKind.ACCOUNT, f"A{n}")) for n in range(10)]


def rejected(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_good_rows_go_in_and_every_row_is_accounted_for(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 100)
    with Graph(tmp_path) as graph:
        summary = import_all(graph, tmp_path, CHOSEN, file)
        assert (summary.total.rows, summary.total.made, summary.total.recorded) == (100, 100, 100) and summary.whole
        ties = graph.ties(EntityKind.ACCOUNT, "A0")
        assert {(kind, count) for kind, _, _, count, _ in ties} == {("PAYS", 10)}
        assert sum(total or 0 for _, _, _, _, total in ties) == sum(n * 100 + 25 for n in range(100) if n % 10 in (0, 9))
        assert not list((tmp_path / "imports").glob("*.json*")), "the journal of an import that is done is gone"


def test_bad_rows_are_said_with_line_and_reason_while_good_rows_go_in(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 3)
    with file.open("a") as out:
        out.write("k3,A1,A2,1.234,2026-01-05,done\n")  # line 5: too many decimals
        out.write("k4,A1,A2,1.00,2126-01-05,done\n")  # far ahead
        out.write("k5,A1,A2,1.00,2026-01-05,cancelled\n")  # makes nothing
        out.write("k6,,A2,1.00,2026-01-05,done\n")  # nobody pays
        out.write("k7,A1\n")
        out.write("k8,A1,A2,1.00,2026-01-05,done\n")
    with Graph(tmp_path) as graph:
        summary = import_all(graph, tmp_path, CHOSEN, file, rejects=tmp_path / "bad.jsonl")
    total = summary.total
    assert (total.rows, total.made, total.silent, total.rejected, total.recorded) == (9, 4, 1, 4, 4) and not summary.whole
    found = rejected(tmp_path / "bad.jsonl")
    assert [(each["file"], each["line"]) for each in found] == [("transfers.csv", line) for line in (5, 6, 8, 9)]
    assert "more than 2 decimals" in found[0]["reason"] and "content.transferMade.amount.amount" in found[0]["reason"]
    assert "knownAt is ahead" in found[1]["reason"] or "5 minutes ahead" in found[1]["reason"]
    assert "content.transferMade.from" in found[2]["reason"] and "missing" in found[2]["reason"]
    assert "2 fields" in found[3]["reason"] and found[3]["row"] == ["k7", "A1"]
    assert found[0]["row"]["amount"] == "1.234"
    assert (tmp_path / "bad.jsonl").stat().st_mode & 0o077 == 0, "rejected rows are personal"
    assert "9 rows of 1 file: 4 made facts, 1 make none by the mapping, 4 were rejected" in summary.sentences()[0]


def test_a_row_with_one_wrong_fact_makes_none(tmp_path: Path):
    chosen = mapping("""
    mapping: 1
    source: core
    files:
      - files: people.csv
        format: csv
        occurredAt: "2026-01-01"
        facts:
          - {id: "p {key}", content: {personDescribed: {key: "{key}"}}}
          - {id: "t {key}", content: {tieObserved: {from: {person: "{key}"}, kind: REACHED_AT, to: {phone: "{phone}"}}}}
    """)
    (tmp_path / "people.csv").write_text("key,phone\nP1,+8613800138000\nP2,12\n")
    with Graph(tmp_path) as graph:
        summary = import_all(graph, tmp_path, chosen, tmp_path / "people.csv")
        assert (summary.total.rejected, summary.total.recorded) == (1, 2)
        assert graph.entity(EntityKind.PERSON, "P1") and graph.entity(EntityKind.PERSON, "P2") is None


def test_what_the_graph_refuses_is_said_with_its_fact(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 2)
    with file.open("a") as out:
        out.write("k1,A5,A6,9.00,2026-01-05,done\n")
    with Graph(tmp_path) as graph:
        summary = import_all(graph, tmp_path, CHOSEN, file, rejects=tmp_path / "bad.jsonl")
    assert (summary.total.recorded, summary.total.refused, summary.total.rejected) == (2, 1, 0)
    (found,) = rejected(tmp_path / "bad.jsonl")
    assert (found["fact"], found["line"]) == ("t k1", 4) and found["row"]["amount"] == "9.00"


def test_an_import_that_is_run_again_changes_nothing(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 50)
    with Graph(tmp_path) as graph:
        import_all(graph, tmp_path, CHOSEN, file)
        before = accounts(graph)
        again = import_all(graph, tmp_path, CHOSEN, file)
        assert (again.total.recorded, again.total.repeated) == (0, 50)
        assert accounts(graph) == before


def test_each_fact_is_known_from_the_moment_that_its_row_states(tmp_path: Path):
    file = tmp_path / "transfers.csv"
    file.write_text("key,from,to,amount,at,known,state\nk,A1,A2,1.00,2026-01-05T00:00:00Z,2026-02-01T00:00:00Z,x\n")
    chosen = mapping(TRANSFERS.replace('knownAt: "{at}"', 'knownAt: "{known}"'))
    seen = []
    with Graph(tmp_path) as graph:
        job = ImportJob(chosen, (file,), BANK, NOW, tmp_path)

        def record(source: str, facts: Any) -> Any:
            seen.extend(facts)
            return graph.record(source, facts)

        run_import(job, record, graph.known)
    assert (seen[0].occurred_at, seen[0].recorded_at) == (1767571200000, 1769904000000)


@pytest.mark.parametrize(
    ("known", "words"), [("2026-01-01T00:00:00Z", "5 minutes before"), ("2126-01-01T00:00:00Z", "ahead of now"), ("", "knownAt is empty")]
)
def test_what_is_known_before_it_happens_or_later_than_now_is_rejected(tmp_path: Path, known: str, words: str):
    file = tmp_path / "transfers.csv"
    file.write_text(f"key,from,to,amount,at,known,state\nk,A1,A2,1.00,2026-01-05T00:00:00Z,{known},x\n")
    with Graph(tmp_path) as graph:
        import_all(graph, tmp_path, mapping(TRANSFERS.replace('knownAt: "{at}"', 'knownAt: "{known}"')), file, rejects=tmp_path / "bad")
    assert words in rejected(tmp_path / "bad")[0]["reason"]


@pytest.mark.parametrize("form", ["jsonl", "parquet", "csv.gz"])
def test_every_format_gives_the_same_graph(tmp_path: Path, form: str):
    file = transfers(tmp_path / "transfers.csv", 40)
    rows = [
        dict(zip(file.read_text().splitlines()[0].split(","), line.split(","), strict=True)) for line in file.read_text().splitlines()[1:]
    ]
    other = tmp_path / f"transfers.{form}"
    if form == "jsonl":
        other.write_bytes(b"\n".join(orjson.dumps({**row, "amount": float(row["amount"])}) for row in rows))
    elif form == "parquet":
        write_table(pa.table({name: [row[name] for row in rows] for name in rows[0]}), other, row_group_size=7)
    else:
        other.write_bytes(gzip.compress(file.read_bytes()))
    chosen = mapping(TRANSFERS.replace("transfers*.csv", "transfers.*").replace("format: csv", f"format: {form.removesuffix('.gz')}"))
    with Graph(tmp_path) as graph:
        import_all(graph, tmp_path, CHOSEN, file)
        again = import_all(graph, tmp_path, chosen, other)
        assert (again.total.rows, again.total.repeated) == (40, 40), "the same facts, byte for byte"


def test_objects_without_any_of_what_they_read_are_left_out(tmp_path: Path):
    chosen = mapping("""
    mapping: 1
    source: core
    currency: institution
    files:
      - files: a.csv
        format: csv
        empty: ["NULL"]
        occurredAt: "2026-01-01"
        facts:
          - id: "{key}"
            content:
              applicationMade:
                {key: "{key}", merchant: {key: "{m}"}, amount: "{fen}", termDays: 30, place: {address: "{address}", country: CN},
                 applicant: {when: "{agent}", key: "P"}, device: "{device}"}
    """)
    (tmp_path / "a.csv").write_text("key,m,fen,address,agent,device\nL1,M1,500,,,NULL\nL2,M1,500,杭州1号,x,D\n")
    with Graph(tmp_path) as graph:
        summary = import_all(graph, tmp_path, chosen, tmp_path / "a.csv", rejects=tmp_path / "bad")
        assert summary.total.recorded == 2
        kinds = [{kind for kind, *_ in graph.ties(EntityKind.LOAN, key)} for key in ("L1", "L2")]
        assert kinds == [{"APPLIED_FOR"}, {"APPLIED_FOR"}]
        assert graph.entity(EntityKind.PLACE, "CN:杭州1号") and graph.entity(EntityKind.DEVICE, "D")
        assert graph.entity(EntityKind.DEVICE, "NULL") is None


def test_a_file_that_no_section_knows_is_refused_before_anything(tmp_path: Path):
    good, other = transfers(tmp_path / "transfers.csv", 1), tmp_path / "other.csv"
    other.write_text("a\n")
    with pytest.raises(ImportFailed, match="it knows transfers"):
        find_files([good, other], CHOSEN)
    with pytest.raises(ImportFailed, match="given twice"):
        find_files([good, good], CHOSEN)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportFailed, match="nothing to import"):
        find_files([tmp_path / "empty"], CHOSEN)
    assert find_files([tmp_path], CHOSEN) == (good,), "of a folder what the mapping knows"


ROWS = 3 * BATCH + 10


def interrupted(folder: Path, graph: Graph, file: Path, fail_at: int, rejects: Path | None = None) -> None:
    graph.fail_at = fail_at
    with pytest.raises(OSError, match="the disk is gone"):
        import_all(graph, folder, CHOSEN, file, rejects=rejects)
    graph.fail_at = None


def test_an_interrupted_import_goes_on_and_its_summary_is_of_the_whole(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", ROWS)
    with Graph(tmp_path) as graph:
        interrupted(tmp_path, graph, file, fail_at=3)
        graph.calls = 0
        summary = import_all(graph, tmp_path, CHOSEN, file)
        total = summary.total
        assert (total.rows, total.earlier, total.recorded, total.repeated) == (ROWS, 2 * BATCH, ROWS, 0)
        assert graph.calls == 2, "what was done is not done again"
        assert f"{2 * BATCH:,} of them in an interrupted run" in summary.sentences()[0]
        gone_on = accounts(graph)
    (tmp_path / "whole").mkdir()
    with Graph(tmp_path / "whole") as other:
        import_all(other, tmp_path / "whole", CHOSEN, file)
        assert [sorted(tie[3:] for tie in ties) for ties in accounts(other)] == [sorted(tie[3:] for tie in ties) for ties in gone_on]


def test_what_was_recorded_last_before_a_kill_is_repeated_and_counted_as_that(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", ROWS)
    with Graph(tmp_path) as graph:
        interrupted(tmp_path, graph, file, fail_at=3)
        journal = next((tmp_path / "imports").glob("*.json"))
        kept = json.loads(journal.read_text())
        for field in ("rows", "made", "facts", "recorded"):
            kept["files"][0][field] = BATCH  # as if it had been killed between the commit and the journal
        journal.write_text(json.dumps(kept))
        total = import_all(graph, tmp_path, CHOSEN, file).total
        assert (total.rows, total.recorded, total.repeated) == (ROWS, ROWS - BATCH, BATCH)


def test_the_reject_file_of_an_import_that_goes_on_is_whole(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", BATCH + 5)
    lines = file.read_text().splitlines()
    for place in (2, BATCH - 1, BATCH + 4):
        lines[place] = lines[place].replace(".25", ".255")
    file.write_text("\n".join(lines) + "\n")
    with Graph(tmp_path) as graph:
        interrupted(tmp_path, graph, file, fail_at=2, rejects=tmp_path / "bad")
        with (tmp_path / "bad").open("a") as out:
            out.write('{"file": "written after the journal, before the kill"')
        total = import_all(graph, tmp_path, CHOSEN, file, rejects=tmp_path / "bad").total
    assert total.rejected == 3
    assert [each["line"] for each in rejected(tmp_path / "bad")] == [3, BATCH, BATCH + 5]


@pytest.mark.parametrize("change", ["file", "mapping", "journal", "format", "graph"])
def test_an_import_of_something_else_starts_over(tmp_path: Path, change: str):
    file = transfers(tmp_path / "transfers.csv", ROWS)
    chosen = CHOSEN
    with Graph(tmp_path) as graph:
        interrupted(tmp_path, graph, file, fail_at=3)
    folder = tmp_path
    journal = next((tmp_path / "imports").glob("*.json"))
    if change == "file":
        os.utime(file, (1, 1))
    elif change == "mapping":
        chosen = mapping(TRANSFERS + "\n")
    elif change == "journal":
        journal.write_text(journal.read_text()[:-20])
    elif change == "format":
        journal.write_text(journal.read_text().replace('"format":1', '"format":2'))
    else:
        folder = tmp_path / "restored"
        folder.mkdir()
    with Graph(folder) as graph:
        total = import_all(graph, tmp_path, chosen, file).total
        assert (total.earlier, total.rows, total.facts) == (0, ROWS, ROWS)
        assert total.repeated == (0 if change == "graph" else 2 * BATCH)


def test_the_same_import_does_not_run_twice_at_once(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 3)
    running = Journal(tmp_path / "imports", BANK.id, CHOSEN, [file])
    with Graph(tmp_path) as graph:
        with pytest.raises(ImportFailed, match="running already"):
            import_all(graph, tmp_path, CHOSEN, file)
        running.close()
        import_all(graph, tmp_path, CHOSEN, file)


def test_progress_is_told_in_bytes_and_facts(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", BATCH + 1)
    told: list[Progress] = []
    with Graph(tmp_path) as graph:
        run_import(ImportJob(CHOSEN, (file,), BANK, NOW, tmp_path, batch=BATCH), graph.record, graph.known, told.append)
    assert [each.facts for each in told] == [BATCH, BATCH + 1]
    assert told[-1].position == file.stat().st_size


def test_a_reject_file_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    file = tmp_path / "transfers.csv"
    file.write_text("key,from,to,amount,at,state\nk,,,,,\n")
    with Graph(tmp_path) as graph, pytest.raises(ImportFailed, match="--rejects"):
        import_all(graph, tmp_path, CHOSEN, file, rejects=file / "below" / "bad")
