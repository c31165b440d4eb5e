"""What money-flow questions look at, how they are asked, and what their answers have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from strawberry import UNSET

from api.schema.costs import at_most
from api.schema.declaring import attribute, enum_type, input_type, object_type
from api.schema.money import Money, MoneyInput
from api.schema.pages import refuse
from api.schema.scalars import DateTime
from api.schema.scenes import Scene, Shown
from api.schema.ties import ACCOUNT
from graph.errors import GraphUnavailable
from graph.fields import Reading
from graph.flows import figures
from graph.flows.checking import Path, steps_wrong, time_wrong
from graph.flows.reader import Question
from graph.flows.scope import PER_STEP, Cut, Order, Scope, Window
from graph.model import Instant

T = TypeVar("T")

MAXIMUM_SHOWN: Final = 100
"""Entities of a list whose length no argument bounds."""

FLOW_SECONDS: Final = 1.0
"""Longest that one question about money reads."""


@input_type()
class TimeWindow:
    """Time strictly between two moments; both ends are left out."""

    after: DateTime
    """Later than this."""
    before: DateTime | None = UNSET
    """Earlier than this; left out: now."""


@enum_type
class TransferOrder(StrEnum):
    """Which transfers of an account are looked at when it has more than `transfersPerStep`."""

    NEWEST = "NEWEST"
    """Newest first."""
    OLDEST = "OLDEST"
    """Oldest first."""
    LARGEST = "LARGEST"
    """Largest first."""
    SMALLEST = "SMALLEST"
    """Smallest first."""


@input_type()
class FlowScope:
    """What money-flow questions look at."""

    window: TimeWindow
    """Transfers made in this time."""
    amount_over: MoneyInput | None = UNSET
    """Only transfers of more than this; left out: all."""
    transfers_per_step: int = PER_STEP
    """Transfers of one account looked at in each step, 1 to 10,000, chosen by `order` before the window is applied."""
    order: TransferOrder = TransferOrder.NEWEST
    """Which ones are looked at."""


@object_type()
class TransferTotals:
    """Number, sum and largest of some transfers."""

    count: int
    """How many."""
    total: Money
    """Their sum."""
    largest: Money | None
    """The largest; null when there is none."""


@object_type()
class CounterpartyTotals:
    """Transfers with one other account, taken together."""

    account: Any = attribute(of=ACCOUNT)
    """The other account."""
    transfers: TransferTotals
    """The transfers."""


@object_type()
class TransferChain:
    """A chain of transfers, parallel ones taken together."""

    length: int
    """Number of steps."""
    accounts: list[Any] = attribute(of=list[ACCOUNT], directives=at_most(MAXIMUM_SHOWN))
    """The accounts, in order: one more than steps. Only the first 100."""


@dataclass(frozen=True, slots=True)
class Following:
    """Money that is asked about: of whom, by whom, and what is looked at."""

    id: str
    scene: Scene
    scope: Scope

    async def ask(self, question: Question[T]) -> T:
        """The answer. Raises `InvalidInput` when more lies in the scope than one question reads, `GraphUnavailable` when time was up."""
        context = self.scene.context
        answered = await context.graph.ask(context.principal.institution.id, question, self.scene.moment, deadline=FLOW_SECONDS)
        if Cut.DEADLINE in answered.cut:
            raise GraphUnavailable("Money was not followed to its end in time: ask for a shorter window, or send again.", "TIMED_OUT")
        if set(answered.cut) - {Cut.PER_STEP}:
            raise refuse("scope", "`scope` holds more than one question follows; ask for a shorter window or fewer `transfersPerStep`.")
        return answered.value

    async def show(self, ids: Iterable[str]) -> dict[str, Shown]:
        """The entities as their types, by id, in this order."""
        wanted = list(dict.fromkeys(ids))
        found = await asyncio.gather(*map(self.scene.shown, wanted))
        return {one: shown for one, shown in zip(wanted, found, strict=True) if shown is not None}

    async def counterparties(self, found: tuple[figures.Counterparty, ...], limit: int) -> list[CounterpartyTotals]:
        """The first of some counterparties."""
        some = found[:limit]
        shown = await self.show(one.account for one in some)
        return [
            CounterpartyTotals(account=shown[one.account], transfers=self.totals(one.totals))
            for one in found[:limit]
            if one.account in shown
        ]

    async def chains(self, found: Iterable[tuple[str, ...]]) -> list[TransferChain]:
        """Chains of accounts."""
        chains = list(found)
        shown = await self.show(account for chain in chains for account in chain[:MAXIMUM_SHOWN])
        return [
            TransferChain(length=len(chain) - 1, accounts=[shown[one] for one in chain[:MAXIMUM_SHOWN] if one in shown]) for chain in chains
        ]

    def totals(self, found: figures.Totals) -> TransferTotals:
        """Number, sum and largest."""
        largest = None if found.largest is None else self.money(found.largest)
        return TransferTotals(count=found.number, total=self.money(found.total), largest=largest)

    def money(self, amount: int) -> Money:
        """An amount in the institution's currency."""
        return Money(amount=amount, currency=self.scene.context.principal.institution.currency)

    def over(self, raw: Mapping[str, Any] | None, name: str) -> int | None:
        """An amount that a caller gave. Raises `InvalidInput` for one that is negative, too large or of another currency."""
        reading = Reading(self.scene.context.principal.institution, self.scene.moment.at)
        amount = reading.money({name: raw}, (), name)
        reading.finish()
        return amount


def read_window(raw: Mapping[str, Any], path: Path, reading: Reading, until: Instant) -> Window:
    """A raw `TimeWindow`; an end that is left out is `until`. What is wrong is noted."""
    before = raw.get("before")
    window = Window(raw["after"], until if before is None else before)
    for below, message in time_wrong(window, ()):
        reading.wrong((*path, *below), message)
    return window


def read_scope(raw: Mapping[str, Any], path: Path, reading: Reading, until: Instant) -> Scope:
    """A raw `FlowScope`; a window's end that is left out is `until`. What is wrong is noted."""
    most = raw["transfersPerStep"]
    for below, message in steps_wrong(most):
        reading.wrong((*path, *below), message)
    over = reading.money(raw, path, "amountOver")
    return Scope(read_window(raw["window"], (*path, "window"), reading, until), over, most, Order(str(raw["order"])))


def follow(id: str, scene: Scene, raw: Mapping[str, Any]) -> Following:
    """What a caller asks about, by its `scope`. Raises `InvalidInput` for a scope out of bounds."""
    reading = Reading(scene.context.principal.institution, scene.moment.at)
    scope = read_scope(raw, ("scope",), reading, scene.moment.at)
    reading.finish()
    return Following(id, scene, scope)


def window_of(scene: Scene, raw: Mapping[str, Any] | None) -> Window | None:
    """The time that an argument `window` says; None where it is left out. Raises `InvalidInput` for one that ends before it begins."""
    if raw is None:
        return None
    reading = Reading(scene.context.principal.institution, scene.moment.at)
    window = read_window(raw, ("window",), reading, scene.moment.at)
    reading.finish()
    return window


def number(ratio: Decimal | None) -> float | None:
    """A ratio as clients read it."""
    return None if ratio is None else float(ratio)
