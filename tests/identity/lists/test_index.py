"""Names near a name on a list."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.lists.entries import Entry
from identity.lists.index import ListIndex, Query
from identity.lists.screening import THRESHOLD
from identity.names.forms import NameKind

PERSON, FIRM = NameKind.PERSON, NameKind.FIRM
LIST = ListIndex(
    [
        Entry("putin", PERSON, "Vladimir Vladimirovich PUTIN", ("Владимир Путин",), born=("1952-10-07",), countries=("RU",)),
        Entry("zhang", PERSON, "張三豐", (), born=("1960",), countries=("CN",)),
        Entry("shan", PERSON, "单田芳"),
        Entry("li", PERSON, "Li Xiaolong"),
        Entry("salman", PERSON, "Muhammad bin Salman AL-RAWI"),
        Entry("huawei", FIRM, "华为技术有限公司", ("Huawei Technologies Co., Ltd.",)),
        Entry("gazprom", FIRM, "OAO Gazprom"),
        *(
            Entry(f"other-{number}", PERSON, f"{first} {last}")
            for number, (first, last) in enumerate((("Anna", "Smith"), ("John", "Miller"), ("Wei", "Chen")))
        ),
    ]
)


def keys(name: str, kind: NameKind | None = None, least: float = THRESHOLD, **of) -> list[str]:
    return [hit.entry.key for hit in LIST.search(Query(name, kind, **of), least)]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Vladimir Putin", "putin"),
        ("PUTIN, Vladimir", "putin"),
        ("Путин Владимир", "putin"),
        ("Vladmir Putin", "putin"),
        ("VladimirPutin", "putin"),
        ("张三丰", "zhang"),
        ("三丰 张", "zhang"),
        ("Zhang Sanfeng", "zhang"),
        ("Sanfeng ZHANG", "zhang"),
        ("ZHANG San-feng", "zhang"),
        ("Shan Tianfang", "shan"),
        ("李小龙", "li"),
        ("李小龍", "li"),
        ("Mohammed bin Salman al Rawi", "salman"),
        ("華為技術有限公司", "huawei"),
        ("华为技术有限责任公司", "huawei"),
        ("Huawei Technologies", "huawei"),
        ("Gazprom JSC", "gazprom"),
        ("Open Joint Stock Company Gasprom", "gazprom"),
    ],
)
def test_an_entry_is_found_across_scripts_orders_forms_and_slips(name, key):
    assert keys(name)[:1] == [key]


@pytest.mark.parametrize("name", ["Vladimir Sokolov", "张三", "李大龙", "Chan Tai Man", "Boris Putin", "Huawei Bakery", "", "!!!", "  "])
def test_other_names_are_not(name):
    assert keys(name) == []


def test_the_kind_chooses_persons_or_firms():
    assert keys("Gazprom", PERSON) == []
    assert keys("Gazprom", FIRM) == ["gazprom"]


def test_birth_date_and_country_adjust_the_score_and_are_said():
    plain = LIST.search(Query("Vladmir Putin"), 0.5)[0]
    same = LIST.search(Query("Vladmir Putin", born_on=date(1952, 10, 7), country="ru"), 0.5)[0]
    other = LIST.search(Query("Vladmir Putin", born_on=date(1990, 1, 1), country="FR"), 0.5)[0]
    assert other.score < plain.score < same.score <= 1
    younger = LIST.search(Query("Vladmir Putin", born_on=date(1990, 1, 1)), 0.5)[0]
    foreign = LIST.search(Query("Vladmir Putin", country="FR"), 0.5)[0]
    assert other.score < younger.score < foreign.score < plain.score
    assert "date of birth fits" in same.sentence and "date of birth is another" in other.sentence and "country is another" in other.sentence
    assert "Putin" not in plain.sentence


def test_matches_come_best_first_and_are_bounded():
    many = ListIndex(Entry(f"{number:03}", PERSON, "Ivan Petrov") for number in range(200))
    found = many.search(Query("Ivan Petrov"), 0.5, most=7)
    assert len(found) == 7 and found == sorted(found, key=lambda hit: -hit.score)


def test_a_rare_name_is_found_among_many_that_share_its_pieces():
    crowd = ListIndex(
        [*(Entry(f"{number}", PERSON, f"Mohammad Ahmadi {number % 50}") for number in range(3_000)), Entry("x", PERSON, "Mohammad Qxwz")]
    )
    assert [hit.entry.key for hit in crowd.search(Query("Muhammad Qxwz"), THRESHOLD)] == ["x"]


@given(st.text(max_size=40) | st.text("张三丰李 abcдж한글ا", max_size=20))
def test_any_name_is_searched_and_finds_itself(name):
    assert LIST.search(Query(name), 0.0, 3) is not None
    own = ListIndex([Entry("own", PERSON, name), Entry("other", PERSON, "Vladimir Putin")])
    if any(own.search(Query(name, PERSON), 0.99)):
        assert own.search(Query(name, PERSON), 0.99)[0].score >= 0.99
