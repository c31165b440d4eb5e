"""YAML with lines: strict, bounded, and each error with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.importing.located import MAXIMUM_BYTES, MappingError, load, parse


def test_values_know_their_line_and_field():
    tree = parse(b"a: 1\nb:\n  - c: no\n  - d: true\n", "m.yaml")
    second = tree.fields(frozenset("ab"))["b"].items(1, 2)[1].fields(frozenset("d"))["d"]
    assert (second.value, second.line, second.field) == (True, 4, "b[1].d")


def test_only_true_false_and_null_are_no_text():
    tree = parse(b'{a: no, b: 0742, c: 1.10, d: "true", e: true, f: null, g: ~, h: 2026-01-01}', "m.yaml")
    values = {name: inner.value for name, inner in tree.fields(frozenset("abcdefgh")).items()}
    assert values == {"a": "no", "b": "0742", "c": "1.10", "d": "true", "e": True, "f": None, "g": None, "h": "2026-01-01"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2", "line 2: a is there twice"),
        ("a: &x 1\nb: *x", "anchors"),
        ("a: [1", "is not YAML"),
        ("", "is empty"),
        ("{[1]: 2}", "a key that is no text"),
        ("a: " + "[" * 30 + "]" * 30, "deeper than 20"),
        ("a: \x07", "is not YAML"),
        ("a: 1\n---\nb: 2", "is not YAML"),
    ],
)
def test_what_is_no_such_yaml_is_refused(text: str, words: str):
    with pytest.raises(MappingError, match=words) as error:
        parse(text.encode(), "m.yaml")
    assert str(error.value).startswith("m.yaml")


def test_what_is_no_utf_8_is_refused():
    with pytest.raises(MappingError, match="not UTF-8"):
        parse(b"a: \xff", "m.yaml")


def test_a_file_that_is_missing_or_too_long_is_refused(tmp_path: Path):
    with pytest.raises(MappingError, match="cannot be read"):
        load(tmp_path / "m.yaml")
    (tmp_path / "m.yaml").write_bytes(b"#" * (MAXIMUM_BYTES + 1))
    with pytest.raises(MappingError, match="262,144 bytes"):
        load(tmp_path / "m.yaml")


def test_a_wrong_kind_of_value_says_what_is_allowed():
    tree = parse(b"a: [1]\nb: x\nc: 12", "m.yaml").fields(frozenset("abc"))
    for wrong, words in (
        (lambda: tree["a"].text(), "line 1: a must be a text"),
        (lambda: tree["b"].items(1, 3), "line 2: b must be a list of 1 to 3 items"),
        (lambda: tree["b"].whole(1, 9), "whole number from 1 to 9"),
        (lambda: tree["c"].whole(1, 9), "whole number from 1 to 9"),
        (lambda: tree["b"].choice("y", "z"), "one of y, z"),
        (lambda: tree["b"].fields(frozenset("q")), "object with fields: q"),
    ):
        with pytest.raises(MappingError, match=words):
            wrong()
    assert tree["c"].whole(1, 12) == 12


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_an_error_of_ours(text: str):
    said = "m.yaml"
    try:
        parse(text.encode("utf-8", "surrogatepass"), "m.yaml")
    except MappingError as error:
        said = str(error)
    assert "m.yaml" in said
