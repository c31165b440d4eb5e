"""What one decision asks of Neo4j: round trips, by query, and how long recording and reading take at 1, 4 and 16 at once.

`python -m tests.bench.rounds` on the server of `make servers`, over the store itself: an application that names an applicant, a device, a
phone and an account is recorded, then all that its decision may look at is read. Wall time is of a machine that others may use; the
number of round trips is not. The same file runs on an older checkout, for a comparison.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graph.bounds import DECISION_BOUNDS
from graph.contents import ApplicationMade, Fact, MerchantDescribed
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, Moment, TieKind, TransferKind
from graph.stores.neo4j import transacting
from graph.stores.neo4j.catalogue import every
from graph.stores.neo4j.store import Neo4jStore
from tests.bench.report import percentile, table, write
from tests.factory import DAY, START, account, device, institution, loan, merchant, person, tie, transfer, vault
from tests.graph.stores import PATIENT, server_address

BANK = institution()
MERCHANTS = 300
COUNT = int(os.environ.get("BENCH_DECISIONS", "120"))
DEADLINE = 30.0
"""Seconds that a reading may take here, so that what is slow is measured and not cut off."""


class Asked:
    """Round trips that transactions made, by name of the query, with what the server says each took."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.wall: Counter[str] = Counter()
        self._names = {text: name for name, text in every().items()}
        self._lock = threading.Lock()

    def note(self, query: str, seconds: float) -> None:
        """One round trip."""
        name = self._names.get(query, query.strip().splitlines()[0][:40])
        with self._lock:
            self.times[name] += 1
            self.wall[name] += seconds  # type: ignore[assignment]  # seconds are no whole number


@contextmanager
def asked() -> Iterator[Asked]:
    """Note every round trip of this process's transactions."""
    noted, before = Asked(), transacting.Transaction.ask

    def ask(self: transacting.Transaction, query: str, *parameters: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return before(self, query, *parameters, **options)
        finally:
            noted.note(query, time.perf_counter() - begun)

    transacting.Transaction.ask = ask  # type: ignore[method-assign]
    try:
        yield noted
    finally:
        transacting.Transaction.ask = before  # type: ignore[method-assign]


def background() -> list[Fact]:
    """A market: merchants with owners, devices of which some are shared, accounts and their payments."""
    facts: list[Fact] = []
    for n in range(MERCHANTS):
        facts.append(Fact(f"d{n}", START, MerchantDescribed(merchant(f"M-{n}"), f"Shop {n}")))
        facts.append(tie(f"o{n}", person(f"P-{n}"), TieKind.OWNS, merchant(f"M-{n}")))
        facts.append(tie(f"h{n}", merchant(f"M-{n}"), TieKind.HOLDS, account(f"acc-{n}")))
        facts.append(tie(f"u{n}", person(f"P-{n}"), TieKind.USES_DEVICE, device(f"dev-{n // 3:04}")))
        facts += [
            transfer(
                f"t{n}-{m}",
                account(f"payer-{(n * 7 + m) % 900}"),
                account(f"acc-{n}"),
                500 + m,
                START + m * DAY // 2,
                kind=TransferKind.PAYMENT,
            )
            for m in range(20)
        ]
    return facts


def applied(n: int) -> Fact:
    """A new application: its loan is new, all else known."""
    who = n % MERCHANTS
    content = ApplicationMade(
        loan(f"L-{secrets.token_hex(6)}"), merchant(f"M-{who}"), 500_000, 90, person(f"P-{who}"),
        device=device(f"dev-{who // 3:04}"), phone=EntityName(EntityKind.PHONE, f"+86138{who:08}"), pay_out_account=account(f"acc-{who}"),
    )  # fmt: skip
    return Fact(f"a-{secrets.token_hex(8)}", START + 11 * DAY, content)


async def decide(store: Neo4jStore, sealer: Any, n: int) -> tuple[float, float]:
    """Seconds of recording and of reading for one decision."""
    fact = applied(n)
    assert isinstance(fact.content, ApplicationMade)
    assert fact.content.loan.key is not None
    begun = time.perf_counter()
    recording = await store.record(BANK, "core", [fact], together=True)
    recorded = time.perf_counter()
    id_ = sealer.entity_id(EntityKind.LOAN, fact.content.loan.key)
    found = await store.surroundings(BANK.id, id_, Moment(fact.occurred_at, recording.recorded_at), DECISION_BOUNDS, deadline=DEADLINE)
    assert found is not None
    return recorded - begun, time.perf_counter() - recorded


async def until_ready(store: Neo4jStore) -> None:
    """Return once the store says that it is no longer warming."""
    while True:
        try:
            return await store.ready()
        except GraphUnavailable:
            await asyncio.sleep(0.05)


async def drive(store: Neo4jStore, sealer: Any, concurrency: int) -> list[tuple[float, float]]:
    """So many decisions at once until all are made."""
    numbers, found = iter(range(COUNT)), []

    async def work() -> None:
        for n in numbers:
            found.append(await decide(store, sealer, n))

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return found


def milliseconds(seconds: list[float]) -> list[object]:
    """Median and 99th percentile."""
    return [round(percentile(seconds, part) * 1000, 1) for part in (0.5, 0.99)]


async def measure(folder: Path) -> dict[str, Any]:
    """All figures."""
    sealers = vault(folder).sealer
    store = Neo4jStore.open(server_address(f"bench-{secrets.token_hex(4)}"), sealers, limits=PATIENT, serving=True)
    figures: dict[str, Any] = {}
    try:
        begun = time.perf_counter()
        await store.record_bulk(BANK, "core", background())
        print(f"market loaded in {time.perf_counter() - begun:.1f} s")
        await until_ready(store)
        cold = await decide(store, sealers(BANK.id), 0)
        figures["first"] = [round(part * 1000, 1) for part in cold]
        table("The first decision, once the store is ready", [["recording ms", "reading ms"], figures["first"]])
        for n in range(30):
            await decide(store, sealers(BANK.id), n)
        with asked() as noted:
            for n in range(40):
                await decide(store, sealers(BANK.id), n)
        figures["round trips"] = {name: times / 40 for name, times in noted.times.items()}
        table(
            "Round trips of one decision, mean",
            [
                ["query", "times", "ms each"],
                *([name[:40], n / 40, round(noted.wall[name] / n * 1000, 2)] for name, n in noted.times.items()),
            ],
        )
        rows: list[list[object]] = [["at once", "recording p50", "p99", "reading p50", "p99", "together p50", "p99"]]
        for concurrency in (1, 4, 16):
            found = await drive(store, sealers(BANK.id), concurrency)
            row = [concurrency, *(one for part in zip(*found, strict=True) for one in milliseconds(list(part)))]
            rows.append([*row, *milliseconds([sum(one) for one in found])])
        figures["milliseconds"] = rows
        table("Decisions on Neo4j, milliseconds", rows)
    finally:
        await store.close()
    return figures


def main() -> None:
    """Measure, print, and write `.bench/rounds.json`."""
    with tempfile.TemporaryDirectory() as folder:
        write("rounds", asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    main()
