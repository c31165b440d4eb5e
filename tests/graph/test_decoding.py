"""Raw facts: every bound holds, every refusal names its field, and whatever comes in, nothing but a fact or a refusal comes out."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.contents import CONTENTS, ApplicationMade, Fact, TieObserved, TransferMade
from graph.decoding import (
    CONTENT_FIELDS,
    TIE_ENDS,
    check_source,
    decode_application,
    decode_fact,
    decode_merchant_reference,
    decode_reference,
)
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import MAXIMUM_AMOUNT, MONEY_TIES, EntityKind, EntityName, Institution, TieKind

BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
NOW = 1_795_000_000_000
MONEY = {"amount": 500, "currency": "CNY"}
PLACE = {"address": "杭州市 西湖区 1号", "country": "CN", "latitude": 30.25, "longitude": 120.125}
ID = "mer_" + "a" * 24

SAID: dict[str, dict[str, Any]] = {
    "merchantDescribed": {"key": "M-7", "name": "小张面馆", "categoryCode": "5812", "country": "CN", "openedOn": "2020-02-29"},
    "personDescribed": {"key": "P-1", "name": "Zhang San", "bornOn": "1990-03-07", "country": "CN"},
    "accountDescribed": {"key": "A-1", "kind": "WALLET", "bank": "b", "product": "p", "openedAt": NOW - 5},
    "deviceDescribed": {"key": "D-1", "kind": "QR_STAND", "model": "m"},
    "loanDescribed": {"key": "L-1", "amountLent": MONEY, "balance": MONEY, "annualRate": 0.0725},
    "tieObserved": {"from": {"person": "P-1"}, "kind": "OWNS", "to": {"merchant": "M-7"}, "share": 0.5},
    "tieEnded": {"from": {"merchant": "M-7"}, "kind": "LOCATED_AT", "to": {"place": PLACE}, "reason": "moved"},
    "transferMade": {"key": "t-1", "from": {"key": "A-1"}, "to": {"key": "A-2"}, "amount": MONEY, "kind": "REFUND"},
    "transferReversed": {"key": "t-1", "reason": "twice"},
    "applicationMade": {
        "key": "L-1",
        "merchant": {"key": "M-7"},
        "applicant": {"key": "P-1"},
        "amount": MONEY,
        "termDays": 90,
        "payOutAccount": {"key": "A-1"},
        "device": "D-1",
        "ipAddress": "203.0.113.7",
        "phone": "+86 138 0013 8000",
        "email": "z@Example.com",
        "place": PLACE,
    },
    "loanPaidOut": {"key": "o-1", "loan": {"key": "L-1"}, "account": {"key": "A-1"}, "amount": MONEY},
    "loanRepaid": {"key": "r-1", "loan": {"key": "L-1"}, "account": {"key": "A-1"}, "amount": MONEY},
    "outcomeKnown": {"loan": {"key": "L-1"}, "outcome": "DEFAULTED", "loss": MONEY},
    "standingKnown": {"entity": {"phone": "+8613800138000"}, "standing": "SUSPECTED", "reason": "list"},
    "blockChanged": {
        "entity": {"document": {"kind": "PASSPORT", "country": "CN", "number": "e 12-34"}},
        "blocked": True,
        "reason": "police",
    },
    "factWithdrawn": {"factId": "f-0", "reason": "mistake"},
}


def raw(content: str, /, **changes: object) -> dict[str, Any]:
    """A valid raw fact with some fields of its content changed; None takes one away."""
    said = {**copy.deepcopy(SAID[content]), **changes}
    return {"id": "f-1", "occurredAt": NOW - 10, "content": {content: {name: value for name, value in said.items() if value is not None}}}


def decode(given: object) -> Fact:
    return decode_fact(given, BANK, NOW)  # type: ignore[arg-type]


def refusals(given: object) -> dict[str, str]:
    """Messages by path below the content; path from the fact where there is none."""
    with pytest.raises(InvalidInput) as error:
        decode(given)
    return {".".join(problem.path[2:] or problem.path): problem.message for problem in error.value.problems}


@pytest.mark.parametrize("name", SAID)
def test_each_content_is_read_whole(name: str):
    fact = decode(raw(name))
    assert type(fact.content).__name__ == name[0].upper() + name[1:]
    assert (fact.source_id, fact.occurred_at, fact.recorded_at) == ("f-1", NOW - 10, None)


def test_every_kind_of_fact_is_read():
    assert {type(decode(raw(name)).content) for name in SAID} == set(CONTENTS.values())
    assert set(SAID) == set(CONTENT_FIELDS)
    assert {name: set(said) for name, said in SAID.items()} == {name: set(allowed) for name, allowed in CONTENT_FIELDS.items()}


NEEDED = [
    (name, field)
    for name, fields in {
        "merchantDescribed": ["key"],
        "personDescribed": ["key"],
        "accountDescribed": ["key"],
        "deviceDescribed": ["key"],
        "loanDescribed": ["key"],
        "tieObserved": ["from", "kind", "to"],
        "tieEnded": ["from", "kind", "to", "reason"],
        "transferMade": ["key", "from", "to", "amount"],
        "transferReversed": ["key", "reason"],
        "applicationMade": ["key", "merchant", "amount", "termDays"],
        "loanPaidOut": ["key", "loan", "account", "amount"],
        "loanRepaid": ["key", "loan", "account", "amount"],
        "outcomeKnown": ["loan", "outcome"],
        "standingKnown": ["entity", "standing", "reason"],
        "blockChanged": ["entity", "blocked", "reason"],
        "factWithdrawn": ["factId", "reason"],
    }.items()
    for field in fields
]


@pytest.mark.parametrize(("name", "field"), NEEDED)
def test_a_field_that_must_be_there_is_asked_for_by_name(name: str, field: str):
    found = refusals(raw(name, **{field: None}))
    assert list(found) == [field] and "is missing" in found[field]


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, said in SAID.items() for field in said if (name, field) not in NEEDED])
def test_a_field_that_may_be_left_out_is(name: str, field: str):
    decode(raw(name, **{field: None}))


def test_values_are_normalised():
    application = decode(raw("applicationMade")).content
    assert isinstance(application, ApplicationMade)
    assert application.phone == EntityName(EntityKind.PHONE, "+8613800138000")
    assert application.email == EntityName(EntityKind.EMAIL, "z@example.com")
    assert application.place is not None and application.place.place.key == "CN:杭州市西湖区1号"
    assert application.place.address == "杭州市 西湖区 1号", "as reported"
    block = decode(raw("blockChanged")).content
    assert block.entity == EntityName(EntityKind.DOCUMENT, "PASSPORT:CN:E1234")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["tieEnded", "applicationMade"])
def test_places_that_a_fact_names_are_noted(name: str):
    (place,) = decode(raw(name)).places
    assert (place.country, place.latitude, place.longitude) == ("CN", 30.25, 120.125)


def test_a_transfer_is_a_payment_unless_it_says_otherwise():
    content = decode(raw("transferMade", kind=None)).content
    assert isinstance(content, TransferMade) and content.transfer_kind == "PAYMENT"


NAMES: dict[EntityKind, dict[str, Any]] = {
    EntityKind.MERCHANT: {"merchant": "x"},
    EntityKind.PERSON: {"person": "x"},
    EntityKind.ACCOUNT: {"account": "x"},
    EntityKind.LOAN: {"loan": "x"},
    EntityKind.DEVICE: {"device": "x"},
    EntityKind.PHONE: {"phone": "+8613800138000"},
    EntityKind.EMAIL: {"email": "a@b.cn"},
    EntityKind.IP_ADDRESS: {"ipAddress": "1.2.3.4"},
    EntityKind.PLACE: {"place": {"address": "x", "country": "CN"}},
    EntityKind.DOCUMENT: {"document": {"kind": "PASSPORT", "country": "CN", "number": "x"}},
    EntityKind.FACE: {"id": "fce_" + "a" * 24},
}


@pytest.mark.parametrize("kind", TieKind)
def test_a_tie_joins_the_kinds_that_the_schema_says_in_its_direction(kind: TieKind):
    starts, ends = TIE_ENDS[kind]
    made = kind in MONEY_TIES or kind is TieKind.SHOWS_FACE
    for from_, to in product(EntityKind, EntityKind):
        target = {"merchant": "y"} if to is EntityKind.MERCHANT else {"person": "y"} if to is EntityKind.PERSON else NAMES[to]
        given = raw("tieObserved", share=None, kind=kind.value, **{"from": NAMES[from_], "to": target})
        if from_ in starts and to in ends and not made:
            content = decode(given).content
            assert isinstance(content, TieObserved) and (content.from_.kind, content.tie_kind, content.to.kind) == (from_, kind, to)
        else:
            assert refusals(given)


@pytest.mark.parametrize("kind", [*MONEY_TIES, TieKind.SHOWS_FACE])
def test_ties_that_follow_from_elsewhere_are_refused_by_name(kind: TieKind):
    found = refusals(raw("tieObserved", share=None, kind=kind.value))
    assert kind.value in found["kind"]


def test_a_wrong_end_says_which_kinds_it_may_be_of():
    found = refusals(raw("tieObserved", share=None, **{"from": {"merchant": "M-7"}, "to": {"person": "P-1"}}))
    assert "OWNS goes from person" in found["from"] and "OWNS goes to merchant" in found["to"]


@pytest.mark.parametrize("kind", ["HOLDS", "GUARANTEES"])
def test_a_share_is_said_of_ownership_and_investment_alone(kind: str):
    to = {"account": "A-1"} if kind == "HOLDS" else {"merchant": "M-8"}
    assert list(refusals(raw("tieObserved", kind=kind, to=to))) == ["share"]


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan"), float("inf"), True, "0.5", 10**400])
def test_a_share_is_a_number_from_0_to_1(share: object):
    assert "from 0 to 1" in refusals(raw("tieObserved", share=share))["share"]


def test_nobody_guarantees_for_himself():
    given = raw("tieObserved", share=None, kind="GUARANTEES", **{"from": {"merchant": "M-7"}})
    assert list(refusals(given)) == ["to"]


def test_own_shares_and_transfers_to_oneself_are_in_real_books():
    decode(raw("tieObserved", kind="INVESTS_IN", **{"from": {"merchant": "M-7"}}))
    decode(raw("transferMade", to={"key": "A-1"}))


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
    decode(raw("merchantDescribed", categoryCode=code))


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
    decode(raw("merchantDescribed", openedOn="2027-01-01"))


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


def test_all_that_is_wrong_is_said_at_once_up_to_twenty():
    many = {f"x{number}": 1 for number in range(30)}
    with pytest.raises(InvalidInput) as error:
        decode(raw("transferMade", **many))
    assert len(error.value.problems) == 20
    found = refusals(raw("transferMade", key="", amount={"amount": -1, "currency": "USD"}, to={}, kind="X"))
    assert set(found) == {"key", "amount.amount", "amount.currency", "to", "kind"}


def test_an_application_has_an_id_of_its_content_and_moment():
    def made(at: int = NOW, **changes: object) -> Fact:
        application = {**SAID["applicationMade"], **changes}
        return decode_application(application, at, BANK, NOW, lambda said: hashlib.sha256(said).digest()[:16])

    fact = made()
    assert fact.source_id.startswith("application:L-1:") and fact.source_id == made().source_id
    assert fact.source_id == made(phone="+8613800138000").source_id, "the same phone written otherwise"
    others = [
        made(NOW - 1),
        made(termDays=91),
        made(phone=None),
        made(place=None),
        made(merchant={"id": ID}),
        made(merchant={"key": "M-8"}),
    ]
    assert len({fact.source_id, *(each.source_id for each in others)}) == 7
    assert fact.content == decode(raw("applicationMade")).content


def test_an_applications_problems_are_below_its_path():
    with pytest.raises(InvalidInput) as error:
        decode_application({"key": "L"}, NOW + 10**7, BANK, NOW, bytes, ("input", "application"))
    paths = [problem.path for problem in error.value.problems]
    assert ("input", "appliedAt") in paths and ("input", "application", "merchant") in paths


@pytest.mark.parametrize("source", ["core-banking", "partner:rural-bank", "a", "x" * 64, "principal:pri_1"])
def test_a_source_is_named_by_its_letters(source: str):
    assert check_source(source) == source


@pytest.mark.parametrize("source", ["", "x" * 65, "Core", "a b", "a\n", "ä", None, 7])
def test_what_has_other_letters_is_no_source(source: object):
    with pytest.raises(InvalidInput, match="1 to 64"):
        check_source(source)


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["M-7", "OWNS", "CN", "CNY", ID]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10) | st.sampled_from(["id", "key", "amount"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def only_a_fact_or_a_refusal(given: object) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        assert isinstance(decode(given), Fact)
    except InvalidInput as error:
        problems = error.problems
    assert len(problems) <= 20
    for problem in problems:
        assert problem.message.encode() and "".join(problem.path).encode() is not None


@given(json_like)
def test_anything_is_a_fact_or_a_refusal(given: object):
    only_a_fact_or_a_refusal(given)


@given(st.sampled_from(sorted(SAID)), st.data())
def test_a_fact_with_anything_in_it_is_a_fact_or_a_refusal(name: str, data: st.DataObject):
    given = raw(name)
    spots = list(_spots(given))
    for change in data.draw(st.lists(st.sampled_from(spots), min_size=1, max_size=3)):
        change(data.draw(json_like))
    only_a_fact_or_a_refusal(given)


def _spots(value: Any) -> Any:
    """Setters of every field at any depth, and of a new one."""
    if isinstance(value, dict):
        yield _setter(value, "new")
        for key, inner in list(value.items()):
            yield _setter(value, key)
            yield from _spots(inner)


def _setter(target: dict[str, Any], key: str) -> Callable[[object], None]:
    return lambda replacement: target.__setitem__(key, replacement)
