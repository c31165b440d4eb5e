"""A loan's key is one merchant's, and what is asked for is something."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from api.assessing import AssessRequest, Unavailable, assess
from api.recording import record_facts
from graph.errors import Conflict, InvalidInput, Unknown
from graph.store import Recorded, Refused
from tests.api.opened import OTHER
from tests.api.running import FailingStore, application, counts, request, running, service_of

pytestmark = pytest.mark.usefixtures("each_engine")


def asked(key: str, merchant: str, loan: str = "L-1", **more: Any) -> AssessRequest:
    return AssessRequest(key, application(loan, merchant, **more))


def test_a_key_that_was_decided_for_one_merchant_is_a_conflict_for_another_and_nothing_changes(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            first = (await assess(services, principal, request())).decision
            with pytest.raises(Conflict, match="Another merchant's application has this key") as caught:
                await assess(services, principal, asked("key-00000002", "M-2"))
            assert caught.value.path == ("input", "application", "merchant")
            assert caught.value.recorded_at == first.decided_at
            found = await counts(services, principal)
            assert (found["facts"], found["decisions"], found["answers"]) == (1, 1, 1)
            again = (await assess(services, principal, request())).decision
            assert again.id == first.id and again.replaced_by is None
            await assess(services, principal, asked("key-00000002", "M-2", "L-2"))

    asyncio.run(use())


def test_of_two_merchants_at_once_exactly_one_gets_the_loan_and_the_other_a_conflict(tmp_path):
    """Fifty times, on each engine of the records: whoever is first, the other has recorded nothing, and one decision stands."""

    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            for number in range(50):
                calls = [asked(f"key-{number:04}-{shop}", shop, f"L-{number}") for shop in ("M-1", "M-2")]
                made = await asyncio.gather(*(assess(services, principal, call) for call in calls), return_exceptions=True)
                won = [one for one in made if not isinstance(one, BaseException)]
                lost = [one for one in made if isinstance(one, BaseException)]
                assert len(won) == 1 and len(lost) == 1 and isinstance(lost[0], Conflict), made
                assert lost[0].path == ("input", "application", "merchant")
                loan = won[0].decision.dossier.application.loan
                facts = (await services.graph.facts("rural-bank", loan, await services.graph.now("rural-bank"), first=10)).items
                assert len(facts) == 1, "the loser's application was never recorded"
            left = "SELECT count(*) FROM idempotency_keys WHERE mutation = 'assessLoan loan'"
            rows = await services.records.read(lambda connection: connection.execute(text(left)).scalar_one(), institution="rural-bank")
            assert rows == 0, "nothing is held any more"

    asyncio.run(use())


def test_two_calls_of_one_merchant_at_once_are_both_decided(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            calls = [asked("key-00000001", "M-1"), asked("key-00000002", "M-1", device="D-2")]
            made = await asyncio.gather(*(assess(services, principal, call) for call in calls))
            assert len({one.decision.id for one in made}) == 2

    asyncio.run(use())


def test_a_loan_whose_first_call_was_refused_is_free_for_another_merchant_at_once(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            with pytest.raises(Unknown):
                await assess(services, principal, asked("key-00000001", "M-1", applicant={"id": "per_" + "a" * 24}))
            await assess(services, principal, asked("key-00000002", "M-2"))

    asyncio.run(use())


def test_the_merchant_is_the_same_whether_named_by_key_or_by_id(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            merchant = (await assess(services, principal, request())).decision.dossier.application.merchant
            by_id = application() | {"merchant": {"id": merchant}}
            assert not (await assess(services, principal, AssessRequest("key-00000002", by_id))).replayed

    asyncio.run(use())


def test_another_amount_device_or_applicant_is_a_later_application_of_the_same_loan(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            first = (await assess(services, principal, request())).decision
            changes: list[dict[str, Any]] = [{"amount": {"amount": 1, "currency": "CNY"}}, {"device": "D-2"}, {"applicant": {"key": "P-2"}}]
            for number, more in enumerate(changes):
                later = (await assess(services, principal, asked(f"key-1000000{number}", "M-1", **more))).decision
                assert later.dossier.application.loan == first.dossier.application.loan
            assert (await counts(services, principal))["decisions"] == 4

    asyncio.run(use())


def test_who_reported_the_wrong_merchant_withdraws_it_and_the_key_is_free(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            first = (await assess(services, principal, request(source="workflow"))).decision
            loan = first.dossier.application.loan
            page = await services.graph.facts("rural-bank", loan, await services.graph.now("rural-bank"), first=1)
            withdrawn = {"factWithdrawn": {"factId": page.items[0].source_id, "reason": "wrong merchant"}}
            fact = {"id": "w-1", "occurredAt": services.now() - 1, "content": withdrawn}
            assert isinstance((await record_facts(services, principal, "workflow", [fact])).results[0], Recorded)
            second = (await assess(services, principal, asked("key-00000002", "M-2"))).decision
            assert second.dossier.application.merchant != first.dossier.application.merchant
            with pytest.raises(Conflict):
                await assess(services, principal, asked("key-00000003", "M-1"))

    asyncio.run(use())


def test_another_institutions_loan_of_the_same_key_is_another_loan(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            mine, theirs = await service_of(services), await service_of(services, OTHER)
            await assess(services, mine, request())
            assert not (await assess(services, theirs, asked("key-00000002", "M-2"))).replayed

    asyncio.run(use())


def test_while_the_graph_cannot_say_whether_the_first_stands_it_is_unavailable(tmp_path):
    class Deaf(FailingStore):
        async def tie(self, *given: Any, **named: Any) -> Any:
            await self._fail()
            return await super().tie(*given, **named)

    async def use() -> None:
        async with running(tmp_path, Deaf) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            services.graph.down = True
            with pytest.raises(Unavailable):
                await assess(services, principal, asked("key-00000002", "M-2"))
            services.graph.down = False
            await asyncio.sleep(0.1)  # its claim is let go of behind it
            with pytest.raises(Conflict):
                await assess(services, principal, asked("key-00000002", "M-2"))

    asyncio.run(use())


def test_history_takes_applications_as_they_come(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            made = {"id": "f-1", "occurredAt": services.now() - 1, "content": {"applicationMade": application(merchant="M-2")}}
            assert isinstance((await record_facts(services, principal, "core", [made])).results[0], Recorded)

    asyncio.run(use())


def test_an_application_for_nothing_is_refused_by_the_amounts_name(tmp_path):
    async def use() -> None:
        nothing: dict[str, Any] = {"amount": {"amount": 0, "currency": "CNY"}}
        async with running(tmp_path) as services:
            principal = await service_of(services)
            with pytest.raises(InvalidInput, match="1 minor unit") as caught:
                await assess(services, principal, asked("key-00000001", "M-1", **nothing))
            assert [one.path for one in caught.value.problems] == [("input", "application", "amount", "amount")]
            made = {"id": "f-1", "occurredAt": services.now() - 1, "content": {"applicationMade": application(**nothing)}}
            (result,) = (await record_facts(services, principal, "core", [made])).results
            assert isinstance(result, Refused) and isinstance(result.problem, InvalidInput)
            assert result.problem.problems[0].path == ("content", "applicationMade", "amount", "amount")
            assert not (await assess(services, principal, request())).replayed, "the key stayed free"

    asyncio.run(use())
