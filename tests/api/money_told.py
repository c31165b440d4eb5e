"""Money that goes round in the world of the API's tests, apart from its merchants: account FA has all that questions ask about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DAY = 24 * 60 * 60_000


def told(ago: Callable[[int], str]) -> list[dict[str, Any]]:
    """Facts of a source of their own; amounts are minor units.

    FB got a loan of 9,000 and paid FA, which paid FC, which paid FD, which paid FA; FD is used from a blocked device. FG gathered from
    four and withdrew to FA. FX, which is blocked, was paid by FB as well and paid FA. F-1 holds FA and vouches for F-2, whose loan it is.
    """
    said: list[tuple[int, dict[str, Any]]] = [
        (60, {"loanDescribed": {"key": "FL", "amountLent": cny(9_000), "balance": cny(4_000)}}),
        (60, tie("person", "F-1", "HOLDS", "account", "FA")),
        (60, tie("merchant", "FM", "HOLDS", "account", "FMA")),
        (60, tie("person", "F-1", "GUARANTEES", "person", "F-2")),
        (60, tie("person", "F-2", "APPLIED_FOR", "loan", "FL")),
        (60, tie("person", "F-1", "INVESTS_IN", "merchant", "FM")),
        (60, tie("person", "F-2", "INVESTS_IN", "merchant", "FM")),
        (60, tie("person", "F-2", "INVESTS_IN", "merchant", "FN")),
        (50, {"loanPaidOut": {"key": "f-po", "loan": {"key": "FL"}, "account": {"key": "FB"}, "amount": cny(9_000)}}),
        (40, paid("FB", "FA", 6_000)),
        (39, paid("FB", "FX", 500)),
        (38, paid("FX", "FA", 400)),
        (30, paid("FA", "FC", 3_000)),
        (29, paid("FC", "FD", 2_500)),
        (28, paid("FD", "FA", 2_000)),
        (27, tie("account", "FD", "USES_DEVICE", "device", "FDEV")),
        (26, paid("FA", "FMA", 1_000)),
        (25, {"loanRepaid": {"key": "f-re", "loan": {"key": "FL"}, "account": {"key": "FA"}, "amount": cny(1_000)}}),
        (25, {"loanPaidOut": {"key": "f-po2", "loan": {"key": "FL"}, "account": {"key": "FA"}, "amount": cny(2_000)}}),
        *((24, paid(f"FP{number}", "FG", 100 + number)) for number in range(4)),
        (20, paid("FG", "FA", 350, kind="WITHDRAWAL")),
        (10, blocked("account", "FX")),
        (10, blocked("device", "FDEV")),
    ]
    return [{"id": f"money-{number}", "occurredAt": ago(days * DAY), "content": content} for number, (days, content) in enumerate(said)]


def cny(amount: int) -> dict[str, str]:
    return {"amount": str(amount), "currency": "CNY"}


def tie(from_kind: str, from_: str, kind: str, to_kind: str, to: str) -> dict[str, Any]:
    return {"tieObserved": {"from": {from_kind: from_}, "kind": kind, "to": {to_kind: to}}}


def blocked(kind: str, key: str) -> dict[str, Any]:
    return {"blockChanged": {"entity": {kind: key}, "blocked": True, "reason": "stolen"}}


def paid(from_: str, to: str, amount: int, kind: str = "TRANSFER") -> dict[str, Any]:
    transfer = {"key": f"f-{from_}-{to}", "from": {"key": from_}, "to": {"key": to}, "amount": cny(amount), "kind": kind}
    return {"transferMade": transfer}
