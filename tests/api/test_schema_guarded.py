"""`recordGuardedFact`: what would complete a forbidden pattern is not recorded, both sides are blocked, and the pattern is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from api.context import Role, Services
from graph.model import EntityKind
from tests.api.asking import BANK, Asker, principal
from tests.api.opened import asked
from tests.api.running import running

AGO = "2026-11-{:02}T08:00:00Z"
MUTATION = """mutation ($input: RecordGuardedFactInput!) { recordGuardedFact(input: $input) {
  __typename
  ... on RecordGuardedFactSuccess { repeated recordedAt }
  ... on UserError { message code path }
  ... on GuardTripped { blocked { id } evidence { entities { distance strength entity { id } } ties { kind } } }
} }"""
CIRCLE = {"circle": {"window": {"after": "2020-01-01T00:00:00Z"}}}


def fact(number: int, **content: Any) -> dict[str, Any]:
    return {"id": f"f-{number}", "occurredAt": AGO.format(number + 1), "content": content}


def transfer(number: int, from_: str, to: str, amount: int = 100, kind: str = "TRANSFER") -> dict[str, Any]:
    money = {"amount": str(amount), "currency": "CNY"}
    return fact(number, transferMade={"key": f"k-{number}", "from": {"key": from_}, "to": {"key": to}, "amount": money, "kind": kind})


def guarantee(number: int, from_: str, to: str) -> dict[str, Any]:
    return fact(number, tieObserved={"from": {"person": from_}, "kind": "GUARANTEES", "to": {"person": to}})


class Sender:
    """Sends facts of one source."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.ask = Asker(services, principal(Role.SERVICE, institution=BANK))

    async def record(self, *facts: dict[str, Any]) -> None:
        document = "mutation ($input: RecordFactsInput!) { recordFacts(input: $input) { ... on RecordFactsSuccess { refused } } }"
        answer = await self.ask(document, input={"source": "core", "facts": list(facts)})
        assert answer["data"]["recordFacts"] == {"refused": 0}, answer

    async def guarded(self, sent: dict[str, Any], guard: dict[str, Any] | None = None, source: str = "core") -> dict[str, Any]:
        answer = await self.ask(MUTATION, input={"source": source, "fact": sent, "guard": guard or CIRCLE})
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]["recordGuardedFact"]
        return found


def in_bank(folder: Path, scene: Callable[[Sender], Awaitable[None]]) -> None:
    async def play() -> None:
        async with running(folder) as services:
            await scene(Sender(services))

    asyncio.run(play())


def test_a_harmless_transfer_is_recorded_once(tmp_path):
    async def scene(bank: Sender) -> None:
        await bank.record(transfer(1, "A", "B"), transfer(2, "B", "C"))
        first = await bank.guarded(transfer(3, "A", "C"))
        assert first == {"__typename": "RecordGuardedFactSuccess", "repeated": False, "recordedAt": first["recordedAt"]}
        assert await bank.guarded(transfer(3, "A", "C")) == {**first, "repeated": True}

    in_bank(tmp_path, scene)


def test_a_transfer_that_closes_a_circle_blocks_both_sides_and_shows_it(tmp_path):
    async def scene(bank: Sender) -> None:
        await bank.record(transfer(1, "A", "B"), transfer(2, "B", "C"))
        tripped = await bank.guarded(transfer(3, "C", "A"))
        assert (tripped["__typename"], tripped["code"], tripped["path"]) == ("GuardTripped", "GUARD_TRIPPED", ["input", "guard"])
        sealer = bank.services.sealers(BANK.id)
        a, b, c = (sealer.entity_id(EntityKind.ACCOUNT, key) for key in "ABC")
        assert [one["id"] for one in tripped["blocked"]] == [c, a]
        # from c: itself, then a and b one transfer away each
        assert {one["entity"]["id"]: one["distance"] for one in tripped["evidence"]["entities"]} == {c: 0, a: 1, b: 1}
        assert len(tripped["evidence"]["ties"]) == 3
        again = await bank.guarded(transfer(4, "C", "A"))
        assert again["__typename"] == "GuardTripped" and again["blocked"] == []
        noted = asked(bank.services.settings.data, "SELECT count(*) FROM audit_entries WHERE action = 'guarded fact refused'")
        assert noted == [(2,)]

    in_bank(tmp_path, scene)


def test_a_guarantee_that_makes_a_chain_owe_too_much_is_refused(tmp_path):
    async def scene(bank: Sender) -> None:
        owes = fact(1, loanDescribed={"key": "L-1", "amountLent": {"amount": "1000", "currency": "CNY"}})
        await bank.record(owes, fact(2, tieObserved={"from": {"person": "Q"}, "kind": "APPLIED_FOR", "to": {"loan": "L-1"}}))
        window = {"after": "2020-01-01T00:00:00Z"}
        for number, most, expected in ((3, 999, "GuardTripped"), (4, 1_000, "GuardTripped")):
            guard = {"guaranteeChain": {"window": window, "maximumLoanTotal": {"amount": str(most), "currency": "CNY"}}}
            assert (await bank.guarded(guarantee(number, "P", "Q"), guard))["__typename"] == expected, "1,000 is over 999"
        guard = {"guaranteeChain": {"window": window, "maximumLoanTotal": {"amount": "0", "currency": "CNY"}}}
        assert (await bank.guarded(guarantee(5, "R", "S"), guard))["__typename"] == "RecordGuardedFactSuccess", "s owes nothing"

    in_bank(tmp_path, scene)


def test_wrong_input_names_its_field(tmp_path):
    async def scene(bank: Sender) -> None:
        window = {"after": "2020-01-01T00:00:00Z"}
        backwards = {"circle": {"window": {"after": "2026-01-02T00:00:00Z", "before": "2026-01-01T00:00:00Z"}}}
        scope = {"window": window, "transfersPerStep": 0}
        cases: list[tuple[dict[str, Any], dict[str, Any], str, list[str]]] = [
            (transfer(1, "A", "B", kind="WITHDRAWAL"), CIRCLE, "core", ["input", "fact", "content"]),
            (guarantee(1, "P", "Q"), CIRCLE, "core", ["input", "fact", "content"]),
            (transfer(1, "A", "B"), backwards, "core", ["input", "guard", "circle", "window", "before"]),
            (transfer(1, "A", "B"), {"passThrough": {"scope": scope, "maximumInToOut": 1.5}}, "core",
             ["input", "guard", "passThrough", "scope", "transfersPerStep"]),
            (transfer(1, "A", "B"), {"passThrough": {"scope": {"window": window}, "maximumInToOut": -1.0}}, "core",
             ["input", "guard", "passThrough", "maximumInToOut"]),
            (transfer(1, "A", "B"), CIRCLE, "NO!", ["input", "source"]),
            ({**transfer(1, "A", "B"), "id": ""}, CIRCLE, "core", ["input", "fact", "id"]),
        ]  # fmt: skip
        for sent, guard, source, path in cases:
            found = await bank.guarded(sent, guard, source)
            assert (found["__typename"], found["path"]) == ("ValidationError", path), found
        await bank.guarded(transfer(1, "A", "B"))
        conflict = await bank.guarded(transfer(1, "A", "B", amount=7))
        assert (conflict["__typename"], conflict["code"]) == ("FactConflict", "FACT_CONFLICT")

    in_bank(tmp_path, scene)
