"""Policies as data: chosen by subject and amount, and refused by name when they are wrong."""

from __future__ import annotations

import pytest

from identity.policy import SHIPPED, WrongPolicy, policy_for, policy_named, read_policies

TEXT = SHIPPED.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("subject", "amount", "name"),
    [
        ("PERSON", None, "person"),
        ("PERSON", 19_999_999, "person"),
        ("PERSON", 20_000_000, "person with a large loan"),
        ("MERCHANT", 0, "merchant"),
        ("MERCHANT", 10**15, "merchant with a large loan"),
    ],
)
def test_the_policy_with_the_greatest_amount_that_is_reached_is_taken(subject: str, amount: int | None, name: str) -> None:
    assert policy_for(subject, amount).name == name


def test_a_verification_goes_on_under_its_own_policy() -> None:
    assert policy_named("person", 1) is policy_for("PERSON", None)
    assert policy_named("person", 99).name == "person", "the newest of its name where that version is gone"
    with pytest.raises(WrongPolicy, match="'gone'"):
        policy_named("gone", 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[IDENTITY_NUMBER, DOCUMENT_FIELDS, FACE_ON", "[SHOE_SIZE, DOCUMENT_FIELDS, FACE_ON", "SHOE_SIZE"),
        ("  from_amount: 0\n", "  from_amount: 5\n", "from_amount: 0"),
        ("from_amount: 20000000", "from_amount: 0", "begin at one amount"),
        ("  days_valid: 730\n", "", "days_valid"),
        ("[CONSENT, DECLARATION", "[A_SHOE, DECLARATION", "A_SHOE"),
        ("- name: person\n", "- name: [\n", "no YAML"),
    ],
)
def test_a_wrong_policy_is_refused_by_what_is_wrong_with_it(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(WrongPolicy, match=said):
        read_policies(TEXT.replace(old, new))
    with pytest.raises(WrongPolicy, match="at least one"):
        read_policies("")
