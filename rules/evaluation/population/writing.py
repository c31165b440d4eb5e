"""A market as files: history as a lender exports it, the last days ready for GraphQL, and labels in a folder of their own.

history/*.csv       one file a table of `rows.COLUMNS`, with `at` and `known_at`: for `ringfence import`
live.jsonl          the last days' facts and all applications in order of time, a line each:
                    {"at": ..., "fact": FactInput} or {"at": ..., "assess": {"input": AssessLoanInput, "idempotencyKey": ...}}
labels/labels.csv   merchant, group, ring, fraud: never for the server
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from rules.evaluation.population.parameters import DAY, Parameters
from rules.evaluation.population.rows import COLUMNS, SOURCE, application_of, facts_of, stamp
from rules.evaluation.population.shops import Shop
from rules.evaluation.population.simulation import Label, Market

HISTORY: Final = "history"
LIVE: Final = "live.jsonl"
LABELS: Final = "labels"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: counts, and who is who."""

    rows: dict[str, int]
    """Rows of history by table."""
    live_facts: int
    applications: int
    facts: int
    """All facts: history's, the live ones and the applications."""
    thinning: int
    """How many receipts stand behind each kept one."""
    labels: list[Label]


def write_market(
    parameters: Parameters, directory: Path, *, labels: bool = True, tell: Callable[[float], None] = lambda _: None
) -> Written:
    """Simulate and write into `directory`, which must not hold files of another market; equal parameters give equal bytes.

    `tell` is given the share of days done. Without `labels` who is who is returned only. Raises `OSError` and, for more
    merchants than facts allow, `ValueError`.
    """
    market = Market(parameters)
    history = directory / HISTORY
    history.mkdir(parents=True)
    counts = dict.fromkeys(COLUMNS, 0)
    facts = live_facts = 0
    with ExitStack() as stack:
        writers = {table: _writer(stack, history / f"{table}.csv", columns) for table, columns in COLUMNS.items()}
        live = stack.enter_context((directory / LIVE).open("w", encoding="utf-8"))
        applications = _applications(market)
        coming = next(applications, None)
        day = parameters.start
        for row in market.rows():
            if row.at >= day + DAY:
                day += DAY
                tell(min(1.0, (day - parameters.start) / (parameters.until - parameters.start)))
            while coming is not None and coming[0] <= row.at:
                live.write(coming[1])
                coming = next(applications, None)
            said = facts_of(row) if row.at >= parameters.cut else None
            if said is None:
                # What was learnt after the end of simulated time would be ahead of a lender's clock on the last evening.
                writers[row.table]((*row.values, stamp(row.at), stamp(min(row.known_at, parameters.until - 1))))
                counts[row.table] += 1
                facts += _FACTS_OF_ROW.get(row.table, 1) + (row.table == "merchants" and row.values[6] is not None)
            else:
                live.writelines(json.dumps({"at": stamp(row.at), "fact": fact}, ensure_ascii=False) + "\n" for fact in said)
                live_facts += len(said)
        while coming is not None:
            live.write(coming[1])
            coming = next(applications, None)
    who = market.labels()
    if labels:
        (directory / LABELS).mkdir(mode=0o700)
        with (directory / LABELS / "labels.csv").open("w", encoding="utf-8", newline="") as file:
            write_labels(file, who)
    planned = len(market.applicants())
    return Written(counts, live_facts, planned, facts + live_facts + planned, market.thinning, who)


_FACTS_OF_ROW: Final = {"merchants": 4, "people": 4, "sign_ins": 2}
"""Facts of a row where they are not one; a merchant's e-mail is one more."""


def write_labels(file: TextIO, labels: list[Label]) -> None:
    """Who is who as CSV."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Label._fields)
    writer.writerows((label.merchant, label.group, label.ring or "", int(label.fraud)) for label in labels)


def read_labels(file: TextIO) -> list[Label]:
    """What `write_labels` wrote."""
    return [Label(line["merchant"], line["group"], line["ring"] or None, line["fraud"] == "1") for line in csv.DictReader(file)]


def _writer(stack: ExitStack, path: Path, columns: tuple[str, ...]) -> Callable[[tuple[object, ...]], object]:
    file = stack.enter_context(path.open("w", encoding="utf-8", newline="", buffering=1 << 18))
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*columns, "at", "known_at"))
    return writer.writerow


def _applications(market: Market) -> Iterator[tuple[int, str]]:
    for shop in market.applicants():
        assert shop.plan is not None, "applicants have a plan"
        loan = market.builder.key("L", 7)
        yield shop.plan.at, json.dumps({"at": stamp(shop.plan.at), "assess": _assess(shop, loan)}, ensure_ascii=False) + "\n"


def _assess(shop: Shop, loan: str) -> dict[str, object]:
    plan = shop.plan
    assert plan is not None, "applicants have a plan"
    values = (
        loan, shop.key, shop.owner.key, plan.amount, plan.term_days, plan.account.number,
        plan.device.key, plan.ip_address, plan.phone,
    )  # fmt: skip
    application = application_of(dict(zip(COLUMNS["loans"], values, strict=True)))
    given = {"application": application, "appliedAt": stamp(plan.at), "source": SOURCE}
    return {"input": given, "idempotencyKey": f"assess-{loan}"}
