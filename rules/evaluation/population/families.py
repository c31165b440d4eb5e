"""Innocent: families with several shops share a home, a line, and some of them a phone, a device or an account."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.shops import Builder, Shop


def families(builder: Builder, count: int) -> list[Shop]:
    """About so many shops, in families of two to four; never fewer than asked for."""
    settings = builder.parameters.sharing
    source = chance(builder.parameters.seed, "families")
    shops: list[Shop] = []
    while len(shops) < count:
        head = builder.shop("family")
        members = [head]
        surname = head.owner.name[0]
        same_device, same_phone = source.random() < settings.family_device, source.random() < settings.family_phone
        same_account = source.random() < settings.family_account
        for _ in range(source.randint(*settings.family_sizes) - 1):
            relative = builder.owner(source, home=head.owner.home, surname=surname if source.random() < 0.6 else None)
            shop = builder.shop("family", owner=relative)
            shop.ip_addresses[0] = head.ip_addresses[0]
            if same_device:
                shop.devices.append(head.devices[0])
            if same_phone:
                shop.phone = head.phone
            if same_account:
                shop.purse = head.purse
            if source.random() < 0.1:
                shop.guarantors.append(head.owner)
            members.append(shop)
        shops += members
    return shops
