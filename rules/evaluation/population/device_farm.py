"""Ring (T1): a device farm. Many bought identities, few phones, one line; signed up within days, few receipts, one burst."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.lending import burst, plan, scouts
from rules.evaluation.population.shops import Builder, Shop


def device_farm(builder: Builder, index: int) -> list[Shop]:
    """One farm; the third is careful: a phone serves two identities only, and lines differ."""
    crime = builder.parameters.crime
    source = chance(builder.parameters.seed, f"device_farm/{index}")
    size = crime.farm_sizes[index % len(crime.farm_sizes)]
    phones = [builder.device(source) for _ in range(crime.farm_devices[index % len(crime.farm_devices)])]
    lines = [builder.ip_address() for _ in range(2)]
    careful = index % 3 == 2
    payers = [source.randrange(builder.payers) for _ in range(crime.farm_payers)]
    signed_up = builder.parameters.days - source.uniform(55, 75)
    shops = []
    for member in range(size):
        shop = builder.shop("device_farm", registered=signed_up + source.uniform(0, 4))
        shop.ring, shop.fraud = f"farm-{index + 1}", True
        shop.receipts_a_day, shop.regulars, shop.strangers = source.uniform(10, 25), payers, 0.0
        shop.devices = [phones[member // 2 % len(phones)] if careful else source.choice(phones)]
        shop.ip_addresses = [builder.ip_address()] if careful else lines
        shops.append(shop)
    for shop, at in zip(shops, burst(builder, source, index, size), strict=True):
        plan(builder, shop, at, source.uniform(1.5, 3.0))
    if index != 1:
        scouts(builder, shops[: 2 if size > 6 else 1], "FRAUD_CONFIRMED")
    return shops
