"""A loan's key is one merchant's: a number that was decided for one is not decided again for another.

Other content under the same key is a later application of the same loan (semantics 1): another amount, device or applicant. Another
merchant is another loan, and its number was given twice; decided all the same, the first merchant's decision would be replaced by one
about a stranger. Facts of history are taken as they come, in any order, so this is asked of `assessLoan` alone. Who reported the wrong
merchant withdraws that application, and the key is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from api.context import Services
from api.idempotency import FIND, INSERT, NAMED, Intent
from api.judging import Asked
from api.tables import idempotency_keys as keys
from graph.contents import ApplicationMade
from graph.errors import Conflict
from graph.ids import tie_id
from graph.model import EntityName, Instant, TieKind
from rules.statements import Hot
from rules.tables import decisions

NEWEST: Final = Hot(
    select(decisions.c.merchant, decisions.c.decided_at)
    .where(decisions.c.institution == bindparam("b_institution"), decisions.c.loan == bindparam("b_loan"))
    .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
    .limit(1)
)

RESERVED: Final = "assessLoan loan"
"""Under which loans that are being decided stand among the claimed keys."""

HOLD: Final = (
    update(keys)
    .where(NAMED)
    .values(input_hash=bindparam("b_hash"), at=bindparam("b_now"), first_used_at=bindparam("b_now"), lease_until=bindparam("b_until"))
)
LET_GO: Final = Hot(delete(keys).where(NAMED, keys.c.input_hash == bindparam("b_hash")))

PATH: Final = ("input", "application", "merchant")


@dataclass(frozen=True, slots=True)
class Used:
    """For whom a loan was decided last, and when."""

    merchant: str
    decided_at: Instant


def last_use(connection: Connection, services: Services, asked: Asked) -> Used | None:
    """Who the application's loan was decided for last; None when it never was."""
    loan, _ = _ids(services, asked)
    row = NEWEST.one(connection, {"b_institution": asked.institution.id, "b_loan": loan})
    return None if row is None else Used(str(row[0]), int(row[1]))


def reserve(connection: Connection, services: Services, asked: Asked, now: Instant, lease: int) -> None:
    """Take the application's loan for its merchant while it is being decided, for `lease` milliseconds, in the transaction of the claim.

    Of two calls for two merchants that come at once the second finds it taken, and has done nothing yet. Calls for one merchant share it.
    Raises `Conflict` with its path below `input`.
    """
    wanted = _reservation(services, asked)
    named = {"b_institution": wanted.institution, "b_mutation": wanted.mutation, "b_key": wanted.key}
    fresh = {"institution": wanted.institution, "mutation": wanted.mutation, "key": wanted.key, "input_hash": wanted.input_hash}
    if INSERT.run(connection, {**fresh, "at": now, "first_used_at": now, "lease_until": now + lease, "fence": 1, "answer": None}) == 1:
        return
    row = FIND.one(connection, named)
    if row is not None and row[0] != wanted.input_hash and row[3] > now:
        message = "Another merchant's application with this key is being decided, and it came first: give this one a key of its own."
        raise Conflict(message, PATH, row[2])
    connection.execute(HOLD, {**named, "b_hash": wanted.input_hash, "b_now": now, "b_until": now + lease})


def release(connection: Connection, services: Services, asked: Asked) -> None:
    """Let go of the loan: its decision says from now on for whom it was decided, or nothing came of it."""
    wanted = _reservation(services, asked)
    LET_GO.run(
        connection,
        {"b_institution": wanted.institution, "b_mutation": wanted.mutation, "b_key": wanted.key, "b_hash": wanted.input_hash},
    )


def _reservation(services: Services, asked: Asked) -> Intent:
    """The loan as a key that is claimed, with its merchant as what is meant."""
    loan, merchant = _ids(services, asked)
    institution = asked.institution.id
    return Intent(institution, RESERVED, loan, services.sealers(institution).content_hash(merchant.encode()))


async def refuse_another_merchant(services: Services, asked: Asked, used: Used | None, seconds: float) -> None:
    """Refuse an application whose loan was decided for another merchant whose own application stands.

    Raises `Conflict` with its path below `input`, and `GraphUnavailable`. The graph is asked in that case alone.
    """
    loan, merchant = _ids(services, asked)
    if used is None or used.merchant == merchant:
        return
    institution = asked.institution.id
    applied = tie_id(TieKind.APPLIED_FOR, used.merchant, loan)

    async def stands() -> bool:
        return await services.graph.tie(institution, applied, await services.graph.now(institution)) is not None

    if await services.breaker.ask(stands, seconds):
        message = "Another merchant's application has this key, and the first stands: give this one a key of its own, or withdraw that one."
        raise Conflict(message, PATH, used.decided_at)


def _ids(services: Services, asked: Asked) -> tuple[str, str]:
    """Ids of the loan and of the merchant that an application names."""
    content = asked.application.content
    assert isinstance(content, ApplicationMade), "an application is decoded as one"
    sealer = services.sealers(asked.institution.id)

    def id_of(name: EntityName) -> str:
        return name.id if name.id is not None else sealer.entity_id(name.kind, name.key or "")

    return id_of(content.loan), id_of(content.merchant)
