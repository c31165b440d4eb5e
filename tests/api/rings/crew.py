"""Small crews for tests of rings over GraphQL: facts that make some people and merchants act as one, and who asks about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.api.verifying.desk import Desk

OPERATIONS = Path(__file__).parents[2] / "data" / "operations"
SCREEN = (OPERATIONS / "ring-screen.graphql").read_text(encoding="utf-8")

RING = """
  id version state score shapes memberCount merchantCount joinedLastDay defaultedShare exposure { amount } loss { amount }
  firstAt lastAt foundAt mergedInto { id }
"""
RINGS = f"""query ($filter: RingFilter, $order: RingOrder! = SCORE) {{
  rings(first: 10, filter: $filter, orderBy: $order) {{ edges {{ node {{ {RING} }} }} }} }}"""
RECORD = """mutation ($input: RecordFactsInput!) { recordFacts(input: $input) {
  ... on RecordFactsSuccess { recorded outcomes(first: 10) { ... on FactRefused { problem { message } } } }
  ... on UserError { message } } }"""


def tie(number: str, kind: str, frm: dict[str, Any], to: dict[str, Any], at: str = "2026-10-01T08:00:00Z") -> dict[str, Any]:
    """A fact that a tie was seen."""
    return {"id": number, "occurredAt": at, "content": {"tieObserved": {"kind": kind, "from": frm, "to": to}}}


def crew(numbers: range, *, device: str = "D-1", phone: str = "+8613800000001") -> list[dict[str, Any]]:
    """Owners with a merchant each, who all use one device and one phone."""
    facts = []
    for n in numbers:
        owner, shop = {"person": f"P-{n}"}, {"merchant": f"M-{n}"}
        facts += [
            tie(f"owns-{n}", "OWNS", owner, shop),
            tie(f"device-{n}-{device}", "USES_DEVICE", owner, {"device": device}),
            tie(f"phone-{n}-{device}", "REACHED_AT", owner, {"phone": phone}),
        ]
    return facts


async def record(desk: Desk, facts: list[dict[str, Any]]) -> None:
    """Record facts of the source `core`."""
    made = (await desk.ask("service", RECORD, input={"source": "core", "facts": facts}))["recordFacts"]
    assert made["recorded"] == len(facts), made


async def rings(desk: Desk, who: str = "analyst", **variables: Any) -> list[dict[str, Any]]:
    """The rings that a filter finds."""
    found = await desk.ask(who, RINGS, **variables)
    return [edge["node"] for edge in found["rings"]["edges"]]
