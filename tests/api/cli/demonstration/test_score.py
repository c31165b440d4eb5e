from __future__ import annotations

import pytest

from api.cli.demonstration.score import percentile, scored, worth_showing
from api.cli.demonstration.traffic import Decided, Sent
from rules.evaluation.population.simulation import Label

LABELS = [
    Label("A1", "family", None, False),
    Label("A2", "family", None, False),
    Label("B1", "market", None, False),
    Label("R1", "device_farm", "farm-1", True),
    Label("R2", "device_farm", "farm-1", True),
    Label("R3", "device_farm", "farm-1", True),
    Label("S1", "wash_trading", "wash-1", True),
    Label("S2", "wash_trading", "wash-1", True),
]

PRICE = 300_000


def decided(merchant: str, verdict: str, at: int, *, entities: int = 5, reasons: int = 1) -> Decided:
    codes = tuple(f"CODE_{number}" for number in range(reasons))
    stamp = f"2026-10-30T00:00:{at:02d}.000Z"
    return Decided(f"dec_{merchant}", merchant, verdict, 10, codes, "Because.", entities, False, stamp, 10.0 + at, 8.0, 12.0, "CNY")


def test_a_ring_is_caught_when_half_of_it_is_stopped_before_the_first_is_paid_out() -> None:
    sent = Sent(
        [decided("R1", "DECLINE", 1), decided("R2", "REFER", 2), decided("R3", "APPROVE", 3), decided("S1", "APPROVE", 1)], deciding=2.0
    )
    sent.decisions.append(decided("S2", "DECLINE", 2))
    score = scored(sent, LABELS, PRICE)
    rings = {ring.ring: ring for ring in score.rings}
    assert rings["farm-1"].caught
    assert rings["farm-1"].before_first_approval == 2
    assert rings["farm-1"].half_stopped
    assert not rings["wash-1"].caught
    assert rings["wash-1"].half_stopped
    assert score.missed == ("wash-1",)
    assert score.per_second == 2.5
    assert score.micros == pytest.approx(1.0)


def test_verdicts_are_counted_by_group_with_rings_last() -> None:
    sent = Sent([decided("A1", "APPROVE", 1), decided("A2", "REFER", 2), decided("B1", "DECLINE", 3), decided("R1", "DECLINE", 4)])
    score = scored(sent, LABELS, PRICE)
    assert [(line.group, line.fraud) for line in score.groups] == [
        ("family", False), ("market", False), ("device_farm", True), ("wash_trading", True),
    ]  # fmt: skip
    assert score.innocent_stopped == (3, 1, 1)
    assert score.groups[0].merchants == 2
    told = score.as_dict()
    assert told["summary"] == {
        "rings": 2, "rings_caught": 1, "rings_half_stopped": 1, "rings_missed": ["wash-1"],
        "innocent_applications": 3, "innocent_referred": 1, "innocent_declined": 1,
    }  # fmt: skip


def test_no_decision_at_all_is_a_score_too() -> None:
    score = scored(Sent(), LABELS, PRICE)
    assert score.decisions == 0
    assert score.missed == ("farm-1", "wash-1")
    assert worth_showing(Sent(), LABELS) == ()


def test_a_ring_refused_for_many_reasons_is_shown_first() -> None:
    farm, other = decided("R1", "DECLINE", 1, reasons=3, entities=20), decided("R2", "DECLINE", 2, reasons=1)
    innocent = decided("A1", "DECLINE", 3, reasons=9)
    assert worth_showing(Sent([innocent, other, farm]), LABELS) == (farm,)
    assert worth_showing(Sent([innocent]), LABELS) == (innocent,)


def test_one_decision_of_each_verdict_is_shown_the_refusal_first_and_an_innocent_approval() -> None:
    refused, referred = decided("R1", "DECLINE", 1), decided("S1", "REFER", 2)
    missed, approved = decided("R3", "APPROVE", 3, reasons=5), decided("A1", "APPROVE", 4, reasons=1)
    assert worth_showing(Sent([missed, approved, referred, refused]), LABELS) == (refused, referred, approved)
    assert worth_showing(Sent([approved]), LABELS) == (approved,)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, percent) for percent in (1, 50, 99, 100)] == [1.0, 50.0, 99.0, 100.0]
    assert percentile([7.0], 50) == 7.0
    assert percentile([], 50) == 0.0
