"""What KYC staff does: ask for more, decide, judge a list match, take work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from api import audit, outbox, proposing, work
from api.auth.principals import principal_by_id
from api.context import Services
from api.ids import new_id
from api.once import Call, Done, Effect, once, read_reason
from api.proposing import Carried, Proposal
from api.verifying.changing import DAY, done, held, put_check, saved
from api.verifying.checking import accepted
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import Instant
from identity import hits, records
from identity.errors import StaleVersion, WrongState
from identity.lists import records as lists
from identity.lists.records import Judgement
from identity.policy import policy_named
from identity.records import Kept
from identity.subjects import cipher_of
from identity.verification import RUNNING, State, StepKind

LONGEST_ASKING: Final = 500
MOST_STEPS: Final = 6
PROPOSAL_DAYS: Final = 2
DECIDE: Final = "DECIDE_VERIFICATION"


def _current(connection: Connection, call: Call) -> Kept:
    """The verification of the input, at the version that was read. Raises `Unknown`, `StaleVersion`."""
    kept = held(connection, call.principal.institution.id, call.input["verification"], call.services.now())
    if kept.version != call.input["version"]:
        raise StaleVersion(kept.version)
    return kept


async def request_evidence(call: Call) -> str:
    """The verification's id. Raises what `once` raises, `InvalidInput`, `Unknown`, `StaleVersion`, `WrongState`."""
    steps = [StepKind(str(step)) for step in call.input["steps"]]

    async def prepare(_at: Instant) -> Effect:
        read_reason(call, LONGEST_ASKING)
        if not 1 <= len(steps) <= MOST_STEPS or StepKind.DECISION in steps:
            message = f"are 1 to {MOST_STEPS}, and DECISION is none that a subject can be asked for"
            raise InvalidInput([Problem(("input", "steps"), message)])
        return effect

    def effect(connection: Connection) -> Done:
        institution, now = call.principal.institution.id, call.services.now()
        kept = _current(connection, call)
        if kept.state not in {State.REFERRED, State.WAITING_FOR_EVIDENCE}:
            raise WrongState(f"The verification is {kept.state}: more is asked for while it waits or is referred.", kept.state)
        policy = policy_named(kept.policy, kept.policy_version)
        asked = (*kept.asked, *((step, now) for step in dict.fromkeys(steps)))
        after = replace(
            kept, state=State.WAITING_FOR_EVIDENCE, asked=asked, changed_at=now, due_at=None, expires_at=now + policy.days_to_give * DAY
        )
        return done("evidence requested", saved(connection, institution, kept, after))

    return str((await once(call, prepare))["verification"])


async def decide(call: Call) -> Mapping[str, Any]:
    """The verification's id, and the proposal's where a second person must agree. Raises as `request_evidence`."""

    async def prepare(_at: Instant) -> Effect:
        reason = read_reason(call)
        return lambda connection: effect(connection, reason)

    def effect(connection: Connection, reason: str) -> Done:
        institution, now, who = call.principal.institution.id, call.services.now(), call.principal.id
        kept, accept = _current(connection, call), bool(call.input["accepted"])
        _require_referred(kept)
        if not policy_named(kept.policy, kept.policy_version).four_eyes:
            after = conclude(connection, call.services, institution, kept, (accept, reason, (who,)))
            return done("verification decided", after)
        if proposing.waiting_for(connection, institution, kept.id) is not None:
            raise WrongState("A proposal waits for a second person already: answer that one.", kept.state)
        word = "Accept" if accept else "Reject"
        proposal = Proposal(
            new_id("pro"), DECIDE, kept.id, kept.version, accept, f"{word} the identity of {kept.subject}.", who,
            call.services.vault.seal_bytes(institution, "proposal", reason.encode()), now, now + PROPOSAL_DAYS * DAY,
        )  # fmt: skip
        proposing.add(connection, institution, proposal)
        return done("decision proposed", kept, proposal=proposal.id)

    return await once(call, prepare)


def _require_referred(kept: Kept) -> None:
    if kept.state is not State.REFERRED:
        raise WrongState(f"The verification is {kept.state}: a person decides what is REFERRED.", kept.state)


