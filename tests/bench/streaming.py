"""What a stream of facts does to decisions: latency with and without batches of 1,000 facts coming in, in turn in one run."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench import prepared
from tests.bench.client import drive, request
from tests.bench.decisions import bodies, serving
from tests.bench.report import FOLDER, spread, table, write

RECORD = (Path(__file__).parent.parent / "data" / "operations" / "record-facts.graphql").read_text(encoding="utf-8")
ROUNDS = 4
DECISIONS = 150


def batches(facts: list[dict[str, object]], key: str) -> Iterator[bytes]:
    """Batches of 1,000 for ever, each fact under an id of its own; transfers and payments get keys of their own."""
    source = itertools.cycle(facts)
    while True:
        chosen = []
        for fact in itertools.islice(source, 1_000):
            copy = json.loads(json.dumps(fact))
            copy["id"] = secrets.token_hex(12)
            for content in copy["content"].values():
                if "from" in content and "amount" in content:
                    content["key"] = secrets.token_hex(12)
            chosen.append(copy)
        variables = {"input": {"source": "bench", "facts": chosen}}
        yield request("/graphql", json.dumps({"query": RECORD, "variables": variables}).encode(), key)


async def both(port: int, decisions: Iterator[bytes], stream: Iterator[bytes] | None) -> tuple[list[float], int]:
    """Latencies of the decisions while the stream runs, and how many batches it got in."""
    sent = 0
    running = True

    def flowing() -> Iterator[bytes]:
        nonlocal sent
        assert stream is not None
        while running:
            sent += 1
            yield next(stream)

    flow = asyncio.create_task(drive(port, flowing(), 1)) if stream is not None else None
    answers = await drive(port, itertools.islice(decisions, DECISIONS), 1)
    running = False
    if flow is not None:
        flowed = await flow
        if set(flowed.statuses) != {200} or b'"refused":0' not in flowed.last:
            raise RuntimeError(f"facts were refused: {flowed.last[:500]!r}")
    if set(answers.statuses) != {200} or b'"AssessLoanSuccess"' not in answers.last:
        raise RuntimeError(f"not all were decided: {answers.last[:500]!r}")
    return answers.milliseconds, sent


def main() -> None:
    """Measure in turn; print and write `.bench/streaming.json`."""
    source, facts, applications = prepared.market()
    folder = FOLDER / "data" / "streaming"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source.data, folder)
    quiet: list[float] = []
    busy: list[float] = []
    batched = 0
    decisions = bodies(applications, source.key)
    made = list(itertools.islice(batches(facts, source.key), 40))
    stream = itertools.chain(made, batches(facts, source.key))
    with serving(folder, 2) as server:
        asyncio.run(both(server.port, decisions, None))
        for _ in range(ROUNDS):
            quiet += asyncio.run(both(server.port, decisions, None))[0]
            times, sent = asyncio.run(both(server.port, decisions, stream))
            busy += times
            batched += sent
    shutil.rmtree(folder)
    figures: dict[str, Any] = {
        "quiet": spread(quiet),
        "streaming": spread(busy),
        "batches": batched,
        "facts_a_second": round(batched * 1000 / (sum(busy) / 1000)),
    }
    figures["p99_ratio"] = round(figures["streaming"]["p99"] / figures["quiet"]["p99"], 2)
    rows: list[list[object]] = [["", "p50 ms", "p99 ms"]]
    rows += [[name, figures[name]["p50"], figures[name]["p99"]] for name in ("quiet", "streaming")]
    table(f"Decisions while {figures['facts_a_second']} facts a second stream in: p99 x {figures['p99_ratio']}", rows)
    write("streaming", figures)
