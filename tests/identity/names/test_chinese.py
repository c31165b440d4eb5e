"""Chinese characters in names."""

from __future__ import annotations

import pytest

from identity.names.chinese import MOST_READINGS, firm_form, person_forms, simplified


@pytest.mark.parametrize(
    ("text", "simple"), [("張三豐", "张三丰"), ("劉備", "刘备"), ("陳靜", "陈静"), ("龍峯", "龙峰"), ("Ann 王", "王"), ("Ann", "")]
)
def test_traditional_characters_become_simplified_and_others_are_left_out(text, simple):
    assert simplified(text) == simple


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("单田芳", ("shan", "tianfang")),
        ("曾国藩", ("zeng", "guofan")),
        ("仇英", ("qiu", "ying")),
        ("解晓东", ("xie", "xiaodong")),
        ("查良镛", ("zha", "liangyong")),
        ("区海伦", ("ou", "hailun")),
        ("朴树", ("piao", "shu")),
        ("万俟卨", ("moqi", "xie")),
        ("尉迟恭", ("yuchi", "gong")),
        ("单于伟", ("chanyu", "wei")),
        ("欧阳修", ("ouyang", "xiu")),
        ("吕布", ("lv", "bu")),
        ("吕布", ("lyu", "bu")),
    ],
)
def test_surnames_are_read_as_surnames(name, form):
    assert form in person_forms(name)


def test_readings_are_bounded():
    assert len(person_forms("单行重乐")) <= MOST_READINGS


def test_a_firms_words_are_english_and_its_own_name_pinyin():
    assert firm_form("华为技术") == ("huawei", "technology")
    assert firm_form("北京小米科技") == ("beijingxiaomi", "technology")
