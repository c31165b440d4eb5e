"""The tables of a lender's export: which columns there are, and what one row says as facts.

A row's first value is its own number, unique in its table. `facts_of` says over GraphQL what the shipped mapping
`market.yaml` reads from the files; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

Value: TypeAlias = str | int | float | None
RawFact: TypeAlias = dict[str, object]
Cells: TypeAlias = Mapping[str, Value]

SOURCE: Final = "market"
"""Who reports all of it; facts' ids are unique within."""

CURRENCY: Final = "CNY"

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "merchants": ("merchant", "name", "category", "opened_on", "licence", "phone", "email", "address", "latitude", "longitude"),
    "people": ("person", "name", "born_on", "identity_card", "phone", "address", "latitude", "longitude"),
    "owners": ("ownership", "person", "merchant", "share"),
    "investments": ("investment", "investor", "merchant", "share"),
    "guarantees": ("guarantee", "guarantor", "merchant"),
    "accounts": ("account", "kind", "bank", "opened_at"),
    "holders": ("holding", "merchant", "person", "account"),
    "devices": ("device", "kind", "model"),
    "sign_ins": ("sign_in", "merchant", "device", "ip_address"),
    "onboardings": ("onboarding", "merchant", "agent"),
    "transfers": ("transfer", "from_account", "to_account", "amount", "kind"),
    "loans": ("loan", "merchant", "applicant", "amount", "term_days", "account", "device", "ip_address", "phone"),
    "pay_outs": ("pay_out", "loan", "account", "amount"),
    "repayments": ("repayment", "loan", "account", "amount"),
    "outcomes": ("outcome_number", "loan", "outcome", "loss"),
}
"""Columns of each table; every file has `at` and `known_at` besides."""


class Row(NamedTuple):
    """One line of an export: what `table` says at a moment, and when the lender learnt it."""

    at: int
    table: str
    values: tuple[Value, ...]
    known_at: int


def stamp(moment: int) -> str:
    """A moment as files and GraphQL write it."""
    seconds, thousandths = divmod(moment, 1_000)
    days, seconds = divmod(seconds, 86_400)
    return f"{_date(days)}T{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths:03d}Z"


