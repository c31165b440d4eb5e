"""What the page of a ring shows, gathered for an analyst."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse

from api.auth.principals import principal_by_id
from api.context import Principal, Role, Services
from api.pages.frame import message
from api.pages.ring import Happened, Seen, Spoken, render
from api.pages.wording import when
from api.rings import records
from api.rings.picturing import Picture, picture
from api.rings.records import MILLION, KeptRing
from api.rings.telling import event_sentence
from graph.errors import GraphUnavailable

HISTORY: Final = 30
"""Events that are shown, newest first."""

NOTHING: Final = Picture((), {}, ())


async def show(services: Services, principal: Principal, id: str) -> HTMLResponse:
    """The page of a ring of the reader's institution; 404 for any other id. Raises `RecordsUnavailable`."""
    if Role.ANALYST not in principal.roles:
        return message("For analysts", "Rings are shown to the role ANALYST alone: ask a colleague who has it.", 403)
    institution = principal.institution.id
    kept = await services.records.read(lambda connection: records.ring(connection, institution, id), institution=institution)
    if kept is None:
        return message("No such ring", "There is no ring with this id here: check the link.", 404)
    happened, _, _ = await services.records.read(
        lambda connection: records.history(connection, institution, id, HISTORY), institution=institution
    )
    try:
        drawn = await picture(services.graph, services.records, institution, id, await services.graph.now(institution))
    except GraphUnavailable:
        drawn = NOTHING
    seen = Seen(
        id=id, state=kept.state.value, version=kept.version, score=kept.score / MILLION,
        parts=[Spoken(one.code, one.weight, one.sentence) for one in kept.parts],
        members=[(one.entity, one.since) for one in drawn.members], entities=drawn.entities, ties=drawn.ties,
        history=[Happened(one.at, event_sentence(one)) for one in happened],
        merchants=kept.merchants, size=kept.members, exposure=kept.exposure, loss=kept.loss, ended=kept.ended, bad=kept.bad,
        found_at=kept.found_at, merged_into=kept.merged_into, judged=await _judged(services, principal, kept),
    )  # fmt: skip
    return render(seen, principal)


async def _judged(services: Services, principal: Principal, kept: KeptRing) -> str | None:
    """Who judged the ring, when and why; None when nobody did."""
    if kept.judged is None or kept.judged_by is None or kept.judged_at is None or kept.reason is None:
        return None
    institution, who = principal.institution.id, kept.judged_by.split()
    names = await services.records.read(
        lambda connection: [principal_by_id(connection, institution, one) for one in who], institution=institution
    )
    said = " and ".join(one.name for one in names if one is not None)
    reason = services.vault.open_bytes(institution, "proposal", kept.reason).decode()
    return f"{kept.judged.capitalize()} by {said} on {when(kept.judged_at, principal.institution.time_zone)}: {reason}"
