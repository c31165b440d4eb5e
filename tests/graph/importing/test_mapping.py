"""Mappings: strict, and each error with file, line and field."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from graph.decoding import CONTENT_FIELDS
from graph.importing.expressions import Column
from graph.importing.located import MappingError
from graph.importing.mapping import SHIPPED, load_mapping, parse_mapping, shipped
from graph.importing.own_shape import NAME, mapping_of
from graph.importing.shapes import CONTENTS, ENTITY
from tests.graph.importing.recording import TRANSFERS, mapping


def test_what_a_mapping_may_fill_in_is_what_decoding_reads():
    assert {name: frozenset(shape) for name, shape in CONTENTS.items()} == CONTENT_FIELDS
    assert frozenset(ENTITY) == frozenset(
        {"id", "merchant", "person", "account", "loan", "device", "phone", "email", "ipAddress", "place", "document"}
    )


@pytest.mark.parametrize("name", shipped())
def test_each_mapping_that_ships_is_sound(name: str):
    loaded = load_mapping(name)
    assert loaded.sections and loaded.name


def test_a_mapping_is_found_by_its_name_or_its_path(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text(dedent(TRANSFERS))
    assert load_mapping(str(path)).digest == load_mapping(path).digest != load_mapping("finbench").digest
    with pytest.raises(MappingError, match="those are facts, finbench"):
        load_mapping("finbanch")


def test_a_section_is_found_by_the_files_name_without_gz():
    section = mapping(TRANSFERS).section("transfers-2026.csv.gz")
    assert section is not None and section.used == ("key", "at", "state", "from", "to", "amount")
    assert mapping(TRANSFERS).section("accounts.csv") is None


def test_texts_hold_columns_in_braces():
    made = mapping(TRANSFERS.replace('"t {key}"', '"{{t}}-{key}/{:row}"')).sections[0].facts[0].id
    assert made.parts == ("{t}-", Column("key"), "/", Column(":row")) and made.columns == ("key",)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("mapping: 1", "mapping: 2", 2, "must be 1"),
        ("source: core", "source: Core!", 3, "a-z 0-9"),
        ("source: core", "sauce: core", 3, "no field here"),
        ("currency: CNY", "currency: yuan", 4, "ISO 4217"),
        ("currency: CNY", "currency: RMB", 4, "ISO 4217"),
        ("currency: CNY", "timeZone: Asia/Peking", 4, "no time zone"),
        ("currency: CNY", "timeZone: ../UTC", 4, "no time zone"),
        ("format: csv", "format: xls", 7, "csv, jsonl, parquet"),
        ("format: csv", "format: csv\n        delimiter: ''", 8, "1 to 500 characters"),
        ("format: csv", "format: csv\n        delimiter: ab", 8, "one character"),
        ("format: csv", "format: csv\n        encoding: zip", 8, "no encoding"),
        ("format: csv", "format: csv\n        encoding: utf-99", 8, "no encoding"),
        ("format: csv", "format: csv\n        columns: [key, key]", 8, "twice"),
        ("format: csv", "format: csv\n        columns: [key]", 8, "lacks at"),
        ("format: csv", "format: jsonl\n        delimiter: ;", 8, "csv alone"),
        ('occurredAt: "{at}"', 'happened: "{at}"', 8, "no field here"),
        ('"t {key}"', '"t {key"', 11, "not closed"),
        ('"t {key}"', '"t {}"', 11, "names no column"),
        ('"t {key}"', '"t {:column}"', 11, "only :row and :file"),
        ('"t {key}"', '{text: a, column: b}', 11, "either `column` or `text`"),
        ('"t {key}"', '{column: key, decimals: 2}', 11, "no use to a text"),
        ('"t {key}"', '{column: key, otherwise: x}', 11, "without `translate`"),
        ('"t {key}"', '{column: key, translate: cards}', 11, "names no table"),
        ('"t {key}"', '{column: key, translate: {}}', 11, "1 to 2,000 lines"),
        ("isNot: cancelled", "isNot: cancelled, is: done", 12, "keep one"),
        ("isNot: cancelled", "isNot: []", 12, "1 to 200 items"),
        ("transferMade", "moneyMoved", 14, "no field here"),
        ('key: "{key}", from', 'kee: "{key}", from', 14, "no field here"),
        ("decimals: 2", "decimals: 7", 14, "from 0 to 6"),
        ("decimals: 2", "format: iso", 14, "no use to a amount"),
        ('from: {key: "{from}"}', 'from: {key: "{from}", name: x}', 14, "no field here"),
        ('from: {key: "{from}"}', 'from: "{from}"', 14, "must be an object"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_line(old: str, new: str, line: int, words: str):
    assert old in TRANSFERS
    text = dedent(TRANSFERS.replace(old, new, 1))
    with pytest.raises(MappingError) as error:
        parse_mapping(text, "m.yaml")
    assert words in str(error.value)
    assert str(error.value).startswith(f"m.yaml, line {line}:"), error.value


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("    currency: CNY\n", "says no currency"),
        ('        occurredAt: "{at}"\n', "lacks occurredAt"),
        ("        format: csv\n", "lacks format"),
        ("    source: core\n", "lacks source"),
    ],
)
def test_what_is_missing_is_asked_for(taken: str, words: str):
    assert taken in TRANSFERS
    with pytest.raises(MappingError, match=words):
        mapping(TRANSFERS.replace(taken, ""))


def test_a_fact_says_exactly_one_thing():
    with pytest.raises(MappingError, match="says 0 things"):
        mapping("mapping: 1\nsource: a\nfiles: [{files: a, format: csv, occurredAt: '{b}', facts: [{id: a, content: {}}]}]")


def test_the_mapping_of_facts_in_our_own_shape_follows_from_the_shapes_and_reads_every_kind():
    assert (SHIPPED / f"{NAME}.yaml").read_text(encoding="utf-8") == mapping_of(NAME), "write it with `python -m graph.importing.own_shape`"
    made = parse_mapping(mapping_of("core-banking"))
    assert made.source == "core-banking"
    assert [fact.content_name for fact in made.sections[0].facts] == list(CONTENTS)
