"""Who came to what is shared in step; what an application brings for the first time; what was refunded."""

from __future__ import annotations

import pytest

from graph.measures.lockstep import applications_in_step, bound_in_step, lockstep
from graph.measures.new_things import new_things
from graph.measures.picture import DAY, HOUR, as_flows
from graph.measures.refunded import refunded
from graph.model import EntityKind, TieKind, TransferKind
from tests.graph.pictures import NOW, Drawing, applicant, flow


def came(drawing: Drawing, others: int, *, thing: str = "dev_9", kind: TieKind = TieKind.USES_DEVICE, every: int = HOUR) -> Drawing:
    """Others who came to a thing after each other, the household as the first of them, 50 days ago."""
    for place in range(others + 1):
        drawing.tie(f"mer_{place}", kind, thing, first=NOW - 50 * DAY + place * every)
    return drawing


@pytest.mark.parametrize("size", [1, 4, 25])
def test_all_of_a_farm_that_came_together_are_counted(size: int) -> None:
    found = lockstep(*came(applicant(), size).draw(), EntityKind.DEVICE)
    assert (found.effective, found.count, found.shared_by) == (size, size, size)
    assert found.entities[0] == "dev_9"
    assert len(found.entities) <= 10 and len(found.ties) <= 20


def test_of_a_crowd_that_came_over_months_hardly_anybody_is() -> None:
    found = lockstep(*came(applicant(), 60, every=20 * HOUR).draw(), EntityKind.DEVICE)
    assert found.shared_by == 60
    assert found.count == 8
    assert found.effective == pytest.approx(8 * 8 / 60)


def test_others_out_of_sight_make_those_in_sight_a_smaller_part() -> None:
    drawing = came(applicant(), 10)
    picture, house = drawing.draw()
    assert lockstep(picture, house, EntityKind.DEVICE).effective == 10
    for place in range(10, 40):
        drawing.tie(f"per_{place + 100}", TieKind.USES_DEVICE, "dev_9", first=0)
    assert lockstep(*drawing.draw(), EntityKind.DEVICE).effective == pytest.approx(10 * 10 / 40)


def test_another_kind_of_thing_is_another_question() -> None:
    picture, house = came(applicant(), 5).draw()
    assert lockstep(picture, house, EntityKind.PHONE).shared_by == 0


def test_an_old_client_who_applies_through_what_is_shared_did_not_come_then() -> None:
    drawing = came(applicant(), 3, every=20 * DAY)
    drawing.tie("per_0", TieKind.USES_DEVICE, "dev_9", first=NOW)
    drawing.tie("per_3", TieKind.OWNS, "mer_3", first=0).tie("per_3", TieKind.USES_DEVICE, "dev_9", first=NOW)
    assert lockstep(*drawing.draw(), EntityKind.DEVICE).count == 0


def test_old_acquaintances_are_not_in_step_whatever_new_they_come_to_together() -> None:
    drawing = came(applicant(), 4, thing="ipa_9", kind=TieKind.CONNECTS_FROM)
    assert lockstep(*drawing.draw(), EntityKind.IP_ADDRESS).count == 4
    for place in range(5):
        drawing.tie(f"mer_{place}", TieKind.REACHED_AT, "ema_9", first=NOW - 300 * DAY + place * 61 * DAY)
    assert lockstep(*drawing.draw(), EntityKind.IP_ADDRESS).count == 0


def test_bound_are_those_who_came_to_two_independent_kinds_of_thing() -> None:
    drawing = came(came(applicant(), 4), 2, thing="pho_9", kind=TieKind.REACHED_AT)
    came(drawing, 4, thing="pla_9", kind=TieKind.LOCATED_AT, every=12 * DAY)
    assert set(bound_in_step(*drawing.draw()).parties) == {"mer_1", "mer_2"}


def test_applications_count_of_those_in_step_within_the_window() -> None:
    drawing = came(applicant(), 5)
    for place, hours in ((1, 1), (2, 20), (3, 100)):
        drawing.loan(f"loa_{place}", f"mer_{place}", at=NOW - hours * HOUR)
    picture, house = drawing.draw()
    assert [len(applications_in_step(picture, house, window).parties) for window in (HOUR, DAY, 7 * DAY)] == [1, 2, 3]


def test_things_first_seen_at_the_application_are_new_when_there_were_others() -> None:
    drawing = applicant().tie("per_0", TieKind.USES_DEVICE, "dev_5", first=NOW).tie("per_0", TieKind.REACHED_AT, "pho_5", first=NOW)
    drawing.tie("per_0", TieKind.REACHED_AT, "ema_5", first=NOW)
    found = new_things(*drawing.draw())
    assert found.kinds == (EntityKind.DEVICE, EntityKind.PHONE), "it had no e-mail before"
    assert found.entities == ("dev_5", "pho_5")


def test_what_a_crowd_uses_is_not_new() -> None:
    drawing = applicant().tie("per_0", TieKind.USES_DEVICE, "dev_5", first=NOW)
    for place in range(20):
        drawing.tie(f"mer_{place + 1}", TieKind.USES_DEVICE, "dev_5", first=0)
    assert new_things(*drawing.draw()).kinds == ()


def test_refunds_are_a_part_of_payments_and_never_more_than_all() -> None:
    sold = [flow("c", "x", 400, 1), flow("d", "x", 600, 2)]
    own = ["acc_x"]
    assert refunded(as_flows(sold), own) == 0.0
    assert refunded(as_flows([*sold, flow("x", "c", 250, 3, TransferKind.REFUND)]), own) == 0.25
    assert refunded(as_flows([*sold, flow("x", "c", 9_000, 3, TransferKind.REFUND)]), own) == 1.0
    assert refunded(as_flows([flow("x", "c", 9_000, 3, TransferKind.REFUND)]), own) == 0.0
