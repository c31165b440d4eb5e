"""Answers to proposals: a second person agrees, and what was proposed is done in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Connection

from api import audit, erasing, proposing
from api.context import Services
from api.once import Call, Done, Effect, once, read_reason
from api.proposing import Carried, Proposal
from api.rings import judging
from api.verifying import deciding
from graph.errors import Unknown
from graph.model import Instant
from identity.errors import FourEyesRequired, WrongState

CarryOut = Callable[[Connection, Services, str, Proposal, str], Carried | None]
"""Does what was proposed for the second person; None when its subject changed since."""

DOING: Final[Mapping[str, CarryOut]] = {
    deciding.DECIDE: deciding.carry_out,
    judging.CONFIRM: judging.carry_out,
    judging.DISMISS: judging.carry_out,
    erasing.ERASE: erasing.carry_out,
}
"""How each kind of proposal is carried out."""


async def answer_proposal(call: Call) -> str:
    """The proposal's id. Raises what `once` raises, `InvalidInput`, `Unknown`, `FourEyesRequired`, `WrongState`."""

    async def prepare(_at: Instant) -> Effect:
        reason = read_reason(call)
        return lambda connection: effect(connection, reason)

    def effect(connection: Connection, reason: str) -> Done:
        services, institution, now, who = call.services, call.principal.institution.id, call.services.now(), call.principal.id
        found = proposing.proposal(connection, institution, call.input["proposal"])
        if found is None or not call.principal.roles & proposing.ANSWERING[found.action]:
            raise Unknown("There is no such proposal: give the id that `workList` told.", ("input", "proposal"))
        accept = bool(call.input["accepted"])
        if found.answer is not None:
            raise WrongState(f"The proposal was answered before: {found.answer}.", found.answer)
        if accept and found.proposed_by == who:
            raise FourEyesRequired(found.proposed_by)
        answer = "ACCEPTED" if accept else "REFUSED"
        carried: Carried | None = None
        if accept:
            carried = None if found.due_at <= now else DOING[found.action](connection, services, institution, found, who)
            answer = "LAPSED" if carried is None else answer
        event = None if carried is None else carried.event
        proposing.settle(connection, institution, found.id, answer, None if answer == "LAPSED" else who, now)
        return Done(
            {"proposal": found.id}, f"proposal {answer.lower()}", (found.id, found.subject), event, digest=audit.digest(reason.encode())
        )

    return str((await once(call, prepare))["proposal"])
