"""What one durable commit costs on this disk: SQLite in WAL mode with synchronous FULL, one row a commit."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from tests.bench.report import spread


def measure(folder: Path, commits: int = 300) -> dict[str, float]:
    """Milliseconds of a commit, one after another, in a file in `folder`."""
    path = folder / "commits.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE written (number INTEGER PRIMARY KEY, text TEXT)")
    times = []
    for number in range(commits):
        begin = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO written VALUES (?, ?)", (number, "x" * 200))
        connection.execute("COMMIT")
        times.append((time.perf_counter() - begin) * 1000)
    connection.close()
    for name in ("commits.db", "commits.db-wal", "commits.db-shm"):
        (folder / name).unlink(missing_ok=True)
    return spread(times)
