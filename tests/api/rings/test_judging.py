"""What analysts say: it cuts and ties rings, is kept once, and takes two people where much is at stake."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.jobs.working import work_one
from api.rings import records
from api.rings.looking import look
from tests.api.asking import BANK
from tests.api.rings.crew import RING, crew, record, rings, tie
from tests.api.verifying.desk import Desk, at_desk

pytestmark = pytest.mark.usefixtures("each_engine")

PERSON = "query ($key: String!) { entity(reference: {person: $key}) { standing } }"
FLOWS = "changed { id state memberCount } reopened"


async def crewed(desk: Desk, *more: dict[str, Any], numbers: range = range(10, 13)) -> dict[str, Any]:
    """The ring of a crew."""
    await record(desk, [*crew(numbers), *more])
    assert await look(desk.services, BANK.id)
    (ring,) = await rings(desk)
    return ring


def owed(amount: int) -> list[dict[str, Any]]:
    """A loan of the crew's first merchant that was paid out."""
    money = {"amount": amount, "currency": "CNY"}
    facts: list[dict[str, Any]] = [
        {"loanDescribed": {"key": "L-1", "balance": money}},
        {"loanPaidOut": {"key": "T-1", "loan": {"key": "L-1"}, "account": {"key": "A-1"}, "amount": money}},
    ]
    dated = [{"id": f"loan-{n}", "occurredAt": "2026-10-01T09:00:00Z", "content": content} for n, content in enumerate(facts)]
    return [*dated, tie("loan-m", "APPLIED_FOR", {"merchant": "M-10"}, {"loan": "L-1"})]


def test_a_pair_that_has_nothing_to_do_with_each_other_holds_no_ring_together_and_the_word_can_be_taken_back(tmp_path):
    async def scene(desk: Desk) -> None:
        ring = await crewed(desk)
        pair: dict[str, Any] = {"first": {"person": "P-10"}, "second": {"person": "P-11"}, "reason": "Neighbours, visited both."}
        made = await desk.call("analyst", "judgePair", FLOWS, "the-key-01", **pair, judgement="NOT_SAME")
        assert made["__typename"] == "JudgePairSuccess", made
        assert made["reopened"] == 0
        again = await desk.call("analyst", "judgePair", FLOWS, "the-key-01", **pair, judgement="NOT_SAME")
        assert again == made
        number, said = await desk.services.records.read(lambda c: records.judged(c, BANK.id), institution=BANK.id)
        assert (number, list(said.values())) == (1, [False])
        third: dict[str, Any] = {"first": {"person": "P-10"}, "second": {"person": "P-12"}, "reason": "Likewise."}
        gone = await desk.call("analyst", "judgePair", FLOWS, **third, judgement="NOT_SAME")
        assert [one["state"] for one in gone["changed"]] == ["DISSOLVED"]
        back = await desk.call("analyst", "judgePair", FLOWS, **pair, judgement="UNSURE")
        assert [(one["memberCount"], one["state"]) for one in back["changed"]] == [(ring["memberCount"], "SUSPECTED")]

    asyncio.run(at_desk(tmp_path, scene))


def test_who_acts_as_one_is_tied_though_nothing_is_shared(tmp_path):
    async def scene(desk: Desk) -> None:
        ring = await crewed(desk)
        pair: dict[str, Any] = {"first": {"person": "P-10"}, "second": {"person": "P-1"}, "reason": "Seen together."}
        made = await desk.call("analyst", "judgePair", FLOWS, **pair, judgement="SAME")
        (changed,) = made["changed"]
        assert (changed["id"], changed["memberCount"]) == (ring["id"], 8)

    asyncio.run(at_desk(tmp_path, scene))


def test_what_cannot_be_judged_is_refused_by_field_and_nothing_is_kept(tmp_path):
    async def scene(desk: Desk) -> None:
        ring = await crewed(desk)
        good: dict[str, Any] = {"first": {"person": "P-10"}, "second": {"person": "P-11"}, "reason": "x", "judgement": "SAME"}
        for change, typename, path in (
            ({"second": {"person": "P-10"}}, "ValidationError", ["input", "second"]),
            ({"second": {"device": "D-1"}}, "ValidationError", ["input", "second"]),
            ({"first": {"person": "P-404"}}, "NotFound", ["input", "first"]),
            ({"reason": ""}, "ValidationError", ["input", "reason"]),
        ):
            made = await desk.call("analyst", "judgePair", FLOWS, **{**good, **change})
            assert (made["__typename"], made["path"]) == (typename, path), made
        number, _ = await desk.services.records.read(lambda c: records.judged(c, BANK.id), institution=BANK.id)
        assert number == 0
        select = f"ring {{ {RING} }}"
        for given, typename in (
            ({"ring": ring["id"], "version": 7}, "StaleVersion"),
            ({"ring": "rin_aaaa", "version": 1}, "NotFound"),
        ):
            made = await desk.call("analyst", "confirmRing", select, of="JudgeRing", **given, reason="x")
            assert made["__typename"] == typename
        other = await desk.call("other analyst", "dismissRing", select, of="JudgeRing", ring=ring["id"], version=1, reason="x")
        assert other["__typename"] == "NotFound", "another institution's ring is none"

    asyncio.run(at_desk(tmp_path, scene))


