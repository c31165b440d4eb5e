"""Ring (T6 inside one lender): one hand behind several shops takes a loan on each, through relatives and shares, while others still run."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.lending import burst, plan
from rules.evaluation.population.parameters import DAY
from rules.evaluation.population.shops import Builder, Past, Shop


def tied_merchants(builder: Builder, index: int) -> list[Shop]:
    """One hand and its shops: some owned outright, some with the hand as investor; a third has a loan that still runs."""
    crime, parameters = builder.parameters.crime, builder.parameters
    source = chance(parameters.seed, f"tied_merchants/{index}")
    size = crime.tied_sizes[index % len(crime.tied_sizes)]
    hand = builder.owner(source)
    shops: list[Shop] = []
    for member in range(size):
        outright = member % 2 == 0
        owner = hand if outright else builder.owner(source, home=hand.home if source.random() < 0.5 else None)
        shop = builder.shop("tied_merchants", owner=owner, registered=parameters.days - source.uniform(70, 300))
        shop.ring, shop.fraud = f"tied-{index + 1}", True
        shop.receipts_a_day = source.uniform(18, 45)
        if not outright:
            shop.share = 0.4
            shop.investors.append((hand, 0.6))
        if shops:
            shop.purse = shops[0].purse if source.random() < 0.7 else shop.purse
            shop.devices[0] = shops[0].devices[0] if source.random() < 0.6 else shop.devices[0]
        shops.append(shop)
    for shop, at in zip(shops, burst(builder, source, index, size), strict=True):
        plan(builder, shop, at, source.uniform(2.0, 4.0))
    for shop in shops[: size // 3]:
        at = builder.moment(parameters.days - source.uniform(25, 45), source)
        shop.registered_at = min(shop.registered_at, at - 15 * DAY)
        shop.past.append(Past(at, shop.monthly, 180, None, parameters.until))
        shop.plan = None
    return shops
