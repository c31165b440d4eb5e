"""A few facts told in a line each, asked of a real store, and answered in the names that they were told with."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from graph import contents as c
from graph.contents import Content, Fact
from graph.flows.reader import Question
from graph.flows.scope import Order, Scope, Window
from graph.model import EntityKind, EntityName, Instant, Moment, TieKind, TransferKind
from graph.sealing import Sealer
from graph.store import Answered
from tests.factory import institution, vault
from tests.graph.stores import Open

BANK = institution()
NOW: Instant = 10**6
LAST = Moment(NOW, NOW)
PREFIXES = {kind.value: kind for kind in EntityKind}


def named(id_: str) -> EntityName:
    """The entity of a name like `acc_a`; its key is the name."""
    return EntityName(PREFIXES[id_[:3]], id_)


class NamingSealer:
    """A real sealer whose entity ids are the names of the story filled up to their length: they sort as the names do."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def entity_id(self, kind: EntityKind, key: str) -> str:
        return f"{kind.value}_{key[4:].ljust(24, '2')}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sealer, name)


def plain(value: Any) -> Any:
    """An answer with ids as the story's names."""
    if isinstance(value, str) and value[:3] in PREFIXES and len(value) == 28:
        return value.rstrip("2")
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(plain, value))
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{field.name: plain(getattr(value, field.name)) for field in fields(value)})
    return value


class Story:
    """Facts as they are told; `at` is when they occur and become known."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._keys = itertools.count()

    def tell(self, content: Content, at: Instant = 1) -> Story:
        self.facts.append(Fact(f"f{next(self._keys)}", at, content, recorded_at=at))
        return self

    def pays(self, from_: str, to: str, amount: int, at: Instant, kind: TransferKind = TransferKind.TRANSFER) -> Story:
        return self.tell(c.TransferMade(f"k{next(self._keys)}", named(from_), named(to), amount, kind), at)

    def withdraws(self, from_: str, to: str, amount: int, at: Instant) -> Story:
        return self.pays(from_, to, amount, at, TransferKind.WITHDRAWAL)

    def lends(self, loan: str, account: str, amount: int, at: Instant) -> Story:
        return self.tell(c.LoanPaidOut(f"k{next(self._keys)}", named(loan), named(account), amount), at)

    def repays(self, account: str, loan: str, amount: int, at: Instant) -> Story:
        return self.tell(c.LoanRepaid(f"k{next(self._keys)}", named(loan), named(account), amount), at)

    def loan(self, loan: str, lent: int, balance: int) -> Story:
        return self.tell(c.LoanDescribed(named(loan), lent, balance))

    def holds(self, party: str, *accounts: str) -> Story:
        for account in accounts:
            self.ties(party, TieKind.HOLDS, account)
        return self

    def ties(self, from_: str, kind: TieKind, to: str, at: Instant = 1) -> Story:
        return self.tell(c.TieObserved(named(from_), kind, named(to)), at)

    def blocks(self, *entities: str, at: Instant = 1) -> Story:
        for entity in entities:
            self.tell(c.BlockChanged(named(entity), True, "suspicion"), at)
        return self


def id_(name: str) -> str:
    """The id of an entity of the story."""
    return f"{name[:3]}_{name[4:].ljust(24, '2')}"


def scope(after: Instant = 0, before: Instant = 100, over: int | None = None, most: int | None = 500, order: Order = Order.NEWEST) -> Scope:
    """Everything between 0 and 100, unless it is said."""
    return Scope(Window(after, before), over, most, order)


def ask(open_: Open, folder: Path, story: Story, *questions: Question[Any], moment: Moment = LAST) -> list[Answered[Any]]:
    """Each question's answer out of a store with the story's facts."""

    async def run() -> list[Answered[Any]]:
        sealers = vault(folder).sealer
        store = open_(folder, lambda institution: NamingSealer(sealers(institution)), lambda: NOW)
        try:
            recorded = await store.record(BANK, "core", story.facts)
            assert all(type(result).__name__ == "Recorded" for result in recorded.results), recorded.results
            answers = [await store.ask(BANK.id, question, moment, deadline=10) for question in questions]
        finally:
            await store.close()
        return [Answered(plain(answer.value), answer.cut) for answer in answers]

    return asyncio.run(run())


def values(open_: Open, folder: Path, story: Story, *questions: Question[Any], moment: Moment = LAST) -> list[Any]:
    """The same without what was cut."""
    return [answer.value for answer in ask(open_, folder, story, *questions, moment=moment)]