@lru_cache(maxsize=1_024)
def _date(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def facts_of(row: Row) -> list[RawFact]:
    """What the row says as facts of the schema's `FactInput`, with moments as text."""
    cells = dict(zip(COLUMNS[row.table], row.values, strict=True))
    at = stamp(row.at)
    return [{"id": fact, "occurredAt": at, "content": {kind: content}} for fact, kind, content in _SAYINGS[row.table](cells)]


Saying: TypeAlias = tuple[str, str, dict[str, object]]


def _tie(id: str, from_: dict[str, object], kind: str, to: dict[str, object], share: Value = None) -> Saying:
    content: dict[str, object] = {"from": from_, "kind": kind, "to": to}
    if share is not None:
        content["share"] = share
    return id, "tieObserved", content


def _money(amount: Value) -> dict[str, object]:
    return {"amount": amount, "currency": CURRENCY}


def _document(kind: str, number: Value) -> dict[str, object]:
    return {"document": {"kind": kind, "country": "CN", "number": number}}


def _place(cells: Cells) -> dict[str, object]:
    place = {"address": cells["address"], "country": "CN", "latitude": cells["latitude"], "longitude": cells["longitude"]}
    return {"place": place}


def _merchant(cells: Cells) -> list[Saying]:
    key = cells["merchant"]
    me: dict[str, object] = {"merchant": key}
    described: dict[str, object] = {
        "key": key,
        "name": cells["name"],
        "categoryCode": cells["category"],
        "country": "CN",
        "openedOn": cells["opened_on"],
    }
    sayings: list[Saying] = [(f"{key}-m", "merchantDescribed", described)]
    sayings.append(_tie(f"{key}-l", me, "IDENTIFIED_BY", _document("BUSINESS_LICENCE", cells["licence"])))
    sayings.append(_tie(f"{key}-a", me, "LOCATED_AT", _place(cells)))
    sayings.append(_tie(f"{key}-p", me, "REACHED_AT", {"phone": cells["phone"]}))
    if cells["email"] is not None:
        sayings.append(_tie(f"{key}-e", me, "REACHED_AT", {"email": cells["email"]}))
    return sayings


def _person(cells: Cells) -> list[Saying]:
    key = cells["person"]
    me: dict[str, object] = {"person": key}
    return [
        (f"{key}-n", "personDescribed", {"key": key, "name": cells["name"], "bornOn": cells["born_on"], "country": "CN"}),
        _tie(f"{key}-i", me, "IDENTIFIED_BY", _document("IDENTITY_CARD", cells["identity_card"])),
        _tie(f"{key}-p", me, "REACHED_AT", {"phone": cells["phone"]}),
        _tie(f"{key}-a", me, "LOCATED_AT", _place(cells)),
    ]


def _sign_in(cells: Cells) -> list[Saying]:
    key, me = cells["sign_in"], {"merchant": cells["merchant"]}
    return [
        _tie(f"{key}-d", dict(me), "USES_DEVICE", {"device": cells["device"]}),
        _tie(f"{key}-i", dict(me), "CONNECTS_FROM", {"ipAddress": cells["ip_address"]}),
    ]


def _account(cells: Cells) -> list[Saying]:
    content: dict[str, object] = {"key": cells["account"], "kind": cells["kind"], "bank": cells["bank"]}
    if cells["opened_at"] is not None:
        content["openedAt"] = cells["opened_at"]
    return [(f"{cells['account']}-k", "accountDescribed", content)]


def _holding(cells: Cells) -> list[Saying]:
    holder: dict[str, object] = {"merchant": cells["merchant"]} if cells["merchant"] is not None else {"person": cells["person"]}
    return [_tie(str(cells["holding"]), holder, "HOLDS", {"account": cells["account"]})]


def _transfer(cells: Cells) -> list[Saying]:
    content: dict[str, object] = {"key": cells["transfer"], "from": {"key": cells["from_account"]}, "to": {"key": cells["to_account"]}}
    return [(str(cells["transfer"]), "transferMade", {**content, "amount": _money(cells["amount"]), "kind": cells["kind"]})]


def application_of(cells: Cells) -> dict[str, object]:
    """A row of `loans` as the schema's `ApplicationInput`."""
    application: dict[str, object] = {
        "key": cells["loan"],
        "merchant": {"key": cells["merchant"]},
        "applicant": {"key": cells["applicant"]},
        "amount": _money(cells["amount"]),
        "termDays": cells["term_days"],
        "payOutAccount": {"key": cells["account"]},
    }
    for column, field in (("device", "device"), ("ip_address", "ipAddress"), ("phone", "phone")):
        if cells[column] is not None:
            application[field] = cells[column]
    return application


def _payment(cells: Cells, number: str, content: str) -> list[Saying]:
    fields: dict[str, object] = {"key": cells[number], "loan": {"key": cells["loan"]}, "account": {"key": cells["account"]}}
    fields["amount"] = _money(cells["amount"])
    return [(str(cells[number]), content, fields)]


def _outcome(cells: Cells) -> list[Saying]:
    content: dict[str, object] = {"loan": {"key": cells["loan"]}, "outcome": cells["outcome"]}
    if cells["loss"] is not None:
        content["loss"] = _money(cells["loss"])
    return [(str(cells["outcome_number"]), "outcomeKnown", content)]


_SAYINGS: Final[dict[str, Callable[[Cells], list[Saying]]]] = {
    "merchants": _merchant,
    "people": _person,
    "owners": lambda c: [_tie(str(c["ownership"]), {"person": c["person"]}, "OWNS", {"merchant": c["merchant"]}, c["share"])],
    "investments": lambda c: [_tie(str(c["investment"]), {"person": c["investor"]}, "INVESTS_IN", {"merchant": c["merchant"]}, c["share"])],
    "guarantees": lambda c: [_tie(str(c["guarantee"]), {"person": c["guarantor"]}, "GUARANTEES", {"merchant": c["merchant"]})],
    "accounts": _account,
    "holders": _holding,
    "devices": lambda c: [(f"{c['device']}-v", "deviceDescribed", {"key": c["device"], "kind": c["kind"], "model": c["model"]})],
    "sign_ins": _sign_in,
    "onboardings": lambda c: [_tie(str(c["onboarding"]), {"merchant": c["merchant"]}, "ONBOARDED_BY", {"person": c["agent"]})],
    "transfers": _transfer,
    "loans": lambda c: [(f"{c['loan']}-l", "applicationMade", application_of(c))],
    "pay_outs": lambda c: _payment(c, "pay_out", "loanPaidOut"),
    "repayments": lambda c: _payment(c, "repayment", "loanRepaid"),
    "outcomes": _outcome,
}
