"""What the records hold of an institution as JSON Lines: decisions, verifications, strategies, audit chain, principals without secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Column, Connection, Row, Table, select, tuple_

from api import audit
from api.assessing import DECIDE_AGAIN
from api.auth.keys import keys_of
from api.auth.principals import principals_of
from api.cli.exporting.facts import written
from api.cli.exporting.folder import ExportFolder
from api.cli.options import OpenRecords
from api.tables import audit_entries, jobs
from graph.model import Instant
from identity.tables import verifications
from rules.dossier import decode
from rules.model import Timing
from rules.records import live_strategy
from rules.tables import decisions, strategies

PAGE: Final = 500
"""Rows read at once."""

DECISIONS: Final = "decisions.jsonl"
STRATEGIES: Final = "strategies.jsonl"
AUDIT: Final = "audit.jsonl"
CHECKPOINT: Final = "audit-checkpoint.json"
PRINCIPALS: Final = "principals.jsonl"
VERIFICATIONS: Final = "verifications.jsonl"


def export_records(opened: OpenRecords, institution: str, folder: ExportFolder, now: Instant, tell: Callable[[str], None]) -> None:
    """Write all that the records hold now; `tell` is given words for how far it is."""
    for row in _rows(opened, decisions, (decisions.c.decided_at, decisions.c.id), institution):
        folder.line(DECISIONS, _decision(row))
        if folder.count(DECISIONS) % PAGE == 0:
            tell(f"{folder.count(DECISIONS):,} decisions")
    for row in _rows(opened, verifications, (verifications.c.opened_at, verifications.c.id), institution):
        folder.line(VERIFICATIONS, _verification(row))
    live = opened.read(lambda connection: live_strategy(connection, institution)).id
    for row in _rows(opened, strategies, (strategies.c.id,), institution):
        content = orjson.Fragment(row.content)
        folder.line(STRATEGIES, {"id": row.id, "name": row.name, "version": row.version, "live": row.id == live, "content": content})
    point = opened.read(lambda connection: audit.checkpoint(connection, opened.vault.audit_key, institution, now))
    for row in _rows(opened, audit_entries, (audit_entries.c.sequence,), institution):
        if row.sequence > point.sequence:
            break
        folder.line(AUDIT, _entry(row))
        if row.sequence % PAGE == 0:
            tell(f"{row.sequence:,} audit entries")
    folder.text(CHECKPOINT, audit.write_checkpoint(point).decode())
    for line in opened.read(lambda connection: _principals(connection, institution)):
        folder.line(PRINCIPALS, line)


def _verification(row: Row[Any]) -> dict[str, object]:
    """A verification with what its checks said; evidence, declarations and reasons are sealed and stay here."""
    return {
        "id": row.id,
        "subject": row.subject,
        "kind": row.kind,
        "state": row.state,
        "version": row.version,
        "policy": {"name": row.policy, "version": row.policy_version},
        "checks": [
            {"code": code, "result": result, "sentence": sentence, "measured": measured, "threshold": threshold, "required": required}
            for code, result, sentence, measured, threshold, _, required, _ in orjson.loads(row.checks)
        ],
        "openedBy": row.opened_by,
        "openedAt": written(row.opened_at),
        "verifiedAt": None if row.verified_at is None else written(row.verified_at),
    }


def waiting(connection: Connection, institution: str) -> int:
    """Applications that wait for the graph: they are no facts yet, and so are not exported."""
    mine = select(jobs.c.id).where(jobs.c.institution == institution, jobs.c.done_at.is_(None), jobs.c.kind == DECIDE_AGAIN)
    return len(connection.execute(mine).all())


def _rows(opened: OpenRecords, table: Table, order: Sequence[Column[Any]], institution: str) -> Iterator[Row[Any]]:
    """All rows of an institution in an order that an index has, a page at a time, so that no transaction is long."""
    place: tuple[Any, ...] | None = None

    def page(connection: Connection) -> Sequence[Row[Any]]:
        wanted = select(table).where(table.c.institution == institution)
        if place is not None:
            wanted = wanted.where(tuple_(*order) > place)
        return connection.execute(wanted.order_by(*order).limit(PAGE)).all()

    while rows := opened.read(page):
        yield from rows
        place = tuple(rows[-1]._mapping[column.name] for column in order)  # noqa: SLF001 - the public way to read a row by name


def _decision(row: Row[Any]) -> dict[str, object]:
    """A decision with its judgement and the dossier that was judged, byte for byte as they are kept."""
    dossier = decode(row.dossier)
    around = None if dossier.surroundings is None else dossier.surroundings.neighbourhood
    keys = {} if around is None else {one.entity.id: one.entity.key for one in around.neighbours}
    return {
        "id": row.id,
        "loan": {"id": row.loan, "key": dossier.application.loan_key},
        "merchant": {"id": row.merchant, "key": keys.get(row.merchant)},
        "applicant": None if row.applicant is None else {"id": row.applicant, "key": keys.get(row.applicant)},
        "verdict": row.verdict,
        "degraded": row.degraded,
        "at": written(row.at),
        "knownAt": written(row.known_at),
        "decidedAt": written(row.decided_at),
        "strategy": {"id": row.strategy, "name": row.strategy_name, "version": row.strategy_version},
        "inputsHash": row.inputs_hash,
        "replacedBy": row.replaced_by,
        "milliseconds": dict(zip(Timing.__slots__, orjson.loads(row.timing), strict=False)),  # those of older versions have no identity
        "cost": {"cpu": row.cpu, "read": row.read, "micros": row.micros},
        "judgement": orjson.Fragment(row.judgement),
        "dossier": orjson.Fragment(row.dossier),
    }


def _entry(row: Row[Any]) -> dict[str, object]:
    subjects = row.subjects.split()
    said = {"at": written(row.at), "principal": row.principal, "action": row.action, "subjects": subjects, "digest": row.digest}
    return {"sequence": row.sequence, **said, "hash": row.hash.hex()}


def _principals(connection: Connection, institution: str) -> list[dict[str, object]]:
    """Staff and services with the ids of their keys; no password, no key, no hash of either."""
    keys: dict[str, list[dict[str, object]]] = {}
    for key in keys_of(connection, institution):
        times = {"createdAt": written(key.created_at), "lastUsedAt": _maybe(key.last_used_at), "revokedAt": _maybe(key.revoked_at)}
        keys.setdefault(key.principal, []).append({"id": key.id, "roles": list(key.roles), **times})
    return [
        {
            "id": account.id,
            "name": account.name,
            "service": account.service,
            "roles": list(account.roles),
            "createdAt": written(account.created_at),
            "disabledAt": _maybe(account.disabled_at),
            "keys": keys.get(account.name, []),
        }
        for service in (False, True)
        for account in principals_of(connection, institution, service=service)
    ]


def _maybe(moment: Instant | None) -> str | None:
    return None if moment is None else written(moment)
