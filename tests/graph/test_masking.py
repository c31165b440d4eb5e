"""Masked labels: short, total, and never the whole of a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.masking import label, name_label
from graph.model import KEYED_KINDS, EntityKind


@pytest.mark.parametrize(
    ("kind", "key", "shown"),
    [
        (EntityKind.PHONE, "+8613800138000", "138****8000"),
        (EntityKind.PHONE, "+442079460958", "+44****0958"),
        (EntityKind.PHONE, "+2904567", "+29****67"),
        (EntityKind.ACCOUNT, "6222021234561234", "****1234"),
        (EntityKind.ACCOUNT, "A-12", "****2"),
        (EntityKind.ACCOUNT, "A1", "****"),
        (EntityKind.DEVICE, "fingerprint-0a1b", "****0a1b"),
        (EntityKind.EMAIL, "zhang@example.com", "z***@example.com"),
        (EntityKind.EMAIL, "z@example.com", "***@example.com"),
        (EntityKind.IP_ADDRESS, "203.0.113.7", "203.0.*.*"),
        (EntityKind.IP_ADDRESS, "2001:db8::7", "2001:db8:*"),
        (EntityKind.IP_ADDRESS, "::7", ":*"),
        (EntityKind.DOCUMENT, "IDENTITY_CARD:CN:11010119900307123X", "****123X"),
        (EntityKind.PLACE, "CN:浙江省杭州市西湖区1号", "浙江***, CN"),
        (EntityKind.PLACE, "GB:12highstreet", "**h***, GB"),
        (EntityKind.MERCHANT, "M-7", "M-7"),
    ],
)
def test_labels_are_masked(kind: EntityKind, key: str, shown: str):
    assert label(kind, key) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zhang San", "Zhang *"),
        ("Juan Carlos de la Cruz", "Juan *"),
        ("张三", "张*"),
        ("张小明", "张**"),
        ("欧阳 小明", "欧***"),
        ("김철수", "김**"),
        ("Bertrand", "B***"),
        ("张", "张*"),
        ("   ", "****"),
    ],
)
def test_names_are_masked(name: str, shown: str):
    assert name_label(name) == shown


@given(st.sampled_from([kind for kind in EntityKind if kind not in KEYED_KINDS]), st.text(max_size=60))
def test_any_text_has_a_label_and_that_is_masked(kind: EntityKind, key: str):
    assert "*" in label(kind, key)


@given(st.sampled_from([EntityKind.PHONE, EntityKind.ACCOUNT, EntityKind.DEVICE, EntityKind.DOCUMENT]), st.text(min_size=4, max_size=60))
def test_no_number_is_shown_whole(kind: EntityKind, key: str):
    if "*" not in key:
        assert key not in label(kind, key)


@given(st.emails())
def test_no_name_before_the_at_is_shown_whole(address: str):
    local, _, domain = address.rpartition("@")
    shown, _, shown_domain = label(EntityKind.EMAIL, address).rpartition("@")
    assert shown_domain == domain
    if "*" not in local:
        assert local not in shown


@given(st.text(max_size=200))
def test_any_name_has_a_short_label_that_hides_some_of_it(name: str):
    shown = name_label(name)
    assert shown and len(shown) <= 24 and "*" in shown


@given(st.from_regex(r"[0-9]{10,20}", fullmatch=True))
def test_of_a_number_at_most_four_digits_are_shown(number: str):
    for kind in (EntityKind.ACCOUNT, EntityKind.DOCUMENT):
        assert label(kind, number) == "****" + number[-min(4, len(number) // 3) :]
