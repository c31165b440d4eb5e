"""Decisions and strategies in the records: functions that take a Connection, to be run in short transactions.

Nothing here changes a decision but to say which one replaced it. Lists are keyset-paginated walks of an index, newest first.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, insert, select, tuple_, update

from graph.errors import InvalidInput, Problem
from graph.model import Instant
from graph.store import Page
from rules import dossier as dossiers
from rules import judgements
from rules.model import Decision, History, Strategy, Timing, Verdict
from rules.statements import Hot
from rules.strategy import canonical, shipped, strategy_from
from rules.tables import decision_reasons, live_strategies, strategies
from rules.tables import decisions as table

HISTORY: Final = 90 * 24 * 60 * 60 * 1000
"""Milliseconds that earlier decisions count."""

MAXIMUM_REMEMBERED: Final = 500
"""Newest earlier decisions of one merchant or applicant that are read."""


@dataclass(frozen=True, slots=True)
class DecisionQuery:
    """Which decisions, and which page of them; all that is given must hold."""

    first: int
    """1 to 100."""
    after: str | None = None
    """Cursor of the last item of the page before."""
    loan: str | None = None
    """Entity id; so is the next."""
    merchant: str | None = None
    verdicts: frozenset[Verdict] | None = None
    reason_code: str | None = None
    degraded: bool | None = None
    decided_after: Instant | None = None
    """Exclusive, as is the next."""
    decided_before: Instant | None = None


KEEP: Final = Hot(insert(table))
KEEP_REASON: Final = Hot(insert(decision_reasons))
REPLACE: Final = Hot(
    update(table)
    .where(
        table.c.institution == bindparam("b_institution"),
        table.c.loan == bindparam("b_loan"),
        table.c.replaced_by.is_(None),
        table.c.id != bindparam("b_id"),
    )
    .values(replaced_by=bindparam("b_id"))
)


def _earlier(party: ColumnElement[str | None]) -> Hot:
    """The newest decisions about a merchant or an applicant, by an index."""
    wanted = select(table.c.loan, table.c.verdict, table.c.decided_at, table.c.id, table.c.at)
    mine = (table.c.institution == bindparam("b_institution"), party == bindparam("b_party"), table.c.decided_at <= bindparam("b_known_at"))
    return Hot(wanted.where(*mine).order_by(table.c.decided_at.desc(), table.c.id.desc()).limit(MAXIMUM_REMEMBERED))


BY_MERCHANT: Final = _earlier(table.c.merchant)
BY_APPLICANT: Final = _earlier(table.c.applicant)


def save_strategy(connection: Connection, institution: str, strategy: Strategy, *, live: bool = True) -> None:
    """Keep a version of a strategy, and make it the one that judges unless `live` is False. Repeating changes nothing.

    Raises `InvalidInput` when the same name and version was kept with other content: a past decision cites it.
    """
    kept = connection.execute(
        select(strategies.c.id).where(
            strategies.c.institution == institution, strategies.c.name == strategy.name, strategies.c.version == strategy.version
        )
    ).scalar()
    if kept is not None and kept != strategy.id:
        message = f"version {strategy.version} of {strategy.name} is kept with other content: give the new one a higher version"
        raise InvalidInput([Problem(("version",), message)])
    if kept is None:
        connection.execute(
            insert(strategies).values(
                institution=institution, id=strategy.id, name=strategy.name, version=strategy.version, content=canonical(strategy)
            )
        )
    if live:
        found = connection.execute(select(live_strategies.c.strategy).where(live_strategies.c.institution == institution)).scalar()
        if found is None:
            connection.execute(insert(live_strategies).values(institution=institution, strategy=strategy.id))
        elif found != strategy.id:
            connection.execute(update(live_strategies).where(live_strategies.c.institution == institution).values(strategy=strategy.id))


def live_strategy(connection: Connection, institution: str) -> Strategy:
    """The version that judges now; the shipped one for an institution that never chose."""
    content = connection.execute(
        select(strategies.c.content)
        .join(
            live_strategies, (live_strategies.c.institution == strategies.c.institution) & (live_strategies.c.strategy == strategies.c.id)
        )
        .where(live_strategies.c.institution == institution)
    ).scalar()
    return shipped().strategy if content is None else strategy_from(content)


def strategy(connection: Connection, institution: str, id: str) -> Strategy | None:
    """A version by its id; the shipped one is everybody's."""
    content = connection.execute(
        select(strategies.c.content).where(strategies.c.institution == institution, strategies.c.id == id)
    ).scalar()
    if content is not None:
        return strategy_from(content)
    own = shipped().strategy
    return own if own.id == id else None


