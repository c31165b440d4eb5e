"""How many decisions a second, how long each takes and what it costs, on the demo's market and on FinBench SF10.

Every decision is durable (two durable commits: the application's facts, then decision, key and audit entry), asked for over HTTP and
GraphQL with the operation that users send. A bare Starlette endpoint on the same server returns the same bytes, in the same run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import commits, prepared
from tests.bench.client import Answers, drive, request
from tests.bench.report import FOLDER, percentile, spread, table, write
from tests.bench.server import Server, free_port, ringfence, running

OPERATION = (Path(__file__).parent.parent / "data" / "operations" / "assess-loan.graphql").read_text(encoding="utf-8")
PARTS = "query Parts { decisions(first: 100) { edges { node { timing { total facts graph signals rules records } cost { cpu read } } } } }"
WARM_UP = 60
DECISIONS = int(os.environ.get("BENCH_DECISIONS", "600"))


def bodies(applications: list[dict[str, object]], key: str) -> Iterator[bytes]:
    """Requests for ever: each application as a loan of its own, made now."""
    for number in itertools.count():
        given = json.loads(json.dumps(applications[number % len(applications)]))
        given.pop("appliedAt", None)
        given.pop("source", None)
        given["application"]["key"] = f"b-{secrets.token_hex(8)}"
        variables = {"input": given, "idempotencyKey": f"bench-{secrets.token_hex(12)}"}
        yield request("/graphql", json.dumps({"query": OPERATION, "variables": variables}).encode(), key)


def serving(data: Path, workers: int) -> AbstractContextManager[Server]:
    """The real server on this data."""
    port = free_port()
    return running(ringfence("serve", "--port", str(port), "--workers", str(workers), "--data", str(data)), port, FOLDER / "serve.log")


class Spending(NamedTuple):
    """CPU milliseconds a request."""

    process: float
    """As the kernel counts the processes, in ticks of 10 ms."""
    threads: float
    """Summed over all threads."""


def run(server: Server, requests: Iterator[bytes], count: int, concurrency: int) -> tuple[Answers, Spending]:
    """Drive so many requests and return the answers and the server's CPU milliseconds a request."""
    before, threads = server.cpu(), server.cpu_of_threads()
    answers = asyncio.run(drive(server.port, itertools.islice(requests, count), concurrency))
    if set(answers.statuses) != {200} or b'"AssessLoanSuccess"' not in answers.last:
        raise RuntimeError(f"not all were decided: {answers.statuses} {answers.last[:500]!r}")
    process, threads = server.cpu() - before, server.cpu_of_threads() - threads
    return answers, Spending(round(process * 1000 / count, 3), round(threads * 1000 / count, 3))


