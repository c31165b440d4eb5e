"""Single fields of raw facts: every bound holds and is in the message, and every refusal names its field."""

from __future__ import annotations

import pytest

from graph.contents import MerchantDescribed, TransferMade
from graph.decoding import decode_merchant_reference, decode_reference
from graph.errors import InvalidInput, Unknown
from graph.model import MAXIMUM_AMOUNT, EntityKind, EntityName
from tests.graph.raw_facts import ID, NOW, decode, raw, refusals


@pytest.mark.parametrize(
    ("amount", "path", "words"),
    [
        ({"amount": -1, "currency": "CNY"}, "amount.amount", "negative"),
        ({"amount": MAXIMUM_AMOUNT + 1, "currency": "CNY"}, "amount.amount", "1,000,000,000,000,000"),
        ({"amount": 10**5000, "currency": "CNY"}, "amount.amount", "more than"),
        ({"amount": 1.5, "currency": "CNY"}, "amount.amount", "whole number"),
        ({"amount": True, "currency": "CNY"}, "amount.amount", "whole number"),
        ({"amount": "5", "currency": "CNY"}, "amount.amount", "whole number"),
        ({"currency": "CNY"}, "amount.amount", "whole number"),
        ({"amount": 5, "currency": "USD"}, "amount.currency", "must be CNY"),
        ({"amount": 5}, "amount.currency", "must be CNY"),
        ({"amount": 5, "currency": "RMB"}, "amount.currency", "no currency of ISO 4217"),
        ({"amount": 5, "currency": "CNY", "unit": 1}, "amount.unit", "no field"),
        (5, "amount", "object"),
    ],
)
def test_money_is_bounded_and_of_the_institutions_currency(amount: object, path: str, words: str):
    assert words in refusals(raw("transferMade", amount=amount))[path]


@pytest.mark.parametrize("amount", [0, MAXIMUM_AMOUNT])
def test_money_goes_from_nothing_to_its_bound(amount: int):
    content = decode(raw("transferMade", amount={"amount": amount, "currency": "CNY"})).content
    assert isinstance(content, TransferMade) and content.amount == amount


LENGTHS = [
    ("merchantDescribed", "key", 64),
    ("merchantDescribed", "name", 200),
    ("personDescribed", "name", 200),
    ("accountDescribed", "bank", 100),
    ("accountDescribed", "product", 100),
    ("deviceDescribed", "model", 100),
    ("tieEnded", "reason", 500),
    ("transferReversed", "reason", 500),
    ("standingKnown", "reason", 500),
    ("blockChanged", "reason", 500),
    ("factWithdrawn", "reason", 500),
    ("factWithdrawn", "factId", 64),
    ("transferMade", "key", 64),
    ("loanPaidOut", "key", 64),
    ("loanRepaid", "key", 64),
    ("applicationMade", "device", 64),
]


@pytest.mark.parametrize(("name", "field", "longest"), LENGTHS)
def test_texts_have_their_bounds_and_say_them(name: str, field: str, longest: int):
    decode(raw(name, **{field: "x" * longest}))
    decode(raw(name, **{field: "x"}))
    for text in ("x" * (longest + 1), ""):
        assert f"1 to {longest} characters" in refusals(raw(name, **{field: text}))[field]
    for text, words in (("a\nb", "control"), ("a\ud800b", "surrogate"), ("a\0", "control")):
        assert words in refusals(raw(name, **{field: text}))[field]
    assert "must be a text" in refusals(raw(name, **{field: 7}))[field]


def test_the_fact_itself_has_bounds():
    given = raw("factWithdrawn")
    assert "1 to 64" in refusals({**given, "id": "x" * 65})["id"]
    assert "missing" in refusals({"content": given["content"]})["occurredAt"]
    assert "no field here" in refusals({**given, "source": "x"})["source"]
    assert "missing" in refusals({**given, "content": None})["content"]


@pytest.mark.parametrize(("ahead", "taken"), [(5 * 60_000, True), (5 * 60_000 + 1, False), (-(10**12), True), (-4_100_000_000_000, False)])
def test_a_moment_is_at_most_five_minutes_ahead_and_not_before_1900(ahead: int, taken: bool):
    given = {**raw("factWithdrawn"), "occurredAt": NOW + ahead}
    opened = raw("accountDescribed", openedAt=NOW + ahead)
    if taken:
        assert decode(given).occurred_at == NOW + ahead
        decode(opened)
    else:
        assert ("5 minutes" if ahead > 0 else "1900") in refusals(given)["occurredAt"]
        assert refusals(opened)["openedAt"]


@pytest.mark.parametrize("code", ["0742", "9999"])
def test_a_category_has_four_digits(code: str):
    content = decode(raw("merchantDescribed", categoryCode=code)).content
    assert isinstance(content, MerchantDescribed) and content.category_code == code


@pytest.mark.parametrize("code", ["742", "58121", "58a2", "５８１２", ""])
def test_what_has_not_is_no_category(code: str):
    assert "categoryCode" in refusals(raw("merchantDescribed", categoryCode=code))