def save_decision(connection: Connection, decision: Decision) -> Mapping[str, Any]:
    """Keep a decision, and give what was written of it; the newest one before it on the same loan is from now on replaced by it."""
    judgement, asked = decision.judgement, decision.dossier.application
    timing = decision.timing
    REPLACE.change(connection, {"b_institution": decision.institution, "b_loan": asked.loan, "b_id": decision.id})
    row: dict[str, Any] = {
        "id": decision.id,
        "institution": decision.institution,
        "loan": asked.loan,
        "merchant": asked.merchant,
        "applicant": asked.applicant,
        "verdict": judgement.verdict.value,
        "degraded": is_degraded(decision),
        "at": asked.at,
        "known_at": decision.dossier.known_at,
        "decided_at": decision.decided_at,
        "strategy": decision.strategy,
        "strategy_name": decision.strategy_name,
        "strategy_version": decision.strategy_version,
        "inputs_hash": decision.inputs_hash,
        "dossier": dossiers.encode(decision.dossier),
        "judgement": judgements.encode(judgement),
        "timing": orjson.dumps(
            [timing.total, timing.facts, timing.graph, timing.signals, timing.rules, timing.records, timing.identity]
        ).decode(),
        "cpu": decision.cpu,
        "read": decision.read,
        "micros": decision.micros,
        "replaced_by": decision.replaced_by,
    }
    KEEP.change(connection, row)
    line = {"institution": decision.institution, "decided_at": decision.decided_at, "decision": decision.id}
    KEEP_REASON.run_many(connection, [{**line, "code": code} for code in sorted({reason.code for reason in judgement.reasons})])
    return row


def is_degraded(decision: Decision) -> bool:
    """Whether some source gave nothing whole, or some signal could not be computed."""
    return bool(decision.dossier.unread or decision.judgement.degraded)


def decision(connection: Connection, institution: str, id: str) -> Decision | None:
    """The decision with this id; None for another institution's, as for one that does not exist."""
    row = connection.execute(select(table).where(table.c.id == id, table.c.institution == institution)).one_or_none()
    return None if row is None else _decision(row)


def verdict_of(connection: Connection, institution: str, id: str) -> str | None:
    """The verdict of the decision with this id; None when there is none."""
    return connection.execute(select(table.c.verdict).where(table.c.id == id, table.c.institution == institution)).scalar()


def last_judgements(connection: Connection, institution: str) -> dict[str, bytes]:
    """The judgement of each loan's last decision, byte for byte as it is stored, by the loan's id."""
    rows = select(table.c.loan, table.c.judgement).where(table.c.institution == institution)
    return {loan: bytes(judgement) for loan, judgement in connection.execute(rows.order_by(table.c.decided_at, table.c.id))}


def latest_decision(connection: Connection, institution: str, merchant: str) -> Decision | None:
    """The newest decision about a merchant; None when there is none."""
    return next(iter(_walk(connection, institution, DecisionQuery(1, merchant=merchant), None, None)), None)


def decisions(connection: Connection, institution: str, query: DecisionQuery) -> Page[Decision]:
    """One page of decisions, newest first by `decided_at`, then id. Raises `InvalidInput` for a cursor of another list."""
    assert 1 <= query.first <= 100, "a page has 1 to 100 items"
    name = _list_name(institution, query)
    place = None if query.after is None else _place(query.after, name)
    one_more = replace(query, first=query.first + 1)
    if query.verdicts is None:
        found = _walk(connection, institution, one_more, None, place)
    else:
        # Each verdict is a walk of its own, so that a rare one is not looked for among the frequent.
        walks = [_walk(connection, institution, one_more, verdict, place) for verdict in sorted(query.verdicts)]
        found = sorted((one for walk in walks for one in walk), key=lambda one: (one.decided_at, one.id), reverse=True)
    items = tuple(found[: query.first])
    return Page(items, tuple(_cursor(one, name) for one in items), more=len(found) > query.first)


