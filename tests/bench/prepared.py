"""The graphs that decisions are measured on, made once by the shipped commands and kept under `.bench/`."""

from __future__ import annotations

import csv
import gzip
import json
import random
import resource
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import FOLDER
from tests.bench.server import ringfence

SF10 = Path(__file__).parents[3] / "shared" / "data" / "finbench" / "sf10"
"""LDBC FinBench at scale factor 10, where it is: too large to ship."""

HUB = 1_000
"""Transfers from which an account is a hub."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data folder with one institution, loaded."""

    name: str
    data: Path
    key: str
    load: dict[str, float]
    """How loading went, from the run that made it."""


def command(*arguments: str) -> str:
    """Run `ringfence` and return what it printed; its errors end the benchmark."""
    return subprocess.run(ringfence(*arguments), check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _institution(data: Path) -> None:
    command("institutions", "create", "bench", "--name", "Bench", "--data", str(data))


def _load(name: str, data: Path, mapping: str, files: list[Path]) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    command("import", *map(str, files), "--mapping", mapping, "--institution", "bench", "--data", str(data))
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with sqlite3.connect(data / "graph.db") as connection:
        facts = connection.execute("SELECT count(*) FROM fact").fetchone()[0]
        ties = connection.execute("SELECT count(*) FROM tie").fetchone()[0]
    size = (data / "graph.db").stat().st_size
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "facts": facts,
        "seconds": round(seconds, 1),
        "facts_a_second": round(facts / seconds),
        "cpu_us_a_fact": round(cpu / facts * 1e6, 1),
        "ties": ties,
        "bytes_a_tie": round(size / ties),
        "bytes_a_fact": round(size / facts),
        "largest_process_mb": round(after.ru_maxrss / 1024),
    }


def _prepare(name: str, mapping: str, files: list[Path]) -> Prepared:
    data = FOLDER / "data" / name
    note = data / "bench.json"
    if not note.exists():
        subprocess.run(["rm", "-rf", str(data)], check=True)
        _institution(data)
        note_text = json.dumps(_load(name, data, mapping, files))
        note.write_text(note_text)
    key = command(
        "keys",
        "create",
        "--institution",
        "bench",
        "--name",
        "bench",
        "--role",
        "SERVICE",
        "--role",
        "ANALYST",
        "--quiet",
        "--data",
        str(data),
    )
    return Prepared(name, data, key, json.loads(note.read_text()))


def market() -> tuple[Prepared, list[dict[str, object]], list[dict[str, object]]]:
    """The demo's market with its history loaded; the facts of its last days; an application of every merchant, in a drawn order."""
    out = FOLDER / "data" / "market-files"
    if not out.exists():
        command("simulate", "--out", str(out))
    history = out / "history"
    prepared = _prepare("market", "market", sorted(history.glob("*.csv")))
    lines = (json.loads(line) for line in (out / "live.jsonl").read_text(encoding="utf-8").splitlines())
    facts = [event["fact"] for event in lines if "fact" in event]
    return prepared, facts, _merchants_apply(history)


def _merchants_apply(history: Path) -> list[dict[str, object]]:
    """An application of each merchant by its owner, with what it is known to use."""

    def rows(name: str) -> list[dict[str, str]]:
        with (history / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    phones = {row["person"]: row["phone"] for row in rows("people")}
    accounts = {row["person"]: row["account"] for row in rows("holders") if row["person"]}
    used = {row["merchant"]: row for row in rows("sign_ins")}
    applications: list[dict[str, object]] = []
    for row in rows("owners"):
        owner, merchant = row["person"], row["merchant"]
        application = {
            "merchant": {"key": merchant},
            "applicant": {"key": owner},
            "amount": {"amount": "500000", "currency": "CNY"},
            "termDays": 90,
            "phone": phones[owner],
        }
        if owner in accounts:
            application["payOutAccount"] = {"key": accounts[owner]}
        if merchant in used:
            application |= {"device": used[merchant]["device"], "ipAddress": used[merchant]["ip_address"]}
        applications.append({"application": application})
    random.Random(7).shuffle(applications)
    return applications


def finbench() -> tuple[Prepared, list[dict[str, object]]] | None:
    """FinBench SF10 loaded, and applications of people drawn by their accounts' degree, a tenth next to hubs; None without the data."""
    if not SF10.is_dir():
        return None
    prepared = _prepare("sf10", "finbench-sf10", sorted(SF10.glob("*.csv.gz")))
    return prepared, list(_applicants(2_000))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(SF10 / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="|")


def _applicants(count: int) -> Iterator[dict[str, object]]:
    chance = random.Random(10)
    degree: Counter[str] = Counter()
    partners: dict[str, set[str]] = {}
    for row in _rows("transfer"):
        degree[row["fromId"]] += 1
        degree[row["toId"]] += 1
        partners.setdefault(row["toId"], set()).add(row["fromId"])
    owners = {row["accountId"]: row["companyId"] for row in _rows("companyOwnAccount")}
    accounts = [account for account in owners if degree[account]]
    hubs = {account for account, number in degree.items() if number > HUB}
    near = sorted({other for hub in hubs for other in partners.get(hub, ()) if other in owners})
    device = {row["accountId"]: row["mediumId"] for row in _rows("signIn")}
    drawn = chance.choices(accounts, weights=[degree[account] for account in accounts], k=count)
    for number in range(count):
        account = chance.choice(near) if near and number % 10 == 0 else drawn[number]
        application: dict[str, object] = {
            "key": f"bench-{number}",
            "merchant": {"key": owners[account]},
            "amount": {"amount": "500000", "currency": "CNY"},
            "termDays": 90,
            "payOutAccount": {"key": account},
        }
        if account in device:
            application["device"] = device[account]
        yield {"application": application}
