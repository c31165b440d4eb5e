"""Ring (T2): a broker packages straw borrowers, gives his own phone, device and office for them, and lets them guarantee each other."""

from __future__ import annotations

from rules.evaluation.population.chance import chance
from rules.evaluation.population.lending import burst, plan, scouts
from rules.evaluation.population.parameters import DAY, HOUR
from rules.evaluation.population.rows import Row
from rules.evaluation.population.shops import Account, Builder, Shop
from rules.evaluation.population.trading import known


def straw_borrowers(builder: Builder, index: int) -> list[Shop]:
    """One broker and his borrowers; the third broker is careful and gives his own things for a third of them only."""
    crime = builder.parameters.crime
    source = chance(builder.parameters.seed, f"straw_borrowers/{index}")
    size = crime.straw_sizes[index % len(crime.straw_sizes)]
    phone, laptop, line = builder.phone(), builder.device(source, "COMPUTER"), builder.ip_address()
    broker = builder.account(source, "BANK", builder.parameters.start - 400 * DAY)
    lent = 0.35 if index % 3 == 2 else 0.8
    shops: list[Shop] = []
    for _ in range(size):
        shop = builder.shop("straw_borrowers", registered=builder.parameters.days - source.uniform(40, 80))
        shop.ring, shop.fraud = f"straw-{index + 1}", True
        shop.receipts_a_day = source.uniform(12, 40)
        if shops and source.random() < 0.5:
            shop.guarantors.append(shops[-1].owner)
        shops.append(shop)
    for shop, at in zip(shops, burst(builder, source, index, size), strict=True):
        plan(
            builder, shop, at, source.uniform(1.8, 3.2),
            phone=phone if source.random() < lent else None,
            device=laptop if source.random() < lent else None,
            ip_address=line if source.random() < lent else None,
        )  # fmt: skip
    gone = shops[:2]
    for shop in gone:
        shop.phone = phone
    scouts(builder, gone, "FRAUD_CONFIRMED" if index != 1 else "DEFAULTED")
    for shop in gone:
        shop.once.append(_forwarded(builder, shop, broker))
    return shops


def _forwarded(builder: Builder, shop: Shop, broker: Account) -> Row:
    """The loan's money goes on to the broker within hours."""
    loan = shop.past[0]
    at = loan.at + int(shop.chance.uniform(1, 9) * HOUR)
    values = (builder.key("T", 9), shop.purse.number, broker.number, int(loan.amount * 0.9), "TRANSFER")
    return Row(at, "transfers", values, known(shop, at))
