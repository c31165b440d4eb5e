"""What people decide: with a reason, at the version they read, two of them where the policy says so; list matches; the list of work."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.jobs.working import end_what_is_late
from tests.api.verifying.desk import OPERATIONS, VERIFICATION, Desk, at_desk, card, declared, photograph
from tests.api.world import LISTED, keep_list

LARGE = {"amount": "30000000", "currency": "CNY"}

pytestmark = pytest.mark.usefixtures("each_engine")


async def decide(desk: Desk, who: str, verification: dict[str, Any], accepted: bool, **given: Any) -> dict[str, Any]:
    select = f"verification {{ {VERIFICATION} }} proposal {{ id sentence dueAt answer proposedBy {{ name }} }}"
    asked = {
        "verification": verification["id"],
        "version": verification["version"],
        "accepted": accepted,
        "reason": "Seen by eye.",
        **given,
    }
    return await desk.call(who, "decideVerification", select, **asked)


async def work(desk: Desk, who: str, assignee: str = "ANYBODY") -> list[dict[str, Any]]:
    document = """query ($whose: AssigneeFilter!) { workList(first: 20, assignee: $whose) { edges { node {
        __typename id title assignee { name } } } } }"""
    found = await desk.ask(who, document, whose=assignee)
    return [edge["node"] for edge in found["workList"]["edges"]]


def test_a_person_decides_at_the_version_that_was_read_with_a_reason(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        seen = await desk.referred()
        assert seen["state"] == "REFERRED"
        (item,) = await work(desk, "kyc")
        assert (item["__typename"], item["id"], item["assignee"]) == ("Verification", seen["id"], None)
        assert await work(desk, "analyst") == [] and await work(desk, "other kyc") == []
        mine = await desk.ask("kyc", "{ me { id } }")
        given = await desk.call("second", "assignWork", "item { id assignee { name } }", item=seen["id"], assignee=mine["me"]["id"])
        assert given["item"]["assignee"]["name"] == "kyc" and [one["id"] for one in await work(desk, "kyc", "ME")] == [seen["id"]]
        assert (await desk.call("admin", "assignWork", "item { id }", item=seen["id"], assignee=None))["code"] == "NOT_FOUND"
        stale = await decide(desk, "kyc", {**seen, "version": seen["version"] - 1}, True)
        assert (stale["__typename"], stale["code"]) == ("StaleVersion", "STALE_VERSION")
        assert (await decide(desk, "kyc", seen, True, reason=""))["code"] == "INVALID"
        assert (await decide(desk, "service", seen, True))["code"] == "FORBIDDEN"
        made = (await decide(desk, "kyc", seen, False))["verification"]
        assert made["state"] == "REJECTED" and made["conclusion"]["decidedBy"] == [{"name": "kyc"}]
        assert (await decide(desk, "kyc", made, True))["code"] == "WRONG_STATE" and await work(desk, "kyc") == []
        loan = {"key": "L-1", "merchant": {"key": "M-1"}, "applicant": {"key": "P-1"}, "amount": {"amount": "100000", "currency": "CNY"}}
        assess = """mutation ($input: AssessLoanInput!) { assessLoan(input: $input, idempotencyKey: "assess-1") { ... on AssessLoanSuccess {
            decision { verdict reasons { code } identity { state } timing { identity } } } } }"""
        decision = (await desk.ask("service", assess, input={"application": {**loan, "termDays": 30}}))["assessLoan"]["decision"]
        assert decision["verdict"] == "DECLINE" and decision["reasons"][0]["code"] == "IDENTITY_REJECTED"
        assert decision["identity"] is None, "the merchant itself was never verified"
        person = '{ entity(reference: {person: "P-1"}) { ... on Person { identity { state failed listMatches } } } }'
        summary = await desk.ask("analyst", person)
        assert summary["entity"]["identity"]["state"] == "REJECTED" and "DOCUMENT_FIELDS" in summary["entity"]["identity"]["failed"]

    asyncio.run(at_desk(tmp_path, scene))


def test_where_the_policy_says_so_two_people_agree_and_the_same_one_is_not_two(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        seen = await desk.referred(amount=LARGE)
        assert seen["policy"]["fourEyes"] and seen["state"] == "REFERRED", seen
        document = (OPERATIONS / "decide-verification.graphql").read_text()
        asked = {
            "verification": seen["id"],
            "version": seen["version"],
            "accepted": True,
            "reason": "The card is worn; the person is known.",
        }
        made = (await desk.ask("kyc", document, input=asked, idempotencyKey="decide-0001"))["decideVerification"]
        assert made["verification"]["state"] == "REFERRED" and made["proposal"]["id"]
        assert (await decide(desk, "second", seen, False))["code"] == "WRONG_STATE"
        proposal = made["proposal"]["id"]
        select = "proposal { answer answeredBy { name } subject { id } }"
        own = await desk.call("kyc", "answerProposal", select, proposal=proposal, accepted=True, reason="I agree with myself.")
        assert (own["__typename"], own["code"]) == ("FourEyesRequired", "FOUR_EYES")
        assert (await desk.call("analyst", "answerProposal", select, proposal=proposal, accepted=True, reason="x"))["code"] == "NOT_FOUND"
        assert {one["__typename"] for one in await work(desk, "second")} == {"Verification", "Proposal"}
        agreed = await desk.call("second", "answerProposal", select, proposal=proposal, accepted=True, reason="So do I.")
        assert agreed["proposal"] == {"answer": "ACCEPTED", "answeredBy": {"name": "second"}, "subject": {"id": seen["id"]}}
        ended = await desk.see(seen["id"])
        assert ended["state"] == "VERIFIED" and [one["name"] for one in ended["conclusion"]["decidedBy"]] == ["kyc", "second"]
        assert ended["conclusion"]["reason"] == "The card is worn; the person is known."
        late = await desk.call("second", "answerProposal", select, proposal=proposal, accepted=True, reason="Again.")
        assert late["code"] == "WRONG_STATE" and await work(desk, "kyc") == []

    asyncio.run(at_desk(tmp_path, scene))


def test_staff_asks_for_more_and_a_proposal_about_what_changed_since_lapses(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        seen = await desk.referred(amount=LARGE)
        proposal = (await decide(desk, "kyc", seen, True))["proposal"]["id"]
        select = "verification { state version nextSteps { kind } }"
        asked = {"verification": seen["id"], "version": seen["version"], "reason": "The card is cut off."}
        assert (await desk.call("kyc", "requestEvidence", select, **asked, steps=[]))["code"] == "INVALID"
        more = (await desk.call("kyc", "requestEvidence", select, **asked, steps=["DOCUMENT_IMAGE"]))["verification"]
        assert more["state"] == "WAITING_FOR_EVIDENCE" and "DOCUMENT_IMAGE" in [step["kind"] for step in more["nextSteps"]]
        answered = await desk.call("second", "answerProposal", "proposal { answer }", proposal=proposal, accepted=True, reason="Yes.")
        assert answered["proposal"]["answer"] == "LAPSED"
        again = await desk.show(seen["id"], "DOCUMENT_FRONT", card())
        assert "DOCUMENT_IMAGE" not in [step["kind"] for step in again["verification"]["nextSteps"]]

    asyncio.run(at_desk(tmp_path, scene))


def test_a_list_match_is_work_and_what_is_judged_of_it_is_honoured(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        await desk.services.records.write(lambda connection: keep_list(connection, desk.services.now()))
        opened = (await desk.start({"person": "P-2"}, declaration=declared(name="张三豐", bornOn="1952-10-07")))["id"]
        await desk.work()
        assert {one["code"]: one["result"] for one in (await desk.see(opened))["checks"]}["WATCHLIST"] == "INCONCLUSIVE"
        (item,) = [one for one in await work(desk, "kyc") if one["__typename"] == "ScreeningHit"]
        select = "hit { id version score judgement judgementReason sentence entry { list name } subject { id } }"
        seen = await desk.ask(
            "analyst", f"query ($id: ID!) {{ node(id: $id) {{ ... on ScreeningHit {{ {select[6:-2]} }} }} }}", id=item["id"]
        )
        assert seen["node"]["entry"] == {"list": "un", "name": "張三豐"} and seen["node"]["judgement"] is None
        judged = {"hit": item["id"], "version": 1, "judgement": "FALSE_MATCH", "reason": "Born elsewhere."}
        stale = await desk.call("kyc", "judgeHit", select, **{**judged, "version": 9})
        assert stale["code"] == "STALE_VERSION"
        made = (await desk.call("kyc", "judgeHit", select, **judged))["hit"]
        assert (made["judgement"], made["judgementReason"], made["version"]) == ("FALSE_MATCH", "Born elsewhere.", 2)
        await desk.work()
        assert {one["code"]: one["result"] for one in (await desk.see(opened))["checks"]}["WATCHLIST"] == "PASS"
        assert [one for one in await work(desk, "kyc") if one["__typename"] == "ScreeningHit"] == []
        lists = await desk.ask("kyc", "{ watchlists { name rescreened } }")
        assert lists["watchlists"] == [{"name": "un", "rescreened": 1}]
        other = replace(LISTED, key="Q2", name="张三丰")
        await desk.services.records.write(lambda connection: keep_list(connection, desk.services.now(), entries=(LISTED, other)))
        lists = await desk.ask("kyc", "{ watchlists { name rescreened } }")
        assert lists["watchlists"] == [{"name": "un", "rescreened": 0}], "a list changed"
        await end_what_is_late(desk.services)
        lists = await desk.ask("kyc", "{ watchlists { name rescreened } }")
        assert lists["watchlists"] == [{"name": "un", "rescreened": 1}]
        (fresh,) = [one for one in await work(desk, "kyc") if one["__typename"] == "ScreeningHit"]
        assert fresh["id"] != item["id"], "what was judged before is no work again"

    asyncio.run(at_desk(tmp_path, scene))


def test_one_face_behind_two_people_refers_the_second_and_is_told_to_decisions(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        for person in ("P-1", "P-2"):
            opened = (await desk.start({"person": person}, declaration=declared()))["id"]
            await desk.consent(opened)
            await desk.show(opened, "DOCUMENT_FRONT", card())
            await desk.show(opened, "FACE", photograph())
            await desk.work()
            seen = await desk.see(opened)
        said = {one["code"]: one["result"] for one in seen["checks"]}
        assert seen["state"] == "REFERRED" and said["FACE_SHARED"] == "INCONCLUSIVE"
        found = await desk.ask("analyst", '{ entity(reference: {person: "P-2"}) { ... on Person { identity { peopleWithFace } } } }')
        assert found["entity"]["identity"]["peopleWithFace"] == 2
        document = """{ paths(from: {person: "P-1"}, to: {person: "P-2"}, maximumLength: 2) { paths {
            ties { kind } entities { __typename label } } } }"""
        kinds = {tie["kind"] for path in (await desk.ask("analyst", document))["paths"]["paths"] for tie in path["ties"]}
        assert kinds == {"SHOWS_FACE", "IDENTIFIED_BY"}, "a face and a document tie the two"
        facts = '{ entity(reference: {person: "P-2"}) { facts(first: 10) { edges { node { kind source } } } } }'
        told = (await desk.ask("analyst", facts))["entity"]["facts"]["edges"]
        assert [one["node"]["source"] for one in told].count("verification") == 3, "its document, its face, and the other's"

    asyncio.run(at_desk(tmp_path, scene))
