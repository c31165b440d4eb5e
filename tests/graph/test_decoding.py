"""Raw facts: each kind is read whole, and whatever comes in, nothing but a fact or a refusal comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.contents import CONTENTS, ApplicationMade, Fact, TieObserved, TransferMade
from graph.decoding import CONTENT_FIELDS, TIE_ENDS, check_source, decode_application
from graph.errors import InvalidInput, Problem
from graph.model import MONEY_TIES, EntityKind, EntityName, TieKind
from tests.graph.raw_facts import BANK, ID, NOW, SAID, decode, raw, refusals


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
    assert decode(raw(name, **{field: None})).source_id == "f-1"


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
    for fact in (
        decode(raw("tieObserved", kind="INVESTS_IN", **{"from": {"merchant": "M-7"}})),
        decode(raw("transferMade", to={"key": "A-1"})),
    ):
        assert isinstance(fact.content, (TieObserved, TransferMade)) and fact.content.from_ == fact.content.to


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


def outcome(given: object) -> Fact | tuple[Problem, ...]:
    """A fact, or the problems; anything else that is raised fails the test."""
    try:
        return decode(given)
    except InvalidInput as error:
        return error.problems


def sound(found: Fact | tuple[Problem, ...]) -> bool:
    """Whether it is a fact, or 1 to 20 problems that can be said."""
    if isinstance(found, Fact):
        return True
    return 1 <= len(found) <= 20 and all(
        problem.message.encode() and isinstance("".join(problem.path).encode(), bytes) for problem in found
    )


@given(json_like)
def test_anything_is_a_fact_or_a_refusal(given: object):
    assert sound(outcome(given))


@given(st.sampled_from(sorted(SAID)), st.data())
def test_a_fact_with_anything_in_it_is_a_fact_or_a_refusal(name: str, data: st.DataObject):
    given = raw(name)
    spots = list(_spots(given))
    for change in data.draw(st.lists(st.sampled_from(spots), min_size=1, max_size=3)):
        change(data.draw(json_like))
    assert sound(outcome(given))


def _spots(value: Any) -> Any:
    """Setters of every field at any depth, and of a new one."""
    if isinstance(value, dict):
        yield _setter(value, "new")
        for key, inner in list(value.items()):
            yield _setter(value, key)
            yield from _spots(inner)


def _setter(target: dict[str, Any], key: str) -> Callable[[object], None]:
    return lambda replacement: target.__setitem__(key, replacement)
