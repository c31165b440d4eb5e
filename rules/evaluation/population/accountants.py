"""Innocent: shops that leave their books to an accountant, whose phone and e-mail they give and whose computer signs in for them."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.shops import Builder, Shop


def accountants(builder: Builder, count: int) -> list[Shop]:
    """So many shops, kept by a few accountants."""
    source = chance(builder.parameters.seed, "accountants")
    shops: list[Shop] = []
    sizes = builder.parameters.sharing.accountant_sizes
    for number, size in enumerate(sizes):
        phone, email, computer = builder.phone(), f"kuaiji{number}@books.example", builder.device(source, "COMPUTER")
        line = builder.ip_address()
        for _ in range(max(2, round(count * size / sum(sizes)))):
            shop = builder.shop("accountant")
            shop.phone, shop.email = phone, email
            shop.devices.append(computer)
            shop.ip_addresses.append(line)
            shops.append(shop)
    return shops
