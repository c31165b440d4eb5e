"""Ring (T8, T11, T12): rented accounts. Money scatters in, leaves within hours and gathers with a collector, who sends it on."""

from __future__ import annotations

from rules.evaluation.population.chance import chance, heavy_tailed
from rules.evaluation.population.lending import burst, plan, scouts
from rules.evaluation.population.parameters import DAY, HOUR
from rules.evaluation.population.rows import Row
from rules.evaluation.population.shops import Account, Builder, DailyWork, Shop, payer_account
from rules.evaluation.population.trading import transfer

BUSY_DAYS = 0.45
"""Share of days on which money passes through a mule in its last weeks (chosen)."""


def mule_accounts(builder: Builder, index: int) -> list[Shop]:
    """One collector and the shops whose accounts he rents; all loans are to be paid out to him but in the third ring."""
    crime, parameters = builder.parameters.crime, builder.parameters
    source = chance(parameters.seed, f"mule_accounts/{index}")
    size = crime.mule_sizes[index % len(crime.mule_sizes)]
    collector = builder.account(source, "BANK", parameters.start - 60 * DAY)
    beyond = payer_account(builder.payers + 900 + index)
    shops = []
    for at in burst(builder, source, index, size):
        shop = builder.shop("mule_accounts", registered=parameters.days - source.uniform(50, 160))
        shop.ring, shop.fraud = f"mule-{index + 1}", True
        shop.receipts_a_day = source.uniform(6, 15)
        shop.work.append(_passed_on(builder, shop, collector, beyond, (at - parameters.start) // DAY - 25))
        shop.raw_extra = 25 * crime.mule_senders[1] * parameters.trade.thinning
        plan(builder, shop, at, source.uniform(2.0, 4.0), account=collector if index % 3 != 2 else None)
        shops.append(shop)
    if index == 1:
        scouts(builder, shops[:1], "FRAUD_CONFIRMED")
    return shops


def _passed_on(builder: Builder, shop: Shop, collector: Account, beyond: str, first: int) -> DailyWork:
    def passed_on(day: int, _: int) -> list[Row]:
        source, crime = shop.chance, builder.parameters.crime
        if (day - builder.parameters.start) // DAY < first or source.random() >= BUSY_DAYS:
            return []
        at, total, rows = day + int(source.uniform(8, 14) * HOUR), 0, []
        for _ in range(source.randint(*crime.mule_senders)):
            sender = payer_account(builder.payers + 1_000 + heavy_tailed(source, 100_000, 2.1))
            amount = round(source.lognormvariate(12.2, 0.6), -3)
            total += int(amount)
            paid_at = at + int(source.random() * 2 * HOUR)
            rows.append(transfer(builder, shop, paid_at, sender, shop.till.number, int(amount), "TRANSFER"))
        left_at = at + int(source.uniform(*crime.mule_leaves) * HOUR)
        rows.append(transfer(builder, shop, left_at, shop.till.number, collector.number, int(total * 0.96), "TRANSFER"))
        gone_at = left_at + int(source.uniform(0.2, crime.mule_leaves[1]) * HOUR)
        rows.append(transfer(builder, shop, gone_at, collector.number, beyond, int(total * 0.95), "TRANSFER"))
        return rows

    return passed_on
