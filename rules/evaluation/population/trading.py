"""An ordinary day of a shop: receipts, the weekly transfer to the owner's bank, suppliers, sign-ins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from rules.evaluation.population.chance import heavy_tailed, poisson
from rules.evaluation.population.parameters import DAY, HOUR, TIME_ZONE_OFFSET, Parameters
from rules.evaluation.population.rows import Row, Value
from rules.evaluation.population.shops import Builder, Shop, payer_account

SIGN_IN_EVERY: Final = 14
"""Days between two sign-ins that are told of one device."""

WHOLESALERS: Final = 24
"""Suppliers of the whole town: hubs that many owners pay."""


def known(shop: Shop, at: int) -> int:
    """When the lender learns of it: minutes later as a rule, a night or two for a few (3%)."""
    return at + (int(shop.chance.uniform(5, 50) * HOUR) if shop.chance.random() < 0.03 else shop.chance.randrange(20_000, 400_000))


def transfer(builder: Builder, shop: Shop, at: int, from_: str, to: str, amount: int, kind: str) -> Row:
    """A row of `transfers` with a number of its own."""
    values: tuple[Value, ...] = (builder.key("T", 9), from_, to, max(1, amount), kind)
    return Row(at, "transfers", values, known(shop, at))


def clock(shop: Shop, day: int) -> int:
    """A moment of the day at which a shop is paid: busy at noon and in the evening."""
    hour = shop.chance.gauss(12.2, 1.6) if shop.chance.random() < 0.45 else shop.chance.gauss(18.2, 2.0)
    return day + int(min(23.4, max(6.2, hour)) * HOUR)


def day_factor(parameters: Parameters, shop: Shop, day: int) -> float:
    """How busy the day is for the shop: weekday and National Day."""
    local = datetime.fromtimestamp((day + TIME_ZONE_OFFSET) / 1000, UTC)
    factor = parameters.trade.weekday[local.weekday()]
    return factor * shop.holiday if local.month == 10 and local.day <= 7 else factor


def trade(builder: Builder, shop: Shop, day: int, thinning: int) -> list[Row]:
    """The rows of one ordinary day; none before the shop signed up or while it is silent."""
    parameters, source = builder.parameters, shop.chance
    number = (day - parameters.start) // DAY
    if day < shop.registered_at - DAY or shop.silent[0] <= number < shop.silent[1]:
        return []
    rows = _receipts(builder, shop, day, thinning) if source.random() >= parameters.trade.missing_days else []
    phase = int(shop.key[1:]) % SIGN_IN_EVERY
    for index, device in enumerate(shop.devices):
        if (number + 5 * index) % SIGN_IN_EVERY == phase:
            at = day + int(source.uniform(7, 22) * HOUR)
            rows.append(Row(at, "sign_ins", (builder.key("S", 9), shop.key, device.key, source.choice(shop.ip_addresses)), known(shop, at)))
    if number % 7 == phase % 7 and shop.banked > 0:
        at = day + int(source.uniform(20, 23) * HOUR)
        swept = int(shop.banked * source.uniform(0.8, 0.98))
        shop.banked -= swept
        rows.append(transfer(builder, shop, at, shop.till.number, shop.purse.number, swept, "TRANSFER"))
        if source.random() < 0.8:
            supplier = payer_account(builder.payers + heavy_tailed(source, WHOLESALERS, 1.9))
            rows.append(
                transfer(builder, shop, at - 9 * HOUR, shop.purse.number, supplier, int(swept * source.uniform(0.3, 0.7)), "TRANSFER")
            )
    return rows


def _receipts(builder: Builder, shop: Shop, day: int, thinning: int) -> list[Row]:
    settings, source = builder.parameters.trade, shop.chance
    rows = []
    for _ in range(poisson(source, shop.receipts_a_day * day_factor(builder.parameters, shop, day) / thinning)):
        at = clock(shop, day)
        if at < shop.registered_at:
            continue
        amount = round(shop.ticket * thinning * source.lognormvariate(-(settings.amount_spread**2) / 2, settings.amount_spread), -1)
        if source.random() < 0.004:
            payer = shop.purse.number  # the owner tries the code out
        elif source.random() >= shop.strangers:
            payer = payer_account(shop.regulars[int(len(shop.regulars) * source.random() ** 2)])
        else:
            payer = payer_account(heavy_tailed(source, builder.payers, settings.payer_tail))
        shop.banked += int(amount)
        rows.append(transfer(builder, shop, at, payer, shop.till.number, int(amount), "PAYMENT"))
    return rows