def history(
    connection: Connection, institution: str, merchant: str, applicant: str | None, loan: str, at: Instant, known_at: Instant
) -> History:
    """What had been decided by `known_at` on other loans of the merchant or the applicant, applied for in the 90 days to `at`."""
    latest: dict[str, tuple[tuple[Instant, str], str]] = {}
    for earlier, party in ((BY_MERCHANT, merchant), (BY_APPLICANT, applicant)):
        if party is None:
            continue
        rows = earlier.all(connection, {"b_institution": institution, "b_party": party, "b_known_at": known_at})
        for other, verdict, decided_at, own, applied_at in rows:
            newest = latest.get(other)
            if other != loan and at - HISTORY < applied_at <= at and (newest is None or newest[0] < (decided_at, own)):
                latest[other] = ((decided_at, own), verdict)
    refused = sum(verdict == Verdict.DECLINE.value for _, verdict in latest.values())
    return History(decisions_90=len(latest), declined_90=refused)


def _walk(
    connection: Connection, institution: str, query: DecisionQuery, verdict: Verdict | None, place: tuple[Instant, str] | None
) -> list[Decision]:
    """The first decisions after a place, along the index of whatever picks fewest."""
    by_reason = query.reason_code is not None and query.loan is None and query.merchant is None
    moment, last = (decision_reasons.c.decided_at, decision_reasons.c.decision) if by_reason else (table.c.decided_at, table.c.id)
    wanted: Select[Any] = select(table)
    if by_reason:
        wanted = wanted.join(decision_reasons, decision_reasons.c.decision == table.c.id)
        wanted = wanted.where(decision_reasons.c.institution == institution, decision_reasons.c.code == query.reason_code)
    wanted = wanted.where(*_conditions(institution, query, verdict, by_reason=by_reason))
    if query.decided_after is not None:
        wanted = wanted.where(moment > query.decided_after)
    if query.decided_before is not None:
        wanted = wanted.where(moment < query.decided_before)
    if place is not None:
        wanted = wanted.where(tuple_(moment, last) < place)
    return [_decision(row) for row in connection.execute(wanted.order_by(moment.desc(), last.desc()).limit(query.first))]


def _conditions(institution: str, query: DecisionQuery, verdict: Verdict | None, *, by_reason: bool) -> list[ColumnElement[bool]]:
    """Equalities: the first that is given walks an index, the others are hidden from the planner behind `coalesce`."""
    equal = [
        (table.c.loan, query.loan),
        (table.c.merchant, query.merchant),
        (table.c.degraded, query.degraded if query.degraded else None),
        (table.c.verdict, None if verdict is None else verdict.value),
    ]
    given = [(column, value) for column, value in equal if value is not None]
    walked = None if by_reason or not given else given[0][0]
    found: list[ColumnElement[bool]] = [table.c.institution == institution]
    for column, value in given:
        found.append(column == value if column is walked else func.coalesce(column, value) == value)
    if query.degraded is False:
        found.append(func.coalesce(table.c.degraded, True) == False)  # noqa: E712 - an expression of SQL
    if query.reason_code is not None and not by_reason:
        named = select(decision_reasons.c.decision).where(
            decision_reasons.c.institution == institution,
            decision_reasons.c.code == query.reason_code,
            decision_reasons.c.decided_at == table.c.decided_at,
            decision_reasons.c.decision == table.c.id,
        )
        found.append(named.exists())
    return found


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        id=row.id,
        institution=row.institution,
        judgement=judgements.decode(row.judgement),
        dossier=dossiers.decode(row.dossier),
        strategy=row.strategy,
        strategy_name=row.strategy_name,
        strategy_version=row.strategy_version,
        inputs_hash=row.inputs_hash,
        decided_at=row.decided_at,
        timing=Timing(*orjson.loads(row.timing)),
        cpu=row.cpu,
        read=row.read,
        micros=row.micros,
        replaced_by=row.replaced_by,
    )


def _list_name(institution: str, query: DecisionQuery) -> str:
    """Eight characters that differ from list to list, so that a cursor is good for its own alone."""
    verdicts = None if query.verdicts is None else sorted(query.verdicts)
    what = [institution, query.loan, query.merchant, verdicts, query.reason_code, query.degraded, query.decided_after, query.decided_before]
    return hashlib.sha256(b"decisions" + orjson.dumps(what)).hexdigest()[:8]


def _cursor(one: Decision, name: str) -> str:
    return base64.urlsafe_b64encode(f"{name}.{one.decided_at}.{one.id}".encode()).decode().rstrip("=")


def _place(cursor: str, name: str) -> tuple[Instant, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        own, moment, last = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").split(".")
        if own == name and 0 <= int(moment) < 2**63:
            return int(moment), last
    except (ValueError, binascii.Error):
        pass
    raise InvalidInput(
        [Problem(("after",), "is the `endCursor` of the page before, of this list with these arguments: leave it out to start")]
    )
