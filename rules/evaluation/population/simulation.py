"""The groups put together, and the days walked in order: rows of a lender's export, and who is who."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from rules.evaluation.population.accountants import accountants
from rules.evaluation.population.device_farm import device_farm
from rules.evaluation.population.families import families
from rules.evaluation.population.franchise import franchise
from rules.evaluation.population.lending import borrow, past_rows
from rules.evaluation.population.market import market
from rules.evaluation.population.market_wifi import market_wifi
from rules.evaluation.population.mule_accounts import mule_accounts
from rules.evaluation.population.onboarding import onboarding
from rules.evaluation.population.parameters import DAY, Parameters
from rules.evaluation.population.registering import registration
from rules.evaluation.population.rows import Row, facts_of
from rules.evaluation.population.shops import Builder, Shop
from rules.evaluation.population.straw_borrowers import straw_borrowers
from rules.evaluation.population.tied_merchants import tied_merchants
from rules.evaluation.population.trading import SIGN_IN_EVERY, trade
from rules.evaluation.population.wash_trading import wash_trading

Innocents: TypeAlias = Callable[[Builder, int], list[Shop]]
Ring: TypeAlias = Callable[[Builder, int], list[Shop]]

RINGS: Final[tuple[Ring, ...]] = (device_farm, straw_borrowers, wash_trading, tied_merchants, mule_accounts)
"""Each makes the ring of a number, from 0."""

INNOCENTS: Final[tuple[tuple[str, Innocents], ...]] = (
    ("families", families),
    ("market_wifi", market_wifi),
    ("franchise", franchise),
    ("onboarding_agent", onboarding),
    ("accountants", accountants),
)
"""Each by the share in `Sharing` that says how many there are; the rest is the base market."""


class Label(NamedTuple):
    """What only the simulator knows of a merchant."""

    merchant: str
    group: str
    ring: str | None
    fraud: bool


class Market:
    """One simulated market: all shops in memory, facts made day by day. Equal parameters give equal rows."""

    def __init__(self, parameters: Parameters) -> None:
        """Set up everybody; nothing has happened yet. Rows may be walked once."""
        self.parameters = parameters
        self.builder = builder = Builder(parameters)
        self.shops: list[Shop] = []
        for index in range(max(1, round(parameters.crime.rings_each * parameters.merchants / 2_000))):
            for ring in RINGS:
                self.shops += ring(builder, index)
        innocent: list[Shop] = []
        for share, group in INNOCENTS:
            innocent += group(builder, round(parameters.merchants * getattr(parameters.sharing, share)))
        innocent += market(builder, max(0, parameters.merchants - len(self.shops) - len(innocent)))
        borrow(builder, innocent)
        self.shops += innocent
        self._once = self._happening_once()
        self.thinning = self._thinning()

    def labels(self) -> list[Label]:
        """Who is who, by merchant number."""
        return sorted(Label(shop.key, shop.group, shop.ring, shop.fraud) for shop in self.shops)

    def applicants(self) -> list[Shop]:
        """The shops that apply, in order of time."""
        planning = [shop for shop in self.shops if shop.plan is not None]
        return sorted(planning, key=lambda shop: (shop.plan.at if shop.plan else 0, shop.key))

    def rows(self) -> Iterator[Row]:
        """All rows but the last weeks' applications, in order of time; memory holds one day and the shops."""
        parameters = self.parameters
        yield from sorted(self._once.pop(-1, []))
        for number in range(parameters.days):
            day = parameters.start + number * DAY
            rows = self._once.pop(number, [])
            for shop in self.shops:
                rows += trade(self.builder, shop, day, self.thinning)
                for work in shop.work:
                    rows += work(day, self.thinning)
            rows.sort()
            yield from (row for row in rows if row.at < parameters.until)

    def _happening_once(self) -> dict[int, list[Row]]:
        """Rows of signing up, earlier loans and the like by day; -1 holds all days before the first."""
        days: dict[int, list[Row]] = defaultdict(list)
        described: set[str] = set()
        for shop in self.shops:
            rows = registration(self.builder, shop, described) + shop.once
            for past in shop.past:
                rows += past_rows(self.builder, shop, past)
            for row in rows:
                days[max(-1, (row.at - self.parameters.start) // DAY)].append(row)
        return days

    def _thinning(self) -> int:
        """How many receipts stand behind each kept one, so that all facts stay within the bound."""
        parameters = self.parameters
        once = sum(len(facts_of(row)) for rows in self._once.values() for row in rows)
        sign_ins = sum(2 * len(shop.devices) * parameters.days / SIGN_IN_EVERY for shop in self.shops)
        weekly = 2.2 * len(self.shops) * parameters.days / 7
        plans = sum(shop.plan is not None for shop in self.shops)
        room = parameters.facts * 0.97 - once - sign_ins - weekly - plans
        raw = sum(shop.receipts_a_day * parameters.days + shop.raw_extra for shop in self.shops)
        if room * 2 < len(self.shops):
            count = f"{len(self.shops):,} merchants"
            raise ValueError(f"{count} leave no room for receipts within {parameters.facts:,} facts: ask for fewer merchants")
        return max(parameters.trade.thinning, math.ceil(raw / room))
