"""What importing facts costs: `ringfence import` of the simulated market against bare SQLite writing the same rows, in turn in one run."""

from __future__ import annotations

import itertools
import resource
import shutil
import sqlite3
import statistics
import time
from pathlib import Path
from typing import Final, NamedTuple

from graph.clock import now
from graph.contents import Fact
from graph.importing.importing import BATCH, find_files
from graph.importing.making import Maker
from graph.importing.mapping import load_mapping
from graph.importing.opening import Opened
from graph.model import Institution
from graph.stores.shared.encoding import prepare
from graph.stores.sqlite.tables import open_writer
from graph.stores.sqlite.writing import Call, Writer
from identity.vault import Vault
from tests.bench.prepared import command
from tests.bench.report import FOLDER, table, write

TRANSFERS: Final = 60_000
"""Lines of the market's transfers that are loaded, with all its other files."""

ROUNDS: Final = 3
_WORK: Final = FOLDER / "data" / "loading"


class Cost(NamedTuple):
    """What loading cost."""

    cpu: float
    """Seconds of processor time, of all threads and processes."""
    seconds: float


def files() -> list[Path]:
    """The market's history with its transfers cut short."""
    market, cut = FOLDER / "data" / "market-files", _WORK / "files"
    if not market.exists():
        command("simulate", "--out", str(market))
    shutil.rmtree(_WORK, ignore_errors=True)
    cut.mkdir(parents=True)
    for path in sorted((market / "history").glob("*.csv")):
        with path.open(encoding="utf-8") as full, (cut / path.name).open("w", encoding="utf-8") as short:
            short.writelines(itertools.islice(full, TRANSFERS + 1))
    return sorted(cut.iterdir())


def imported(paths: list[Path], data: Path) -> Cost:
    """Load the files with the command, starting and ending included, as a user would."""
    command("institutions", "create", "bench", "--name", "Bench", "--data", str(data))
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command("import", *map(str, paths), "--mapping", "market", "--institution", "bench", "--data", str(data))
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds)


def bare(source: Path, target: Path) -> tuple[Cost, int]:
    """Write all rows of a loaded graph into an empty one, in as many commits as batches; and how many rows these are.

    Each row once, as it is at the end, with our tables and indexes: what SQLite itself needs, without reading, folding or changing.
    """
    reader, writer = sqlite3.connect(source), open_writer(target)
    tables = ("entity", "node", "description", "fact", "claim", "mention", "movement", "observation", "statement", "tie")
    commits = reader.execute("SELECT count(*) FROM fact").fetchone()[0] // BATCH + 1
    rows = {name: reader.execute(f"SELECT * FROM {name} ORDER BY rowid" if name == "fact" else f"SELECT * FROM {name}") for name in tables}
    parts = {name: found.fetchall() for name, found in rows.items()}
    begin, cpu = time.perf_counter(), time.process_time()
    for number in range(commits):
        writer.execute("BEGIN IMMEDIATE")
        for name, all_ in parts.items():
            some = all_[len(all_) * number // commits : len(all_) * (number + 1) // commits]
            if some:
                writer.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(some[0]))})", some)
        writer.execute("COMMIT")
    cost = Cost(time.process_time() - cpu, time.perf_counter() - begin)
    reader.close()
    writer.close()
    return cost, sum(map(len, parts.values()))


def shares(paths: list[Path], folder: Path) -> dict[str, float]:
    """Microseconds of processor time a fact of each step, one step after the other in this process."""
    folder.mkdir()
    mapping, institution = load_mapping("market"), Institution("bench", "CNY", "UTC")
    vault = Vault.open(folder / "keys.json")
    marks = [time.process_time()]
    facts: list[Fact] = []
    for path in find_files(paths, mapping):
        section = mapping.section(path.name)
        assert section is not None, "files were found by the mapping"
        with Opened(path, section) as reader:
            maker, name = Maker(section, reader.columns, institution, now()), path.name.split(".")[0]
            for row, line in enumerate(reader, 1):
                facts += maker.facts([*line.values, str(row), name])
    marks.append(time.process_time())
    sealer = vault.sealer(institution.id)
    prepared = [prepare(fact, mapping.source, sealer) for fact in facts]
    marks.append(time.process_time())
    writer = Writer(folder / "graph.db", vault.sealer, now)
    for start in range(0, len(prepared), BATCH):
        call = Call(institution.id, mapping.source, prepared[start : start + BATCH], together=False)
        writer.submit(call)
        call.answer.result()
    writer.close()
    marks.append(time.process_time())
    steps = zip(("read and decode", "seal and encode", "write"), itertools.pairwise(marks), strict=True)
    return {name: round((end - begin) / len(facts) * 1e6, 1) for name, (begin, end) in steps}


def main() -> None:
    """Measure in turn; print and write `.bench/loading.json`."""
    paths = files()
    ours: list[Cost] = []
    theirs: list[Cost] = []
    facts = rows = 0
    for number in range(ROUNDS):
        data, target = _WORK / f"data{number}", _WORK / f"bare{number}.db"
        ours.append(imported(paths, data))
        with sqlite3.connect(data / "graph.db") as connection:
            facts = connection.execute("SELECT count(*) FROM fact").fetchone()[0]
        cost, rows = bare(data / "graph.db", target)
        theirs.append(cost)
    parts = shares(paths, _WORK / "shares")

    def a_fact(costs: list[Cost]) -> tuple[float, int]:
        return (
            round(statistics.median(cost.cpu for cost in costs) / facts * 1e6, 1),
            round(facts / statistics.median(cost.seconds for cost in costs)),
        )

    (cpu, rate), (bare_cpu, bare_rate) = a_fact(ours), a_fact(theirs)
    figures: dict[str, object] = {
        "facts": facts, "rows": rows, "rounds": ROUNDS, "cpu_us_a_fact": cpu, "facts_a_second": rate, "bare_cpu_us_a_fact": bare_cpu,
        "bare_facts_a_second": bare_rate, "ratio_of_cpu": round(cpu / bare_cpu, 2), "shares_us_a_fact": parts,
    }  # fmt: skip
    write("loading", figures)
    lines: list[list[object]] = [["", "CPU µs a fact", "facts a second"], ["ringfence import", cpu, f"{rate:,}"]]
    lines += [[f"  {name}", each, ""] for name, each in parts.items()]
    lines += [[f"bare SQLite, the same {rows:,} rows", bare_cpu, f"{bare_rate:,}"], ["ratio", round(cpu / bare_cpu, 2), ""]]
    table(f"Importing {facts:,} facts of the market (median of {ROUNDS})", lines)
