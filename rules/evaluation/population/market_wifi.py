"""Innocent: covered markets, where scores of stalls connect from one Wi-Fi address and stand door to door."""

from __future__ import annotations

from dataclasses import replace

from rules.evaluation.population.chance import chance
from rules.evaluation.population.names import address
from rules.evaluation.population.shops import Builder, Shop


def market_wifi(builder: Builder, count: int) -> list[Shop]:
    """So many stalls in a few covered markets of falling size."""
    source = chance(builder.parameters.seed, "market_wifi")
    shops: list[Shop] = []
    sizes = builder.parameters.sharing.market_sizes
    for index, size in enumerate(sizes):
        hall, line = address(source), builder.ip_address()
        hall = replace(hall, text=hall.text.split("号")[0] + "号农贸市场")
        for stall in range(round(count * size / sum(sizes))):
            shop = builder.shop("market_wifi")
            shop.place = replace(hall, text=f"{hall.text}{'ABCD'[stall % 4]}区{stall // 4 + 1}号摊位")
            shop.ip_addresses = [line, line, shop.ip_addresses[1]] if index < 2 else [line, *shop.ip_addresses]
            shops.append(shop)
    return shops
