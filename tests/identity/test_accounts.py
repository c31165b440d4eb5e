"""Numbers of accounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.accounts import read_account
from identity.countries.kinds import luhn


@pytest.mark.parametrize(
    ("number", "form", "issuer"),
    [
        ("6222 0212 3456 7890 128", "CARD", "UnionPay"),
        ("4111111111111111", "CARD", "Visa"),
        ("5555555555554444", "CARD", "Mastercard"),
        ("378282246310005", "CARD", "American Express"),
        ("3530111333300000", "CARD", "JCB"),
        ("GB82 WEST 1234 5698 7654 32", "IBAN", "GB"),
        ("DE89370400440532013000", "IBAN", "DE"),
    ],
)
def test_cards_and_ibans_hold_their_checks(number, form, issuer):
    found = read_account(number)
    assert (found.form, found.valid, found.issuer) == (form, True, issuer)


@pytest.mark.parametrize("number", ["4111111111111112", "GB82WEST12345698765431", "GB82WEST123456987654", "XX82WEST12345698765432", ""])
def test_what_does_not_hold_is_refused_with_what_to_do(number):
    found = read_account(number)
    assert found.valid is False and ":" in found.sentence


def test_a_number_of_no_public_form_is_neither_right_nor_wrong():
    assert read_account("621700123").valid is None
    assert read_account("402000123456").valid is None


def test_a_card_of_the_wrong_length_names_the_right_ones():
    assert luhn("3782822463105") and "15 digits" in read_account("3782822463105").sentence


@given(st.text(max_size=90))
def test_any_text_is_answered(text):
    assert read_account(text).sentence.endswith(".")


@given(st.integers(0, 15), st.integers(1, 9))
def test_any_one_wrong_digit_of_a_card_is_seen(place, more):
    number = "6222021234567890128"
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert luhn(number) and not luhn(wrong)