def test_the_members_of_a_confirmed_ring_are_fraud_until_it_is_dismissed(tmp_path):
    async def scene(desk: Desk) -> None:
        ring = await crewed(desk)
        select = f"ring {{ {RING} history(first: 5) {{ edges {{ node {{ kind memberCount }} }} }} }} proposal {{ id }}"
        made = await desk.call("analyst", "confirmRing", select, of="JudgeRing", ring=ring["id"], version=1, reason="Two confessed.")
        assert (made["ring"]["state"], made["ring"]["version"], made["proposal"]) == ("CONFIRMED", 2, None)
        assert [edge["node"]["kind"] for edge in made["ring"]["history"]["edges"]] == ["JUDGED", "FOUND"]
        assert await work_one(desk.services)
        assert (await desk.ask("analyst", PERSON, key="P-11"))["entity"]["standing"] == "CONFIRMED_FRAUD"
        assert await look(desk.services, BANK.id), "standings are facts, and change scores"
        (confirmed,) = await rings(desk)
        assert confirmed["score"] > 0.9 > ring["score"]
        twice = await desk.call("analyst", "confirmRing", select, of="JudgeRing", ring=ring["id"], version=2, reason="x")
        assert twice["__typename"] == "WrongState"
        made = await desk.call("analyst", "dismissRing", select, of="JudgeRing", ring=ring["id"], version=2, reason="They withdrew it.")
        assert made["ring"]["state"] == "DISMISSED"
        while await work_one(desk.services):
            continue
        assert (await desk.ask("analyst", PERSON, key="P-11"))["entity"]["standing"] == "CLEAR"
        assert await rings(desk) == [], "dismissed ones are asked for"
        await record(desk, crew(range(13, 14)))
        assert await look(desk.services, BANK.id)
        assert [one["state"] for one in await rings(desk)] == ["SUSPECTED"], "somebody joined"

    asyncio.run(at_desk(tmp_path, scene))


def test_over_the_bound_of_exposure_a_second_analyst_must_agree(tmp_path):
    async def scene(desk: Desk) -> None:
        ring = await crewed(desk, *owed(20_000_001))
        assert ring["exposure"]["amount"] == "20000001"
        select = "ring { id state } proposal { id action answer sentence subject { id } reason }"
        made = await desk.call("analyst", "confirmRing", select, of="JudgeRing", ring=ring["id"], version=1, reason="Two confessed.")
        assert made["ring"]["state"] == "SUSPECTED"
        proposal = made["proposal"]
        assert (proposal["action"], proposal["subject"], proposal["reason"]) == ("CONFIRM_RING", {"id": ring["id"]}, "Two confessed.")
        twice = await desk.call("colleague", "dismissRing", select, of="JudgeRing", ring=ring["id"], version=1, reason="x")
        assert twice["__typename"] == "WrongState"
        answer = {"proposal": proposal["id"], "accepted": True, "reason": "I saw it too."}
        select = "proposal { answer answeredBy { name } }"
        assert (await desk.call("analyst", "answerProposal", select, **answer))["__typename"] == "FourEyesRequired"
        assert (await desk.call("kyc", "answerProposal", select, **answer))["__typename"] == "NotFound", "rings are not KYC's to judge"
        agreed = await desk.call("colleague", "answerProposal", select, **answer)
        assert agreed["proposal"] == {"answer": "ACCEPTED", "answeredBy": {"name": "colleague"}}
        (confirmed,) = await rings(desk)
        assert (confirmed["state"], confirmed["version"]) == ("CONFIRMED", 2)

    asyncio.run(at_desk(tmp_path, scene))


def test_a_proposal_about_a_ring_that_changed_since_lapses(tmp_path):
    async def scene(desk: Desk) -> None:
        ring = await crewed(desk, *owed(20_000_001))
        made = await desk.call("analyst", "dismissRing", "proposal { id }", of="JudgeRing", ring=ring["id"], version=1, reason="A family.")
        await record(desk, crew(range(13, 14)))
        assert await look(desk.services, BANK.id)
        answer = {"proposal": made["proposal"]["id"], "accepted": True, "reason": "Yes."}
        agreed = await desk.call("colleague", "answerProposal", "proposal { answer }", **answer)
        assert agreed["proposal"]["answer"] == "LAPSED"
        assert [one["state"] for one in await rings(desk)] == ["SUSPECTED"]

    asyncio.run(at_desk(tmp_path, scene))
