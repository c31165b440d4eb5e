"""Does a decision's work once before the first caller waits for it: statements, strategy and conditions are compiled, files are read.

What it writes is undone in the same transaction; nothing of it can be seen.
"""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import Connection

from api import audit, idempotency, judging
from api.context import Services
from api.judging import Spent
from graph.errors import RingfenceError
from graph.metering import Meter
from graph.model import Institution, Moment
from rules.assessment import Gathered
from rules.dossier import settle
from rules.model import Application, DecisionSource, DegradedCause, Dossier, History, Unread
from rules.records import history, save_decision
from rules.strategy import CompiledStrategy

NOBODY: Final = Institution("-nobody", "CNY", "UTC")
"""No institution has this id: none begins with a hyphen."""

SECONDS: Final = 5.0


class _Over(RingfenceError):
    """The rehearsal is over: all that it wrote is undone."""


async def rehearse(services: Services) -> None:
    """Claim, judge and write for nobody, and undo it. Raises `RecordsUnavailable`."""
    now = services.now()
    wanted = idempotency.intent(services.sealers(NOBODY.id), NOBODY.id, "rehearsal", "rehearsal", {})
    asked = Application("loa_rehearsal", "", "mer_rehearsal", "per_rehearsal", 1, NOBODY.currency, 1, now)
    moment = Moment(now, now)
    down = Unread(DecisionSource.GRAPH, DegradedCause.UNREACHABLE, 0.0)

    def look(connection: Connection) -> tuple[History, CompiledStrategy]:
        before = history(connection, NOBODY.id, asked.merchant, asked.applicant, asked.loan, now, now)
        return before, services.strategies.live(connection, NOBODY.id)

    before, strategy = await services.records.read(look, SECONDS, institution=NOBODY.id)
    gathered = Gathered(settle(Dossier(asked, moment.known_at, None, before, (down,))), 0.0, 0)
    decision = judging.decide(services, NOBODY, gathered, strategy, Spent(time.perf_counter(), 0.0, 0.0), Meter())

    def work(connection: Connection) -> None:
        held = idempotency.claim(connection, wanted, now, lease=1, days=1)
        assert isinstance(held, idempotency.Claim), "nobody's key is never kept"
        idempotency.answer(connection, held, {})
        save_decision(connection, decision)
        for _ in range(2):  # the first entry makes a head, the second moves it
            audit.append(connection, services.vault.audit_key, audit.Event(NOBODY.id, now, "", "rehearsal"))
        raise _Over("rehearsed")

    try:
        await services.records.write(work, SECONDS, institution=NOBODY.id)
    except _Over:
        return
