"""Other alphabets in Latin letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.names.scripts import latin


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("путин", "putin"),
        ("хрущёв", "khrushchyov"),
        ("зеленський", "zelenskiy"),
        ("καραμανλησ", "karamanlis"),
        ("օբամա", "obama"),
        ("ობამა", "obama"),
        ("김정은", "gimjeongeun"),
        ("オバマ", "obama"),
        ("しょう", "shou"),
        ("محمد", "mhmd"),
        ("ברק", "brk"),
        ("राजीव", "rajiv"),
        ("straße", "strasse"),
        ("plain", "plain"),
    ],
)
def test_each_alphabet_is_written_as_a_clerk_would(text, written):
    assert latin(text) == written


@given(st.text(max_size=30))
def test_any_text_is_written(text):
    assert isinstance(latin(text), str)
