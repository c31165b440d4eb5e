"""Innocent: field agents who sign shops up on their own tablet, so that dozens of shops were once seen on one device."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.rows import Row
from rules.evaluation.population.shops import Builder, Shop


def onboarding(builder: Builder, count: int) -> list[Shop]:
    """So many shops, signed up by a few agents."""
    source = chance(builder.parameters.seed, "onboarding")
    shops: list[Shop] = []
    sizes = builder.parameters.sharing.agent_sizes
    for size in sizes:
        agent, tablet, line = builder.owner(source), builder.device(source), builder.ip_address()
        for _ in range(round(count * size / sum(sizes))):
            shop = builder.shop("onboarding_agent")
            shop.agent = agent
            at = shop.registered_at + 60_000
            shop.once.append(Row(at, "sign_ins", (builder.key("S", 9), shop.key, tablet.key, line), at + 60_000))
            shops.append(shop)
    return shops
