"""A small populated world in real stores: a merchant with all kinds of ties, a fraud next to it, decisions, and another institution."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from api.app import close_services, open_services
from api.auth.institutions import create_institution
from api.auth.principals import create_principal
from api.context import Role, Services
from api.schema.scalars import write_moment
from api.settings import Settings
from graph.errors import GraphUnavailable
from identity.lists import records as watchlists
from identity.lists.entries import Entry, Read
from identity.names.forms import NameKind
from tests.api.asking import BANK, OPERATIONS, OTHER, Asker, principal
from tests.api.money_told import told

T = TypeVar("T")

LISTED = Entry("Q1", NameKind.PERSON, "張三豐", ("Zhang Sanfeng",), ("sanction",), ("1952-10-07",), ("CN",))
"""Somebody on the world's watchlist."""

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


@dataclass(slots=True)
class World:
    """Open services and what was put into them."""

    services: Services
    start: int
    """The moment at which it was populated."""
    ids: dict[str, str] = field(default_factory=dict)
    """Ids of one thing of each type, by name."""

    def ask(self, *roles: Role, institution: Any = BANK) -> Asker:
        """Somebody with these roles."""
        return Asker(self.services, replace(principal(*roles, institution=institution), id=self.ids.get("Principal", "pri_" + "a" * 24)))

    @contextmanager
    def instead(self, **services: Any) -> Iterator[None]:
        """While other services stand in the place of some."""
        before = self.services
        self.services = replace(before, **services)
        try:
            yield
        finally:
            self.services = before

    def deaf(self) -> AbstractContextManager[None]:
        """While the graph answers nothing."""
        return self.instead(graph=Deaf())

    async def degrade(self) -> None:
        """A decision that was made while the graph was down."""
        with self.deaf():
            document = (OPERATIONS / "assess-loan.graphql").read_text()
            body = await self.ask(Role.SERVICE)(document, input=application("L-4", 1_000_00), idempotencyKey="assess-degraded")
        assert body["data"]["assessLoan"]["decision"]["degraded"], body

    async def crowd(self) -> None:
        """A device that so many use that no search follows all of them."""
        ties = [tie("merchant", f"H-{number}", "USES_DEVICE", "device", "D-hub") for number in range(520)]
        batch = [{"id": f"h-{number}", "occurredAt": self.ago(DAY), "content": one} for number, one in enumerate(ties)]
        body = await self.ask(Role.SERVICE)((OPERATIONS / "record-facts.graphql").read_text(), input={"source": "crowd", "facts": batch})
        assert body["data"]["recordFacts"]["recorded"] == len(batch), body

    def ago(self, milliseconds: int) -> str:
        """A moment before the start, as text."""
        return write_moment(self.start - milliseconds)


class Deaf:
    """A graph that answers nothing: what every question to it raises."""

    def __getattr__(self, question: str) -> Any:
        async def unanswered(*_: Any, **__: Any) -> Any:
            raise GraphUnavailable(f"{question} was not answered", "UNREACHABLE")

        return unanswered


def in_world(folder: Path, scene: Callable[[World], Awaitable[T]]) -> T:
    """What a scene gives that is played in a populated world."""

    async def play(data: Path) -> T:
        services = open_services(Settings(data=data))
        try:
            world = World(services, services.now())
            await populate(world)
            return await scene(world)
        finally:
            await close_services(services)

    for attempt in range(4):
        try:
            return asyncio.run(play(folder / f"data-{attempt}"))
        except TooBusy:
            continue
    return asyncio.run(play(folder / "data"))


class TooBusy(Exception):
    """The machine was so busy that a decision was degraded: another world is to be made."""


async def populate(world: World) -> None:
    """Institutions, a principal, facts of every kind, three decisions and an outcome."""
    services, now = world.services, world.start

    def found(connection: Any) -> str:
        create_institution(connection, BANK, "Rural Bank", now)
        create_institution(connection, OTHER, "City Bank", now)
        return create_principal(connection, BANK.id, "loan workflow", [Role.SERVICE], now, service=True)

    world.ids["Principal"] = await services.records.write(found)
    await services.records.write(lambda connection: keep_list(connection, now))
    service = world.ask(Role.SERVICE)
    for source, batch in (("core-banking", facts(world)), ("money", told(world.ago))):
        answer = await service((OPERATIONS / "record-facts.graphql").read_text(), input={"source": source, "facts": batch})
        made = answer["data"]["recordFacts"]
        assert made["__typename"] == "RecordFactsSuccess" and made["refused"] == 0, made
    await assess_all(world)


