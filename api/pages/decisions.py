"""`/`: the newest decisions of the reader's institution, page by page, by verdict; each leads to its own page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from api.context import Principal, Services
from api.pages.decision import VERDICT_WORDS
from api.pages.frame import message, page
from api.pages.wording import money, when
from graph.errors import InvalidInput
from rules import records
from rules.model import Decision, Verdict
from rules.records import DecisionQuery

PAGE: Final = 25
"""Decisions on one page."""


async def show(services: Services, principal: Principal, asked: Mapping[str, str]) -> HTMLResponse:
    """The page for what stands behind the `?`: `verdict`, one of three or left out, and `after`, the cursor of the page before."""
    named, after = asked.get("verdict", ""), asked.get("after") or None
    if named and named not in Verdict.__members__:
        return message("No such verdict", f"A verdict is one of {', '.join(Verdict)}: choose one on the page of all.", 400)
    query = DecisionQuery(PAGE, after=after, verdicts=frozenset({Verdict(named)}) if named else None)
    institution = principal.institution
    try:
        found = await services.records.read(
            lambda connection: records.decisions(connection, institution.id, query), institution=institution.id
        )
    except InvalidInput:
        return message("No such page", "The link is not one that this list gave: begin at its newest page.", 400)
    return page(
        "decisions.html",
        institution=principal.institution_name,
        reader=principal.name,
        heading=f"Newest decisions: {VERDICT_WORDS[Verdict(named)].lower()}" if named else "Newest decisions",
        filters=[("all", _address(), not named)]
        + [(VERDICT_WORDS[verdict].lower(), _address(verdict), named == verdict) for verdict in Verdict],
        rows=[_row(decision, institution.time_zone) for decision in found.items],
        empty="There is nothing older." if after else "There is none yet: each call of `assessLoan` makes one.",
        newest=_address(named) if after else None,
        older=_address(named, found.cursors[-1]) if found.more else None,
    )


def _address(verdict: str = "", after: str = "") -> str:
    asked = {name: value for name, value in (("verdict", verdict), ("after", after)) if value}
    return f"/?{urlencode(asked)}" if asked else "/"


def _row(decision: Decision, zone: str) -> dict[str, object]:
    judgement, asked, around = decision.judgement, decision.dossier.application, decision.dossier.surroundings
    labels = {} if around is None else {one.entity.id: one.entity.label for one in around.neighbourhood.neighbours}
    return {
        "href": f"/decisions/{decision.id}",
        "decided": when(decision.decided_at, zone),
        "verdict": judgement.verdict.value,
        "word": VERDICT_WORDS[judgement.verdict].lower(),
        "merchant": labels.get(asked.merchant, "merchant"),
        "asked": money(asked.amount, asked.currency),
        "score": judgement.score,
        "why": judgement.reasons[0].sentence if judgement.reasons else "Nothing speaks against it.",
        "more": max(0, len(judgement.reasons) - 1),
        "replaced": decision.replaced_by is not None,
    }
