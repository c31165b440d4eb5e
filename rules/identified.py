"""Who a merchant and an applicant are, as verifications in the records say: read with the history of each decision."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, func, select

from graph.model import Instant
from identity.model import Outcome
from identity.tables import screening_hits, verifications
from rules.model import Identified
from rules.statements import Hot

EITHER: Final[tuple[BindParameter[Any], BindParameter[Any]]] = (bindparam("b_one"), bindparam("b_other"))

NEWEST: Final = Hot(
    select(
        verifications.c.subject,
        verifications.c.state,
        verifications.c.verified_at,
        verifications.c.checks,
        verifications.c.faces,
        verifications.c.expires_at,
    )
    .where(
        verifications.c.institution == bindparam("b_institution"),
        verifications.c.subject.in_(EITHER),
        verifications.c.opened_at <= bindparam("b_known_at"),
    )
    .order_by(verifications.c.opened_at, verifications.c.id)
)
"""Verifications of two subjects, the newest last; nobody has many."""

STANDING: Final = Hot(
    select(screening_hits.c.subject, func.count())
    .where(
        screening_hits.c.institution == bindparam("b_institution"),
        screening_hits.c.subject.in_(EITHER),
        screening_hits.c.opened_at <= bindparam("b_known_at"),
        func.coalesce(screening_hits.c.judgement, "") != "FALSE_MATCH",
    )
    .group_by(screening_hits.c.subject)
)


def identified(connection: Connection, institution: str, merchant: str, applicant: str | None, known_at: Instant) -> dict[str, Identified]:
    """What is known of the two who have a verification that was opened by `known_at`; its state is the one now."""
    asked = {"b_institution": institution, "b_one": merchant, "b_other": applicant or merchant, "b_known_at": known_at}
    rows = {str(row[0]): row for row in NEWEST.all(connection, asked)}
    if not rows:
        return {}
    matches = {str(subject): int(count) for subject, count in STANDING.all(connection, asked)}
    found = {}
    for subject, (_, state, verified_at, checks, faces, expires_at) in rows.items():
        said = [(code, outcome) for code, outcome, *_ in orjson.loads(checks)]
        late = state == "WAITING_FOR_EVIDENCE" and expires_at is not None and expires_at <= known_at
        found[subject] = Identified(
            state="EXPIRED" if late else str(state),
            verified_at=verified_at,
            failed=tuple(code for code, outcome in said if outcome == Outcome.FAIL),
            inconclusive=tuple(code for code, outcome in said if outcome == Outcome.INCONCLUSIVE),
            faces=faces,
            matches=matches.get(subject, 0),
        )
    return found