def evict(data: Path) -> None:
    """Ask the kernel to forget the files' pages."""
    for path in data.glob("*.db*"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def parts(server: Server, key: str) -> dict[str, float]:
    """Medians of what the newest decisions say of themselves, in milliseconds."""
    answers = asyncio.run(drive(server.port, iter([request("/graphql", json.dumps({"query": PARTS}).encode(), key)]), 1))
    nodes = [edge["node"] for edge in json.loads(answers.last)["data"]["decisions"]["edges"]]
    names = ("total", "facts", "graph", "signals", "rules", "records")
    return {name: round(percentile([node["timing"][name] for node in nodes], 0.5), 3) for name in names} | {
        "cpu": round(percentile([node["cost"]["cpu"] for node in nodes], 0.5), 3),
        "read": percentile([node["cost"]["read"] for node in nodes], 0.5),
    }


def bare(body: bytes, count: int) -> dict[str, float]:
    """The same bytes from a bare endpoint: CPU milliseconds and latency a request."""
    port = free_port()
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        with running([sys.executable, "-m", "tests.bench.bare", str(port), file.name], port, FOLDER / "bare.log") as server:
            data = request("/graphql", b'{"query":"x"}')
            asyncio.run(drive(port, itertools.repeat(data, 200), 1))
            before = server.cpu()
            answers = asyncio.run(drive(port, itertools.repeat(data, count), 1))
            return {"cpu": round((server.cpu() - before) * 1000 / count, 4), **spread(answers.milliseconds)}


def measure(graph: prepared.Prepared, applications: list[dict[str, object]]) -> dict[str, Any]:
    """All figures of one graph."""
    figures: dict[str, Any] = {"load": graph.load, "runs": {}}
    requests = bodies(applications, graph.key)
    evict(graph.data)
    last = b""
    for workers in (1, 2):
        with serving(graph.data, workers) as server:
            if workers == 1:
                cold, _ = run(server, requests, 100, 1)
                figures["cold"] = spread(cold.milliseconds)
            run(server, requests, WARM_UP * workers, 4)
            for concurrency in (1, 4, 16):
                answers, cpu = run(server, requests, DECISIONS, concurrency)
                if (workers, concurrency) == (1, 1):
                    figures["parts"] = parts(server, graph.key)
                last = answers.last
                figures["runs"][f"{workers} worker(s), {concurrency} at once"] = {
                    **spread(answers.milliseconds),
                    "a_second": round(DECISIONS / answers.seconds, 1),
                    "cpu": cpu.process,
                    "cpu_of_threads": cpu.threads,
                }
            figures[f"memory_mb_{workers}"] = round(server.memory())
    figures["bare"] = bare(last, 2_000)
    alone = figures["runs"]["1 worker(s), 1 at once"]
    figures["parts"]["http and graphql"] = round(alone["p50"] - figures["parts"]["total"], 3)
    figures["commit"] = commits.measure(graph.data)
    figures["p50_above_two_commits"] = round(alone["p50"] - 2 * figures["commit"]["p50"], 3)
    figures["p99_above_two_commits"] = round(alone["p99"] - 2 * figures["commit"]["p99"], 3)
    figures["cpu_ratio_to_bare"] = round(alone["cpu"] / figures["bare"]["cpu"], 1)
    return figures


def show(name: str, figures: dict[str, Any]) -> None:
    """Print one graph's figures."""
    rows: list[list[object]] = [["", "p50 ms", "p99 ms", "a second", "CPU ms", "of threads"]]
    rows += [["cold files and process, 1 at once", figures["cold"]["p50"], figures["cold"]["p99"], "", "", ""]]
    rows += [[label, run["p50"], run["p99"], run["a_second"], run["cpu"], run["cpu_of_threads"]] for label, run in figures["runs"].items()]
    rows += [["bare endpoint, same bytes", figures["bare"]["p50"], figures["bare"]["p99"], "", figures["bare"]["cpu"], ""]]
    rows += [["one durable commit", figures["commit"]["p50"], figures["commit"]["p99"], "", "", ""]]
    rows += [
        [
            "above two commits",
            figures["p50_above_two_commits"],
            figures["p99_above_two_commits"],
            "",
            f"{figures['cpu_ratio_to_bare']} x bare",
            "",
        ]
    ]
    table(f"Decisions on {name}", rows)
    table("Parts of a decision, median ms", [list(figures["parts"]), list(figures["parts"].values())])
    table("Loading", [list(figures["load"]), list(figures["load"].values())])


def main() -> None:
    """Measure both graphs; print and write `.bench/decisions.json`."""
    begin = time.perf_counter()
    market, _, applications = prepared.market()
    figures = {"market": measure(market, applications)}
    show("the demo's market", figures["market"])
    finbench = prepared.finbench()
    if finbench is None:
        print(f"FinBench SF10 is not at {prepared.SF10}: left out")
    else:
        figures["sf10"] = measure(*finbench)
        show("FinBench SF10", figures["sf10"])
    write("decisions", {**figures, "seconds": round(time.perf_counter() - begin)})