@pytest.mark.parametrize("day", ["2026-02-29", "20260101", "2026-1-1", "1849-12-31", "2027-01-01", 7, "2026-01-01T00:00:00"])
def test_what_is_no_day_of_the_past_is_no_birthday(day: object):
    assert "bornOn" in refusals(raw("personDescribed", bornOn=day))


def test_a_birthday_may_be_today_wherever_that_is():
    decode(raw("personDescribed", bornOn="2026-11-19"))  # NOW is 2026-11-18T11:06:40Z: the next day has begun in Kiribati
    assert "bornOn" in refusals(raw("personDescribed", bornOn="2026-11-20"))


def test_a_shop_may_open_tomorrow():
    content = decode(raw("merchantDescribed", openedOn="2027-01-01")).content
    assert isinstance(content, MerchantDescribed) and content.opened_on == "2027-01-01"


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ({"address": "x", "country": "CN", "latitude": 1.0}, "place.longitude"),
        ({"address": "x", "country": "CN", "longitude": 1}, "place.latitude"),
        ({"address": "x", "country": "CN", "latitude": 90.1, "longitude": 0}, "place.latitude"),
        ({"address": "x", "country": "CN", "latitude": 0, "longitude": -180.1}, "place.longitude"),
        ({"address": "x", "country": "CN", "latitude": float("nan"), "longitude": 0}, "place.latitude"),
        ({"address": "x"}, "place.country"),
        ({"address": "x", "country": "cn"}, "place.country"),
        ({"country": "CN"}, "place.address"),
        ({"address": " ", "country": "CN"}, "place.address"),
        ({"address": "x" * 201, "country": "CN"}, "place.address"),
        ("x", "place"),
    ],
)
def test_a_place_has_its_bounds(place: object, path: str):
    assert next(iter(refusals(raw("applicationMade", place=place)))) == path


@pytest.mark.parametrize("term", [0, 3661, -1, 1.0, True, "90"])
def test_a_term_is_1_to_3660_days(term: object):
    assert "1 to 3,660" in refusals(raw("applicationMade", termDays=term))["termDays"]


@pytest.mark.parametrize(("rate", "taken"), [(0, True), (-0.0, True), (100, True), (-0.01, False), (100.1, False), (float("nan"), False)])
def test_a_rate_is_a_fraction_of_at_most_100(rate: float, taken: bool):
    if taken:
        content = decode(raw("loanDescribed", annualRate=rate)).content
        assert str(content.annual_rate) != "-0.0"  # type: ignore[union-attr]
    else:
        assert refusals(raw("loanDescribed", annualRate=rate))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("accountDescribed", "kind"),
        ("deviceDescribed", "kind"),
        ("tieObserved", "kind"),
        ("transferMade", "kind"),
        ("outcomeKnown", "outcome"),
        ("standingKnown", "standing"),
    ],
)
def test_a_word_outside_a_closed_set_is_refused_with_the_set(name: str, field: str):
    assert "must be one of" in refusals(raw(name, **{field: "BEST"}))[field]
    assert refusals(raw(name, **{field: ["BANK"]}))[field]


@pytest.mark.parametrize("entity", [{}, {"merchant": "a", "person": "b"}, {"merchant": None}, {"shop": "x"}, [], "M-7"])
def test_an_entity_is_named_exactly_once(entity: object):
    assert refusals(raw("blockChanged", entity=entity))


@pytest.mark.parametrize("id", ["mer_x", "MER_" + "a" * 24, "xyz_" + "a" * 24, "mer_" + "A" * 24, 7, "", "mer_" + "a" * 25])
def test_what_cannot_be_an_id_is_an_entity_that_does_not_exist(id: object):
    assert "no entity of this institution" in refusals(raw("blockChanged", entity={"id": id}))["entity.id"]
    with pytest.raises(Unknown):
        decode_reference({"id": id})


def test_an_id_names_its_kind():
    assert decode_reference({"id": ID}) == EntityName(EntityKind.MERCHANT, id=ID)
    assert decode_merchant_reference(EntityKind.MERCHANT, {"id": ID}) == EntityName(EntityKind.MERCHANT, id=ID)
    with pytest.raises(Unknown):
        decode_merchant_reference(EntityKind.LOAN, {"id": ID})
    assert "no account of this institution" in refusals(raw("transferMade", to={"id": ID}))["to.id"]


def test_references_say_where_they_are_wrong():
    with pytest.raises(InvalidInput) as error:
        decode_reference({"phone": "138"}, ("centre",))
    assert error.value.problems[0].path == ("centre", "phone")
    with pytest.raises(InvalidInput):
        decode_merchant_reference(EntityKind.MERCHANT, {"id": ID, "key": "M"})
    assert decode_merchant_reference(EntityKind.LOAN, {"key": "L-1"}) == EntityName(EntityKind.LOAN, "L-1")
