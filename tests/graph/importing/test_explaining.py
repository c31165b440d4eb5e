"""`--check`: a mapping in sentences, with the first rows, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.importing.explaining import explain
from graph.importing.readers import ImportFailed
from tests.graph.importing.recording import BANK, NOW, TRANSFERS, mapping, transfers


def test_a_mapping_is_explained_on_the_first_rows(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 3)
    file.write_text(file.read_text().replace("k1,A1", "k1,"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*")}
    text = "\n".join(explain(mapping(TRANSFERS), [file], BANK, NOW))
    for said in (
        "records facts of the source core for money in CNY",
        "transfers.csv is read as csv (utf-8, fields divided by ,, with a header line)",
        "- transferMade, where column state is not cancelled; its id is 't ' followed by column key",
        "amount.amount = column amount, with 2 decimals",
        "happened at column at, read as iso in UTC; known at column at",
        'Line 2 makes 1 fact:\n    {"id":"t k0","occurredAt":"2026-01-01T08:00:00.000Z"',
        '"knownAt":"2026-01-01T08:00:00.000Z"',
        "Line 3 would be rejected: content.transferMade.from is missing",
    ):
        assert said in text
    assert {path: path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_a_file_without_rows_and_one_that_does_not_fit_are_said(tmp_path: Path):
    file = transfers(tmp_path / "transfers.csv", 0)
    assert "It has no rows." in "\n".join(explain(mapping(TRANSFERS), [file], BANK, NOW))
    file.write_text("key\n")
    with pytest.raises(ImportFailed, match="no column"):
        list(explain(mapping(TRANSFERS), [file], BANK, NOW))


def test_translations_and_conditions_are_put_into_words(tmp_path: Path):
    (tmp_path / "a.csv").write_text("key,kind\nA1,x\n")
    chosen = mapping("""
    mapping: 1
    source: core
    tables: {kinds: {card: CARD}}
    files:
      - files: a.csv
        format: csv
        occurredAt: "2026-01-01"
        facts:
          - id: "{key}"
            when: "{kind}"
            content: {accountDescribed: {key: "{key}", kind: {column: kind, translate: kinds, otherwise: null}}}
    """)
    text = "\n".join(explain(chosen, [tmp_path / "a.csv"], BANK, NOW))
    assert "where column kind is not empty" in text and "translated (1 values, others are left out)" in text
    assert "; known when it is imported" in text
