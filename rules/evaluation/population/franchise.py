"""Innocent: franchise chains, whose shops share a brand, the head office's settlement account and its hotline."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.parameters import DAY, HOUR
from rules.evaluation.population.rows import Row
from rules.evaluation.population.shops import Account, Builder, DailyWork, Shop
from rules.evaluation.population.trading import transfer

BRANDS = ("蜜雪小站", "正新炸鸡铺", "老乡快餐")
FEE = 0.08
"""Part of a month's receipts that goes to the head office (chosen)."""


def franchise(builder: Builder, count: int) -> list[Shop]:
    """So many shops in a few chains of falling size."""
    source = chance(builder.parameters.seed, "franchise")
    shops: list[Shop] = []
    sizes = builder.parameters.sharing.chain_sizes
    for brand, size in zip(BRANDS, sizes, strict=False):
        office = builder.account(source, "BANK", builder.parameters.start - 2_000 * DAY)
        hotline = builder.phone()
        for _ in range(max(2, round(count * size / sum(sizes)))):
            shop = builder.shop("franchise")
            shop.name, shop.category, shop.phone = f"{brand}({shop.place.text[6:12]}店)", "5814", hotline
            shop.holders.append((shop, office))
            shop.work.append(_fees(builder, shop, office))
            shops.append(shop)
    return shops


def _fees(builder: Builder, shop: Shop, office: Account) -> DailyWork:
    due = int(shop.key[1:]) % 28

    def fees(day: int, _: int) -> list[Row]:
        number = (day - builder.parameters.start) // DAY
        if number % 28 != due or day < shop.registered_at:
            return []
        return [transfer(builder, shop, day + 10 * HOUR, shop.purse.number, office.number, int(shop.monthly * FEE), "TRANSFER")]

    return fees
