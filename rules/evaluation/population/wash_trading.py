"""Ring (T4): shops buy receipts to raise their limit. Puppet accounts pay hundreds of times a day, and the money goes back."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.lending import burst, plan, scouts
from rules.evaluation.population.parameters import DAY, HOUR
from rules.evaluation.population.rows import Row
from rules.evaluation.population.shops import Account, Builder, DailyWork, Shop
from rules.evaluation.population.trading import clock, transfer


def wash_trading(builder: Builder, index: int) -> list[Shop]:
    """One company of shops with its puppets; the third has no past and holds none of its puppets itself."""
    crime = builder.parameters.crime
    source = chance(builder.parameters.seed, f"wash_trading/{index}")
    size = crime.wash_sizes[index % len(crime.wash_sizes)]
    puppets = [builder.account(source, "WALLET", builder.parameters.start - 100 * DAY) for _ in range(size + 2)]
    first = builder.parameters.days - 16 - source.randint(*crime.wash_days)
    shops: list[Shop] = []
    moments = burst(builder, source, index, size)
    for at in moments:
        shop = builder.shop("wash_trading", registered=builder.parameters.days - source.uniform(80, 240))
        shop.ring, shop.fraud = f"wash-{index + 1}", True
        shop.receipts_a_day = source.uniform(15, 35)
        if index % 3 != 2:
            shop.holders.append((shop.owner, puppets[len(shops)]))
        last = (at - builder.parameters.start) // DAY
        begin = max(first, last - crime.wash_days[1])
        shop.work.append(_bought(builder, shop, puppets, begin, last))
        shop.raw_extra = (last - begin) * crime.wash_payments * 1.5
        shops.append(shop)
        plan(builder, shop, at, source.uniform(4.0, 8.0))
    if index == 0:
        scouts(builder, shops[:1], "FRAUD_CONFIRMED")
        shops[0].work.clear()
        shops[0].raw_extra = 0.0
    return shops


def _bought(builder: Builder, shop: Shop, puppets: list[Account], first: int, last: int) -> DailyWork:
    """From the first to the day before the last, one or two puppets pay all day; at night the money goes round to them."""

    def bought(day: int, thinning: int) -> list[Row]:
        number = (day - builder.parameters.start) // DAY
        if not first <= number < last:
            return []
        rows, source = [], shop.chance
        for puppet in source.sample(puppets, source.choice((1, 2))):
            total = 0
            for _ in range(max(1, round(builder.parameters.crime.wash_payments * source.uniform(0.7, 1.0) / thinning))):
                amount = int(round(shop.ticket * source.uniform(0.8, 1.4), -2) or 100) * thinning
                total += amount
                rows.append(transfer(builder, shop, clock(shop, day), puppet.number, shop.till.number, amount, "PAYMENT"))
            at = day + int(source.uniform(23.4, 23.5) * HOUR)
            rows.append(transfer(builder, shop, at, shop.till.number, shop.purse.number, int(total * 0.99), "TRANSFER"))
            rows.append(transfer(builder, shop, at + HOUR // 4, shop.purse.number, puppet.number, int(total * 0.97), "TRANSFER"))
        return rows

    return bought
