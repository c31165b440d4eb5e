"""Memory does not grow with the input: at ten times the rows at most 1.2 times as much."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow.parquet import ParquetWriter

from tests.settings import SOAK

ROWS = 99_000 if SOAK else 3_000
"""Of the small input: three batches; a multiple of what is written at once."""

# The peak is read from /proc: what getrusage gives is never below that of the process that started this one.
SCRIPT = """
import sys
from pathlib import Path
from graph.importing.importing import ImportJob, run_import
from graph.store import Recorded, Recording
from tests.graph.importing.recording import BANK, NOW, TRANSFERS, mapping
chosen = mapping(TRANSFERS.replace("transfers*.csv", "transfers*").replace("format: csv", f"format: {sys.argv[2]}"))
done = lambda source, facts: Recording(tuple(Recorded() for _ in facts), 0)
path = Path(sys.argv[1])
summary = run_import(ImportJob(chosen, (path,), BANK, NOW, path.parent / "imports", batch=1_000), done, lambda *_: True)
assert summary.total.rejected in (0, summary.total.rows)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(summary.total.rows, peak)
"""


def write(path: Path, form: str, rows: int, *, good: bool) -> None:
    names = ["key", "from", "to", "amount", "at", "state"]
    amount = "1.00" if good else "x"

    def row(n: int) -> list[str]:
        return [f"k{n}", f"A{n}", f"B{n}", amount, "2026-01-05T00:00:00Z", "x" * 100]

    if form == "parquet":
        with ParquetWriter(path, pa.schema([(name, pa.string()) for name in names])) as writer:
            for start in range(0, rows, 1_500):
                columns = zip(*(row(n) for n in range(start, start + 1_500)), strict=True)
                writer.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))))
        return
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as out:
        if form == "csv":
            out.write(",".join(names) + "\n")
        for n in range(rows):
            pairs = zip(names, row(n), strict=True)
            out.write((",".join(row(n)) if form == "csv" else "{" + ",".join(f'"{name}":"{value}"' for name, value in pairs) + "}") + "\n")


def peak(path: Path, form: str) -> tuple[int, int]:
    """Rows read, and the most memory that a process of its own took for it (kilobytes)."""
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(path), form], capture_output=True, text=True, check=True)
    rows, memory = run.stdout.split()
    return int(rows), int(memory)


@pytest.mark.parametrize(
    ("name", "form", "good"),
    [("transfers.csv", "csv", True), ("transfers.csv.gz", "csv", True), ("transfers.jsonl", "jsonl", True),
     ("transfers.parquet", "parquet", True), ("transfers.csv", "csv", False)],
    ids=["csv", "csv.gz", "jsonl", "parquet", "all rows rejected"],
)  # fmt: skip
def test_ten_times_the_input_takes_at_most_a_fifth_more_memory(tmp_path: Path, name: str, form: str, good: bool):
    found = []
    for times in (1, 10):
        path = tmp_path / f"{times}-{name}".replace(f"{times}-transfers", f"transfers{times}")
        write(path, form, times * ROWS, good=good)
        rows, memory = peak(path, form)
        assert rows == times * ROWS
        found.append(memory)
    assert found[1] <= 1.2 * found[0], found


def test_one_line_of_a_hundred_megabytes_takes_no_memory(tmp_path: Path):
    path = tmp_path / "transfers.csv"
    with path.open("w") as out:
        out.write("key,from,to,amount,at,state\n")
        for _ in range(100):
            out.write("x" * 1_000_000)
        out.write("\n")
    _, memory = peak(path, "csv")
    assert memory < 60_000