def keep_list(connection: Any, now: int, name: str = "un", entries: tuple[Entry, ...] = ()) -> None:
    """A watchlist's next version."""
    listed = entries or (LISTED,)
    content = " ".join(one.key for one in listed)
    number = watchlists.begin_import(connection, name, None, content, now, "2026-11-24")
    assert number is not None, "its content is new"
    watchlists.add_entries(connection, name, number, listed)
    watchlists.finish_import(connection, name, number, Read(len(listed)), now)


async def assess_all(world: World) -> None:
    """Two decisions on one loan of the merchant, one on another, and an approval of a merchant whom nothing is known against."""
    clean: dict[str, Any] = {"merchant": {"key": "M-5"}, "applicant": {"key": "P-5"}, "payOutAccount": {"key": CLEAN}, "device": "D-55"}
    clean |= {"ipAddress": "198.51.100.5", "phone": "+8613900139000", "email": "wang@example.com", "place": None}
    document = (OPERATIONS / "assess-loan.graphql").read_text()
    asked = (
        ("assess-first-1", application("L-1", 90_000_00)),
        ("assess-again-1", application("L-1", 90_000_00)),
        ("assess-small-1", application("L-3", 1_000_00)),
        ("assess-clean-1", application("L-9", 1_000_00, **clean)),
    )
    for key, input_ in asked:
        body = await world.ask(Role.SERVICE)(document, input=input_, idempotencyKey=key)
        decision = decided(body)
        world.ids |= {key: decision["id"], "Strategy": decision["strategy"]["id"]}
    assert decision["verdict"] == "APPROVE", decision


def decided(body: dict[str, Any]) -> dict[str, Any]:
    """The decision in an answer to `assessLoan`; raises `TooBusy` when the second was not enough."""
    payload: dict[str, Any] = body["data"]["assessLoan"]
    if payload["__typename"] == "Unavailable" or payload["decision"]["degraded"]:
        raise TooBusy(payload)
    decision: dict[str, Any] = payload["decision"]
    return decision


def application(loan: str, amount: int, /, **more: Any) -> dict[str, Any]:
    """An `AssessLoanInput` of the merchant of this world."""
    asked: dict[str, Any] = {
        "key": loan,
        "merchant": {"key": "M-1"},
        "applicant": {"key": "P-1"},
        "amount": {"amount": str(amount), "currency": "CNY"},
        "termDays": 90,
        "payOutAccount": {"key": "6222020000000001"},
        "device": "D-1",
        "ipAddress": "203.0.113.7",
        "phone": "+8613800138000",
        "email": "zhang@example.com",
        "place": {"address": "浙江省杭州市西湖区文三路 1 号", "country": "CN", "latitude": 30.27, "longitude": 120.13},
    }
    return {"application": asked | more}


def money(amount: int) -> dict[str, str]:
    """An amount as clients write it."""
    return {"amount": str(amount), "currency": "CNY"}


