"""How alike two names are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.lists.screening import THRESHOLD
from identity.names.comparing import likeness, sound
from identity.names.forms import LONGEST_NAME, Name, NameKind

PERSON, FIRM = NameKind.PERSON, NameKind.FIRM


def score(one: str, other: str, kind: NameKind = PERSON) -> float:
    return likeness(Name.of(one, kind), Name.of(other, kind)).score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amina Yusuf Okafor", "OKAFOR, Amina Yusuf"),
        ("Amina Okafor", "Amina Yusuf Okafor"),
        ("Dr. Amina Okafor", "Amina Okafor"),
        ("A. Y. Okafor", "Amina Yusuf Okafor"),
        ("Muhammad Hussein", "Mohamed Husayn"),
        ("AminaOkafor", "Amina Okafor"),
        ("Aminao Kafor", "Amina Okafor"),
        ("Amína Ökafor", "Amina Okafor"),
        ("Am1na 0kafor", "Amina Okafor"),
        ("Amina Okafor LLC", "Amina Okafor"),
        ("Дмитрий Соколов", "Dmitriy Sokolov"),
        ("王小明", "WANG Xiaoming"),
        ("Hu Hanna", "胡涵娜"),
        ("Hu Han Na", "胡涵娜"),
        ("利 许", "许利"),
        ("小明 文 王", "王小明文"),
        ("欧阳 伟", "歐陽偉"),
        ("Ceng Ya Hui", "曾雅慧"),
    ],
)
def test_one_person_in_two_spellings_is_alike(one, other):
    assert score(one, other) >= THRESHOLD


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amina Yusuf Okafor", "Amina Ibrahim Okafor"),
        ("Amina Okafor", "Ngozi Okafor"),
        ("Ivan Petrovich Sokolov", "Ivan Sergeevich Sokolov"),
        ("王小明", "王大明"),
        ("王小明", "李小明"),
        ("张伟", "章伟"),
        ("", "Amina"),
        ("...", "Amina"),
    ],
)
def test_two_people_are_not(one, other):
    assert score(one, other) < THRESHOLD


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lagos Fabrics Ltd", "Lagos Fabrics Limited"),
        ("OOO Lagos Fabrics", "Lagos Fabrics LLC"),
        ("L.F.K. Company", "LFK Co."),
        ("北京小米科技有限责任公司", "北京小米科技股份有限公司"),
        ("Smith & Sons", "Smith and Sons"),
    ],
)
def test_legal_forms_make_no_other_firm(one, other):
    assert score(one, other, FIRM) >= THRESHOLD


@pytest.mark.parametrize(
    ("one", "other"), [("Lagos Gas Company", "Lagos Oil Company"), ("Brigade 44", "Brigade 45"), ("Lagos Ltd", "Accra Ltd")]
)
def test_other_words_and_numbers_do(one, other):
    assert score(one, other, FIRM) < THRESHOLD


def test_rare_words_count_more_than_common_ones():
    common = {"mohammad": 0.5}
    one, other = Name.of("Mohammad Okafor", PERSON), Name.of("Mohammad Bello", PERSON)
    assert likeness(one, other, lambda word: common.get(word, 1.0)).score < likeness(one, other).score


def test_why_names_no_part_of_a_name():
    why = likeness(Name.of("Amina Yusuf Okafor", PERSON), Name.of("Amina Bello Okafor", PERSON)).why
    assert why == "2 words agree, 1 differs"


def test_spellings_of_one_sound_are_one():
    assert len({sound(word) for word in ("muhammad", "mohamed", "mohammed", "mohamad")}) == 1
    assert sound("nuristani") == sound("nooristani")


def test_a_name_is_cut_at_its_bound():
    assert Name.of("a" * 10_000, PERSON).text == "a" * LONGEST_NAME


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(NameKind))
def test_any_two_texts_have_a_likeness_from_none_to_all_and_in_both_directions(one, other, kind):
    there, back = score(one, other, kind), score(other, one, kind)
    assert 0 <= there <= 1 + 1e-9
    assert abs(there - back) < 0.25


@given(st.lists(st.text("abcdefghijklmnop", min_size=2, max_size=9), min_size=1, max_size=5), st.randoms())
def test_order_is_nothing(words, random):
    other = list(words)
    random.shuffle(other)
    assert score(" ".join(words), " ".join(other)) > 0.97
