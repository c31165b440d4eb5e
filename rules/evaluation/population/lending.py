"""Loans: how the innocent borrow, how rings time their applications, and the rows that a past loan leaves."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from rules.evaluation.population.chance import chance
from rules.evaluation.population.parameters import DAY, HOUR
from rules.evaluation.population.rows import Row, Value
from rules.evaluation.population.shops import Account, Builder, Device, Past, Plan, Shop

TERMS = (30, 60, 90, 180)


def rounded(builder: Builder, amount: float) -> int:
    """An amount as somebody would ask for it: whole 500 yuan within the lender's bounds."""
    lending = builder.parameters.lending
    return max(lending.smallest, min(lending.largest, round(amount / 50_000) * 50_000))


def plan(
    builder: Builder,
    shop: Shop,
    at: int,
    months: float,
    *,
    account: Account | None = None,
    device: Device | None = None,
    ip_address: str | None = None,
    phone: str | None = None,
) -> None:
    """Let the shop apply at a moment for so many months of its receipts, from its own things unless told otherwise."""
    source = shop.chance
    shop.plan = Plan(
        at=at,
        amount=rounded(builder, shop.monthly * months),
        term_days=source.choice(TERMS),
        account=account or shop.purse,
        device=device or source.choice(shop.devices),
        ip_address=ip_address or source.choice(shop.ip_addresses),
        phone=phone or shop.owner.phone,
    )


def burst(builder: Builder, source: Random, index: int, members: int) -> list[int]:
    """When a ring's members apply: within hours of each other; the first ring of each kind on the last two days."""
    parameters = builder.parameters
    hours = source.uniform(*parameters.crime.burst_hours)
    latest = parameters.until - int(hours * HOUR) - 2 * HOUR
    begin = parameters.cut + 2 * HOUR if index == 0 else parameters.until - int(source.uniform(3, 15) * DAY)
    begin = min(begin, latest)
    return sorted(begin + int(source.random() * hours * HOUR) for _ in range(members))


def scouts(builder: Builder, shops: Sequence[Shop], outcome: str) -> None:
    """Let these members have borrowed early in the days walked; the outcome becomes known a month or more later."""
    for shop in shops:
        first, last = builder.parameters.crime.confirmed_after
        at = builder.moment(shop.chance.uniform(1, 8), shop.chance)
        outcome_at = min(at + int(shop.chance.uniform(first, last) * DAY), builder.parameters.until - 16 * DAY)
        shop.registered_at = min(shop.registered_at, at - 3 * DAY)
        shop.past.append(Past(at, rounded(builder, shop.monthly * 0.8), 90, outcome, outcome_at))
        shop.plan = None


def borrow(builder: Builder, shops: Sequence[Shop]) -> None:
    """Earlier loans, lone frauds and coming applications of the innocent groups."""
    lending, parameters = builder.parameters.lending, builder.parameters
    for shop in shops:
        source = chance(parameters.seed, f"borrow/{shop.key}")
        lone = source.random() < parameters.crime.lone_frauds
        if lone:
            scouts(builder, [shop], "FRAUD_CONFIRMED")
            shop.fraud = True
        elif source.random() < lending.earlier_loans and shop.registered_at < parameters.start - 40 * DAY:
            shop.past.append(_earlier(builder, shop, source))
        troubled = any(past.outcome in {"DEFAULTED", "FRAUD_CONFIRMED"} for past in shop.past)
        if not troubled and source.random() < lending.applying and shop.registered_at < parameters.until - 40 * DAY:
            day = parameters.days - source.random() * min(lending.applying_days, parameters.days / 3)
            at = min(builder.moment(day, source), parameters.until - HOUR)
            plan(builder, shop, at, source.uniform(*lending.months))


def _earlier(builder: Builder, shop: Shop, source: Random) -> Past:
    lending, until = builder.parameters.lending, builder.parameters.until
    at = builder.moment(source.uniform(-240, builder.parameters.days - 40), source)
    at = max(at, shop.registered_at + 20 * DAY)
    term = source.choice(TERMS)
    amount = rounded(builder, shop.monthly * source.uniform(*lending.months))
    fate = source.random()
    if fate < lending.defaulted:
        return Past(at, amount, term, "DEFAULTED", at + int(source.uniform(60, 110) * DAY))
    if fate < lending.defaulted + lending.late:
        return Past(at, amount, term, "LATE", at + int(source.uniform(45, 80) * DAY))
    repaid_at = at + int(term * DAY * source.uniform(0.9, 1.0))
    return Past(at, amount, term, "REPAID" if repaid_at < until else None, repaid_at)


def past_rows(builder: Builder, shop: Shop, past: Past) -> list[Row]:
    """Application, pay-out, repayments and outcome of an earlier loan; what lies after the end of time is left out."""
    source, until = shop.chance, builder.parameters.until
    loan = builder.key("L", 7)
    application: tuple[Value, ...] = (
        loan, shop.key, shop.owner.key, past.amount, past.term_days, shop.purse.number,
        shop.devices[0].key, shop.ip_addresses[0], shop.owner.phone,
    )  # fmt: skip
    paid_at = past.at + source.randrange(1_000, 90_000)
    rows = [
        Row(past.at, "loans", application, past.at + 1_000),
        Row(paid_at, "pay_outs", (builder.key("O", 8), loan, shop.purse.number, past.amount), paid_at + 1_000),
    ]
    parts = max(1, past.term_days // 15)
    fails_at = past.outcome_at - 30 * DAY if past.outcome in {"LATE", "DEFAULTED", "FRAUD_CONFIRMED"} else past.at + past.term_days * DAY
    for part in range(1, parts + 1):
        at = past.at + int(part * past.term_days * DAY / parts * 0.95)
        if at < fails_at and past.outcome != "FRAUD_CONFIRMED":
            values: tuple[Value, ...] = (builder.key("R", 8), loan, shop.purse.number, past.amount // parts)
            rows.append(Row(at, "repayments", values, at + 2_000))
    if past.outcome is not None:
        loss = past.amount * 9 // 10 if past.outcome in {"DEFAULTED", "FRAUD_CONFIRMED"} else None
        rows.append(Row(past.outcome_at, "outcomes", (builder.key("U", 8), loan, past.outcome, loss), past.outcome_at + HOUR))
    return [row for row in rows if row.at < until]
