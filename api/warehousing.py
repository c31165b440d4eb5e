"""What was decided and what was reported, as Parquet for a warehouse: each day a file with what came since the file before.

A file says in its own metadata up to where it goes, so that nothing else has to be remembered: the next goes on from there, a day that was
missed is in the next, and a day that was written is not written again. Nothing personal is in them: identifiers of facts are stand-ins,
the same wherever the same is named, and of decisions there are ids, verdicts and codes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Connection, select, tuple_

from api.records import Records
from graph.encoding import encode_fact
from graph.model import Instant, Institution
from graph.store import BulkStore, KeptFact
from rules.tables import decisions

PAGE: Final = 5_000
"""Rows read, and written as one row group, at once."""

SETTLED: Final = 60_000
"""Milliseconds after which a decision is surely committed: later ones are left for the next file, so that none is passed over."""

READ_SECONDS: Final = 30.0

PLACE: Final = b"ringfence.place"
"""Name under which a file says up to where it goes."""

Rows: TypeAlias = list[dict[str, Any]]

_MOMENT: Final = pa.timestamp("ms", tz="UTC")

DECISIONS: Final = pa.schema(
    [
        ("id", pa.string()), ("loan", pa.string()), ("merchant", pa.string()), ("applicant", pa.string()),
        ("verdict", pa.string()), ("degraded", pa.bool_()), ("at", _MOMENT), ("known_at", _MOMENT), ("decided_at", _MOMENT),
        ("strategy", pa.string()), ("strategy_name", pa.string()), ("strategy_version", pa.int32()),
        ("score", pa.int64()), ("approved", pa.int64()), ("reasons", pa.list_(pa.string())),
        ("milliseconds", pa.float64()), ("cpu", pa.float64()), ("micros", pa.int64()), ("inputs_hash", pa.string()),
    ]
)  # fmt: skip

FACTS: Final = pa.schema(
    [
        ("source", pa.string()), ("id", pa.string()), ("kind", pa.string()), ("occurred_at", _MOMENT),
        ("recorded_at", _MOMENT), ("content", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """Rows written for an institution; None where the day's file was there already."""

    decisions: int | None
    facts: int | None


async def export_day(records: Records, graph: BulkStore, institution: Institution, folder: Path, now: Instant) -> Exported:
    """Write the day's files of an institution below `folder`. Raises `RecordsUnavailable`, `GraphUnavailable`, `OSError`."""
    day = f"{datetime.fromtimestamp(now // 1000, UTC):%Y-%m-%d}.parquet"
    own = folder / institution.id
    decided = await _export(own / "decisions" / day, DECISIONS, lambda place: _decisions(records, institution.id, place, now - SETTLED))
    last = await graph.newest_fact(institution.id)
    facts = await _export(own / "facts" / day, FACTS, lambda place: _facts(graph, institution, place, last))
    return Exported(decided, facts)


Page: TypeAlias = tuple[Rows, Any]
"""Rows, and the place after the last."""


async def _export(path: Path, schema: Any, read: Callable[[Any], Any]) -> int | None:  # noqa: ANN401 - Arrow has no types
    """Write one file, whole or not at all; how many rows."""
    if not await asyncio.to_thread(_is_to_be_written, path):
        return None
    place = await asyncio.to_thread(_place_before, path)
    draft, count = path.with_suffix(f".draft-{os.getpid()}"), 0
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                while True:
                    rows, place = await read(place)
                    if not rows:
                        break
                    await asyncio.to_thread(writer.write_table, pa.Table.from_pylist(rows, schema))
                    count += len(rows)
                writer.add_key_value_metadata({PLACE.decode(): orjson.dumps(place).decode()})
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _is_to_be_written(path: Path) -> bool:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return not path.exists()


def _place_before(path: Path) -> Any:  # noqa: ANN401 - whatever its kind of file keeps
    """Up to where the newest file goes; None when there is none."""
    known = sorted(path.parent.glob("*.parquet"))
    if not known:
        return None
    said = parquet.read_metadata(known[-1]).metadata or {}
    return orjson.loads(said[PLACE])


async def _decisions(records: Records, institution: str, place: Sequence[Any] | None, until: Instant) -> Page:
    order = (decisions.c.decided_at, decisions.c.id)

    def page(connection: Connection) -> Page:
        wanted = select(decisions).where(decisions.c.institution == institution, decisions.c.decided_at <= until)
        if place is not None:
            wanted = wanted.where(tuple_(*order) > tuple(place))
        rows = connection.execute(wanted.order_by(*order).limit(PAGE)).mappings().all()
        return [_decision(row) for row in rows], [rows[-1]["decided_at"], rows[-1]["id"]] if rows else place

    return await records.read(page, READ_SECONDS, institution=institution)


def _decision(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row by name
    judged = orjson.loads(row["judgement"])
    own = {name: row[name] for name in DECISIONS.names if name in row}
    more = {"score": judged["score"], "approved": judged.get("approved"), "reasons": [one["code"] for one in judged["reasons"]]}
    return {**own, **more, "degraded": bool(row["degraded"]), "milliseconds": orjson.loads(row["timing"])[0]}


async def _facts(graph: BulkStore, institution: Institution, place: int | None, last: int) -> Page:
    after = place or 0
    if after >= last:
        return [], after
    kept = [one for one in await graph.kept_facts(institution.id, after=after, first=PAGE, clear=False) if one.place <= last]
    return [_fact(one, institution.currency) for one in kept], kept[-1].place if kept else after


def _fact(kept: KeptFact, currency: str) -> dict[str, Any]:
    raw = encode_fact(kept.fact, currency)
    content: dict[str, Any] = raw["content"]
    kind = next(iter(content))
    return {
        "source": kept.source,
        "id": raw["id"],
        "kind": kind,
        "occurred_at": kept.fact.occurred_at,
        "recorded_at": kept.fact.recorded_at,
        "content": orjson.dumps(content[kind]).decode(),
    }