def facts(world: World) -> list[dict[str, Any]]:
    """Facts of every kind around one merchant, and 60 receipts of its business."""
    ago = world.ago
    said: list[tuple[int, dict[str, Any]]] = [
        (80, {"merchantDescribed": {"key": "M-1", "name": "张记面馆", "categoryCode": "5812", "country": "CN", "openedOn": "2024-03-01"}}),
        (80, {"merchantDescribed": {"key": "M-2", "name": "Li's Fruit"}}),
        (80, {"personDescribed": {"key": "P-1", "name": "张小明", "bornOn": "1990-05-17", "country": "CN"}}),
        (
            80,
            {
                "accountDescribed": {
                    "key": "6222020000000001",
                    "kind": "MERCHANT_QR",
                    "bank": "Rural Bank",
                    "product": "QR",
                    "openedAt": ago(300 * DAY),
                }
            },
        ),
        (80, {"deviceDescribed": {"key": "D-1", "kind": "PHONE", "model": "Mate 60"}}),
        (70, {"applicationMade": {"key": "L-0", "merchant": {"key": "M-1"}, "amount": money(50_000_00), "termDays": 60}}),
        (69, {"loanPaidOut": {"key": "po-1", "loan": {"key": "L-0"}, "account": {"key": "6222020000000001"}, "amount": money(50_000_00)}}),
        (60, {"loanRepaid": {"key": "re-1", "loan": {"key": "L-0"}, "account": {"key": "6222020000000001"}, "amount": money(20_000_00)}}),
        (59, {"loanDescribed": {"key": "L-0", "amountLent": money(50_000_00), "balance": money(30_000_00), "annualRate": 0.0725}}),
        (75, tie("person", "P-1", "OWNS", "merchant", "M-1", share=0.6)),
        (75, tie("person", "P-1", "INVESTS_IN", "merchant", "M-2", share=0.1)),
        (75, tie("merchant", "M-1", "HOLDS", "account", "6222020000000001")),
        (75, tie("merchant", "M-1", "USES_DEVICE", "device", "D-1")),
        (74, tie("merchant", "M-2", "USES_DEVICE", "device", "D-1")),
        (74, tie("merchant", "M-9", "USES_DEVICE", "device", "D-1")),
        (74, tie("merchant", "M-1", "CONNECTS_FROM", "ipAddress", "203.0.113.7")),
        (74, tie("person", "P-1", "REACHED_AT", "phone", "+8613800138000")),
        (74, tie("person", "P-1", "REACHED_AT", "email", "zhang@example.com")),
        (74, tie("merchant", "M-1", "LOCATED_AT", "place", PLACE)),
        (74, tie("person", "P-1", "IDENTIFIED_BY", "document", DOCUMENT)),
        (74, tie("person", "P-2", "OWNS", "merchant", "M-2")),
        (40, {"tieEnded": {**tie("person", "P-2", "OWNS", "merchant", "M-2")["tieObserved"], "reason": "sold"}}),
        (50, {"standingKnown": {"entity": {"merchant": "M-9"}, "standing": "CONFIRMED_FRAUD", "reason": "court ruling"}}),
        (50, {"blockChanged": {"entity": {"merchant": "M-9"}, "blocked": True, "reason": "court ruling"}}),
        (45, {"applicationMade": {"key": "L-2", "merchant": {"key": "M-2"}, "amount": money(5_000_00), "termDays": 30}}),
        (44, {"outcomeKnown": {"loan": {"key": "L-2"}, "outcome": "REFUSED"}}),
        (43, tie("merchant", "M-1", "GUARANTEES", "merchant", "M-9")),
        (42, {"factWithdrawn": {"factId": "f-26", "reason": "typing mistake"}}),
    ]
    said += [
        (80, {"merchantDescribed": {"key": "M-5", "name": "王记包子", "categoryCode": "5812", "country": "CN", "openedOn": "2023-03-01"}}),
        (80, tie("person", "P-5", "OWNS", "merchant", "M-5", share=1)),
        (80, tie("merchant", "M-5", "HOLDS", "account", CLEAN)),
    ]
    for day in range(60):
        payer = {"key": f"62220299{day % 40:08}"}
        transfer = {"key": f"t-{day}", "from": payer, "to": {"key": "6222020000000001"}, "amount": money(1_000_00 + day)}
        said.append((day, {"transferMade": transfer}))
        said.append((day, {"transferMade": {**transfer, "key": f"u-{day}", "to": {"key": CLEAN}}}))
    said.append((1, {"transferReversed": {"key": "t-3", "reason": "refund"}}))
    for fact in said:
        fact[1].get("tieEnded", {}).pop("share", None)
    return [
        {"id": f"f-{number}", "occurredAt": ago(days * DAY + MINUTE), "content": content} for number, (days, content) in enumerate(said)
    ]


CLEAN = "6222020000000005"
"""Account of a merchant whom nothing is known against."""
PLACE = {"address": "浙江省杭州市西湖区文三路 1 号", "country": "CN", "latitude": 30.27, "longitude": 120.13}
DOCUMENT = {"kind": "IDENTITY_CARD", "country": "CN", "number": "110101199003074514"}


def tie(from_kind: str, from_: Any, kind: str, to_kind: str, to: Any, share: float | None = None) -> dict[str, Any]:
    """A tie that was observed."""
    said = {"from": {from_kind: from_}, "kind": kind, "to": {to_kind: to}}
    return {"tieObserved": said if share is None else {**said, "share": share}}
