"""China's numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from identity.countries import read_number
from identity.countries.cn import _organisation_check
from identity.countries.kinds import Sex, mod_11_2

TODAY = date(2026, 11, 24)


def resident(region: str, born: str, sequence: str = "002") -> str:
    body = region + born + sequence
    return body + mod_11_2(body)


def read(text: str, document: str | None = "IDENTITY_CARD"):
    found = read_number(text, "CN", document, TODAY)
    assert found is not None
    return found


def test_the_example_of_the_standard_says_birthday_sex_and_region():
    found = read("11010519491231002X")
    assert (found.valid, found.kind.code) == (True, "CN_RESIDENT_ID")
    assert (found.meaning.born_on, found.meaning.sex) == (date(1949, 12, 31), Sex.FEMALE)
    assert found.meaning.region == "北京市 朝阳区"
    assert "11010519491231" not in found.sentence


def test_small_letters_spaces_and_full_width_digits_are_read():
    assert read("110105 19491231 002x").valid
    assert read("１１０１０５１９４９１２３１００２Ｘ").valid


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (resident("110105", "19490230"), "no calendar"),
        (resident("110105", "20261125"), "still to come"),
        (resident("110105", "18901231"), "more than 130 years"),
        (resident("190105", "19491231"), "no province 19"),
        (resident("119905", "19491231"), "prefecture"),
        (resident("110103", "20150101"), "was no more in 2010"),
        ("110105194912310021", "check character"),
        ("11010519491231O02X", "character 15"),
        ("1101051949123100", "18 or 15 characters"),
        ("", "is missing"),
        ("9" * 300, "at most 64"),
    ],
)
def test_what_cannot_be_says_which_character_and_what_to_do(number, what):
    found = read(number)
    assert not found.valid
    assert what in found.sentence and ":" in found.sentence and found.sentence.endswith(".")


def test_somebody_born_before_the_county_was_founded_is_not_refused_as_the_library_does():
    number = resident("110119", "19500101")
    assert not ric.is_valid(number)
    assert read(number).valid and read(number).meaning.doubt is None


def test_a_county_that_the_list_lacks_is_a_doubt_and_no_flaw():
    found = read(resident("320594", "19900101"))
    assert found.valid and found.meaning.doubt is not None


def test_fifteen_digits_are_of_the_last_century_and_of_expired_cards():
    found = read("110105491231002")
    assert found.valid and found.meaning.born_on == date(1949, 12, 31)
    assert "2013" in found.sentence
    assert read("110105961231996").meaning.born_on == date(1896, 12, 31)
    assert not read("110105490231002").valid


@pytest.mark.parametrize(("province", "where"), [("81", "Hong Kong"), ("82", "Macau"), ("83", "Taiwan")])
def test_residence_permits_of_hong_kong_macau_and_taiwan_hold(province, where):
    found = read(resident(f"{province}0000", "19940823"), "RESIDENCE_PERMIT")
    assert (found.valid, found.kind.code, found.meaning.region) == (True, "CN_RESIDENCE_PERMIT", where)
    assert found.meaning.born_on == date(1994, 8, 23)
    assert not read(resident(f"{province}0100", "19940823"), "RESIDENCE_PERMIT").valid
    assert not ric.is_valid(resident(f"{province}0000", "19940823")) or province == "81"


def test_foreigners_permanent_cards_old_and_new():
    new, old = read("911124198108030024", "RESIDENCE_PERMIT"), read("KAZ110090123105", "RESIDENCE_PERMIT")
    assert (new.valid, new.meaning.born_on, new.meaning.sex) == (True, date(1981, 8, 3), Sex.FEMALE)
    assert (old.valid, old.meaning.born_on) == (True, date(1990, 12, 31))
    assert "KAZ" in str(old.meaning.region) and "124" in str(new.meaning.region)
    for wrong in ("911124198108030023", "991124198108030024", "KAZ110090123106", "KAZ990090123105", "KAZ110090133105"):
        assert not read(wrong, "RESIDENCE_PERMIT").valid


@pytest.mark.parametrize("number", ["H12345678", "M12345678", "H1234567801", "12345678", "1234567890", "1234567890B"])
def test_travel_permits_have_the_forms_of_their_years(number):
    assert read(number, "RESIDENCE_PERMIT").valid


@pytest.mark.parametrize("number", ["X12345678", "H1234567", "H123456789", "1234567", "123456789"])
def test_other_forms_are_no_travel_permits(number):
    assert not read(number, "RESIDENCE_PERMIT").valid


def test_credit_codes_hold_both_check_digits_or_are_looked_up():
    found = read("91110000600037341L", "BUSINESS_LICENCE")
    assert found.valid and found.meaning.doubt is None and found.meaning.region == "北京市"
    assert _organisation_check("60003734") == "1"
    for wrong in ("91110000600037341M", "9111000060003734IL", "91990000600037341L", "9111000060003734"):
        assert not read(wrong, "BUSINESS_LICENCE").valid


def test_the_old_registration_number_holds_its_check_and_asks_for_the_new_one():
    assert "18 characters" in read("110108000000016", "BUSINESS_LICENCE").sentence
    assert not read("110108000000017", "BUSINESS_LICENCE").valid


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.integers(0, 16))
def test_any_one_wrong_digit_is_seen(born, sequence, place):
    number = resident("110105", born.strftime("%Y%m%d"), f"{sequence:03}")
    assert read(number).valid
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert not read(wrong).valid


@given(st.text(max_size=80))
def test_any_text_is_answered(text):
    found = read_number(text, "CN", None, TODAY)
    assert found is not None and found.sentence
