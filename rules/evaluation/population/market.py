"""The base: shops that share nothing but payers, suppliers and the carriers' addresses; now and then a helper's phone serves two."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.shops import Builder, Shop


def market(builder: Builder, count: int) -> list[Shop]:
    """So many shops on their own."""
    source = chance(builder.parameters.seed, "market")
    shops: list[Shop] = []
    for _ in range(count):
        shop = builder.shop("market")
        if shops and len(shop.devices) > 1 and source.random() < builder.parameters.sharing.helpers:
            # Somebody who helps out in two shops takes payments in both with the same phone.
            shop.devices[-1] = source.choice(shops[-20:]).devices[-1]
        shops.append(shop)
    return shops
