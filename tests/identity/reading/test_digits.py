"""Numbers with check digits: what a reader confuses is put right when one number alone passes, and is left alone otherwise."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from identity.reading.digits import ALIKE, CREDIT_ALPHABET, credit_code, credit_valid, resident_birth, resident_number, resident_valid


def with_check(first: str) -> str:
    return first + "10X98765432"[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first)) % 11]


def with_credit_check(first: str) -> str:
    total = sum(CREDIT_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first))
    return first + CREDIT_ALPHABET[(31 - total % 31) % 31]


births = st.dates(date(1930, 1, 1), date(2010, 12, 31))
residents = st.builds(
    lambda region, born, order: with_check(f"{region}{born:%Y%m%d}{order:03}"), st.integers(110000, 659999), births, st.integers(0, 999)
)
credit_codes = st.builds(
    lambda kind, region, rest: with_credit_check(kind + str(region) + rest),
    st.sampled_from(["91", "92", "93", "11"]), st.integers(110000, 659999), st.text(CREDIT_ALPHABET, min_size=9, max_size=9),
).filter(lambda code: sum(character.isdigit() for character in code) >= 8)  # fmt: skip


def test_published_numbers_pass_and_their_neighbours_fail() -> None:
    assert resident_valid("11010519491231002X")
    assert not resident_valid("110105194912310021")
    assert not resident_valid("11010519491331002X")
    assert credit_valid("91350100M000100Y43")
    assert not credit_valid("91350100M000100Y44")


@given(residents, st.sampled_from(["", " ", "公民身份号码"]))
def test_a_number_read_right_is_given_as_it_is(number: str, before: str) -> None:
    assert resident_number(before.replace("公民身份号码", "") + number) == (number, False)
    assert resident_birth(number) == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


@given(residents, st.integers(0, 16))
def test_letters_between_digits_are_read_as_the_digits_they_look_like(number: str, place: int) -> None:
    looks = {"0": "O", "1": "l", "2": "Z", "5": "S", "8": "B"}
    spoilt = number[:place] + looks.get(number[place], number[place]) + number[place + 1 :]
    assert resident_number(spoilt) == (number, False)


@given(residents, st.integers(6, 13), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_the_birth_is_mended_when_the_card_prints_the_day(number: str, place: int, wrong: str) -> None:
    born = resident_birth(number)
    spoilt = number[:place] + wrong + number[place + 1 :]
    read = resident_number(spoilt, born)
    assert read is not None
    alike = any((group[0] == wrong and number[place] in group) or (group[0] == number[place] and wrong in group) for group in ALIKE)
    if alike and wrong != number[place]:
        # The day as printed leaves one digit to mend, or the reader's text stands.
        assert read == (number, True) or not resident_valid(read[0]) or read[0] != number
    if wrong == number[place]:
        assert read == (number, False)


@given(residents, st.integers(0, 16), st.sampled_from("0123456789"))
def test_a_mended_number_always_passes_and_is_said_to_be_mended(number: str, place: int, wrong: str) -> None:
    read = resident_number(number[:place] + wrong + number[place + 1 :])
    assert read is not None
    text, mended = read
    assert resident_valid(text) or not mended


@given(credit_codes, st.integers(0, 17))
def test_the_letters_that_a_credit_code_never_has_are_the_digits_they_look_like(code: str, place: int) -> None:
    assert credit_code(f"统一社会信用代码 {code}".split()[1]) == (code, False)
    looks = {"0": "O", "1": "I", "2": "Z", "5": "S"}
    spoilt = code[:place] + looks.get(code[place], code[place]) + code[place + 1 :]
    assert credit_code(spoilt) == (code, False)


def test_what_holds_no_number_has_none() -> None:
    for text in ("", "1234", "公民身份号码", "许可项目：餐饮服务", "A" * 18):
        assert resident_number(text) is None
        assert credit_code(text) is None
