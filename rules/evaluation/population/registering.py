"""What a lender is told when a shop signs up: the people, the shop, accounts, devices, and who owns what."""

from __future__ import annotations

from rules.evaluation.population.rows import Row, Value, stamp
from rules.evaluation.population.shops import Account, Builder, Device, Owner, Shop


def registration(builder: Builder, shop: Shop, described: set[str]) -> list[Row]:
    """Rows of signing up; who or what is in `described` was told before and is not told again."""
    at, rows = shop.registered_at, []
    delay = shop.chance.randrange(60_000, 30 * 3_600_000)

    def tell(table: str, *values: Value, after: int = 0) -> None:
        rows.append(Row(at + after, table, values, at + after + delay))

    people = [shop.owner, *(person for person, _ in shop.investors), *shop.guarantors, *([shop.agent] if shop.agent else [])]
    for person in people:
        if person.key not in described:
            described.add(person.key)
            rows.append(Row(at, "people", _person(person), at + delay))
    tell(
        "merchants", shop.key, shop.name, shop.category, shop.opened_on.isoformat(), shop.licence, shop.phone, shop.email,
        shop.place.text, shop.place.latitude, shop.place.longitude, after=1_000,
    )  # fmt: skip
    tell("owners", builder.key("W", 7), shop.owner.key, shop.key, shop.share, after=2_000)
    for investor, share in shop.investors:
        tell("investments", builder.key("I", 7), investor.key, shop.key, share, after=2_000)
    for guarantor in shop.guarantors:
        tell("guarantees", builder.key("G", 7), guarantor.key, shop.key, after=3_000)
    held: list[tuple[Shop | Owner, Account]] = [(shop, shop.till), (shop.owner, shop.purse), *shop.holders]
    for holder, account in held:
        if account.number not in described:
            described.add(account.number)
            tell("accounts", account.number, account.kind, account.bank, stamp(account.opened_at), after=4_000)
        pair = (holder.key, None) if isinstance(holder, Shop) else (None, holder.key)
        tell("holders", builder.key("H", 7), *pair, account.number, after=5_000)
    for device in shop.devices:
        if device.key not in described:
            described.add(device.key)
            rows.append(_device(device, at, delay))
        tell("sign_ins", builder.key("S", 9), shop.key, device.key, shop.ip_addresses[0], after=60_000)
    if shop.agent is not None:
        tell("onboardings", builder.key("B", 7), shop.key, shop.agent.key, after=5_000)
    return rows


def _person(person: Owner) -> tuple[Value, ...]:
    home = person.home
    place: tuple[Value, ...] = (home.text, home.latitude, home.longitude)
    return (person.key, person.name, person.birthday.isoformat(), person.identity_card, person.phone, *place)


def _device(device: Device, at: int, delay: int) -> Row:
    return Row(at + 30_000, "devices", (device.key, device.kind, device.model), at + 30_000 + delay)