def conclude(connection: Connection, services: Services, institution: str, kept: Kept, of: tuple[bool, str, tuple[str, ...]]) -> Kept:
    """The verification as people decided it: whether accepted, why, and by whom."""
    accept, reason, by = of
    now, cipher = services.now(), cipher_of(connection, services.vault.sealer(institution), institution, kept.subject)
    if cipher.erased:
        raise WrongState("The subject was erased: nothing is decided about it any more.", kept.state)
    if accept:
        after = accepted(kept, policy_named(kept.policy, kept.policy_version), cipher, reason, by, now)
    else:
        conclusion = cipher.seal(f"conclusion {kept.id}", {"accepted": False, "reason": reason, "at": now, "by": list(by)})
        after = replace(kept, state=State.REJECTED, due_at=None, expires_at=None, conclusion=conclusion, changed_at=now)
    services.metrics.verification(after.state, "people")
    return saved(connection, institution, kept, after)


def carry_out(connection: Connection, services: Services, institution: str, found: Proposal, who: str) -> Carried | None:
    """Decide as was proposed; None when the verification changed since."""
    kept = held(connection, institution, found.subject, services.now(), ("input", "proposal"))
    if kept.version != found.version or kept.state is not State.REFERRED:
        return None
    why = services.vault.open_bytes(institution, "proposal", found.reason).decode()
    conclude(connection, services, institution, kept, (found.accepts, why, (found.proposed_by, who)))
    return Carried((outbox.VERIFICATION_CHANGED, kept.id))


async def judge_hit(call: Call) -> str:
    """The hit's id. Raises what `once` raises, `InvalidInput`, `Unknown`, `StaleVersion`."""

    async def prepare(_at: Instant) -> Effect:
        reason = read_reason(call)
        return lambda connection: effect(connection, reason)

    def effect(connection: Connection, reason: str) -> Done:
        services, institution, now, who = call.services, call.principal.institution.id, call.services.now(), call.principal.id
        found = hits.hit(connection, institution, call.input["hit"])
        if found is None:
            raise Unknown("There is no such possible match: give the id that `workList` told.", ("input", "hit"))
        if found.version != call.input["version"]:
            raise StaleVersion(found.version)
        cipher = cipher_of(connection, services.vault.sealer(institution), institution, found.subject)
        if cipher.erased:
            raise WrongState("The subject was erased: nothing is judged about it any more.", "ERASED")
        judgement = str(call.input["judgement"])
        hits.judge(connection, institution, found, judgement, cipher.seal(f"hit reason {found.id}", reason), who, now)
        same = judgement == "TRUE_MATCH"
        lists.judge(connection, institution, Judgement(found.subject, found.list, found.key, same, "see the hit", who, now))
        work.close_item(connection, institution, found.id)
        open_ = records.newest_of(connection, institution, [found.subject]).get(found.subject)
        if open_ is not None and open_.at(now).state in RUNNING:
            put_check(connection, services, institution, open_.id, now)
        return Done({"hit": found.id}, "list match judged", (found.id, found.subject), None, digest=audit.digest(judgement.encode()))

    return str((await once(call, prepare))["hit"])


async def assign_work(call: Call) -> str:
    """The item's id. Raises what `once` raises, and `Unknown` for an item that does not wait or somebody who is not here."""

    async def prepare(_at: Instant) -> Effect:
        return effect

    def effect(connection: Connection) -> Done:
        institution, item, assignee = call.principal.institution.id, call.input["item"], call.input.get("assignee")
        found = work.item(connection, institution, item)
        if found is None or found.kind not in work.readable(call.principal.roles):
            raise Unknown("There is no such work that waits: give an id of `workList`.", ("input", "item"))
        if assignee is not None:
            somebody = principal_by_id(connection, institution, assignee)
            if somebody is None or found.kind not in work.readable(somebody.roles):
                raise Unknown("There is nobody by this id here who may do this work: give the id of a colleague.", ("input", "assignee"))
        work.assign(connection, institution, item, assignee)
        return Done({"item": item}, "work assigned", (item, *([assignee] if assignee else [])))

    return str((await once(call, prepare))["item"])
