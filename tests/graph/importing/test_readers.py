"""Rows of files: streamed, bounded, and what is wrong with one line leaves the others alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from graph.importing.mapping import Section
from graph.importing.opening import Opened
from graph.importing.readers import LONGEST_LINE, ImportFailed, Line
from tests.graph.importing.recording import mapping


def section(form: str, **more: str) -> Section:
    """A section that reads the columns a and b."""
    said = "".join(f"\n        {name}: {value}" for name, value in more.items())
    return mapping(f"""
    mapping: 1
    source: core
    files:
      - files: '*'
        format: {form}{said}
        occurredAt: "{{a}}"
        facts: [{{id: "{{a}}", content: {{merchantDescribed: {{key: "{{b}}"}}}}}}]
    """).sections[0]


def lines(path: Path, chosen: Section) -> list[Line]:
    with Opened(path, chosen) as reader:
        return list(reader)


def csv_lines(tmp_path: Path, text: bytes, **more: str) -> list[Line]:
    path = tmp_path / "f.csv"
    path.write_bytes(text)
    return lines(path, section("csv", **more))


def test_rows_have_the_line_on_which_they_begin(tmp_path: Path):
    found = csv_lines(tmp_path, b'a,b\r\n1,2\r\n\r\n"x\r\ny",3\r\n4,5')
    assert [(line.number, line.values) for line in found] == [(2, ["1", "2"]), (4, ["x\r\ny", "3"]), (6, ["4", "5"])]


@pytest.mark.parametrize(
    ("text", "more", "values"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", {}, ["1", "2"]),
        (b'a|b\n1|"2\n', {"delimiter": "'|'", "quote": "none"}, ["1", '"2']),
        (b"a\tb\n1\t2\n", {"delimiter": "tab"}, ["1", "2"]),
        (b"1;2\n", {"delimiter": "';'", "columns": "[a, b]"}, ["1", "2"]),
        ("a,b\n张,三\n".encode("gb18030"), {"encoding": "gb18030"}, ["张", "三"]),
        ("a,b\n张,三\n".encode("utf-16"), {"encoding": "utf-16"}, ["张", "三"]),
        (b"a,b\n'x,y',2\n", {"quote": '"' + "'" + '"'}, ["x,y", "2"]),
    ],
)
def test_dialects_and_encodings_are_the_mappings(tmp_path: Path, text: bytes, more: dict[str, str], values: list[str]):
    assert [line.values for line in csv_lines(tmp_path, text, **more)] == [values]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b"1", "has 1 fields, and the header 2"),
        (b"1,2,3", "has 3 fields, and the header 2"),
        (b'"1"x,2', "is no row of CSV"),
        (b"\xff,2", "not in the encoding"),
        (b"x" * (LONGEST_LINE + 1) + b",2", "is longer than 1,048,576 characters"),
        (b"x" * (3 * LONGEST_LINE) + b",2", "is longer than 1,048,576 characters"),
        (b'"' + b"x" * 200_000 + b'",2', "is no row of CSV"),
    ],
)
def test_a_bad_row_is_said_and_the_next_is_read(tmp_path: Path, row: bytes, words: str):
    good, bad, after = csv_lines(tmp_path, b"a,b\n1,2\n" + row + b"\n3,4\n")
    assert (good.values, after.values) == (["1", "2"], ["3", "4"])
    assert bad.wrong is not None and words in bad.wrong and (bad.number, after.number) == (3, 4)
    assert orjson.dumps(bad.raw) and len(str(bad.raw)) < 5_000


def test_a_quote_that_is_never_closed_costs_no_memory_and_is_said(tmp_path: Path):
    found = csv_lines(tmp_path, b'a,b\n1,2\n"open,2\n' + b"3,4\n" * 100_000)
    assert found[0].values == ["1", "2"] and found[1].wrong is not None
    assert sum(line.wrong is not None for line in found) == 1
    assert "lines 3 to" in str(found[1].wrong), "which lines it swallowed"
    assert found[-1].values == ["3", "4"], "reading goes on behind it"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a,c\n1,2\n", "no column b"),
        (b"a,bb\n", "did you mean bb"),
        (b"", "no column a"),
        (b"a,b,a\n", "column a twice"),
        (b'a,"b\n', "no column b|header line"),
    ],
)
def test_a_header_that_does_not_fit_fails_the_file(tmp_path: Path, text: bytes, words: str):
    with pytest.raises(ImportFailed, match=words):
        csv_lines(tmp_path, text)


def test_packed_files_are_read_as_they_are(tmp_path: Path):
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1000))
    with Opened(path, section("csv")) as reader:
        assert len(list(reader)) == 1000
        assert 0 < reader.position() <= path.stat().st_size


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_packed_file_that_is_cut_short_fails_with_its_line(tmp_path: Path, form: str):
    path = tmp_path / "f.gz"
    rows = b"a,b\n" + b"".join(b"%d,2\n" % n for n in range(50_000)) if form == "csv" else b'{"a":1,"b":2}\n' * 50_000
    path.write_bytes(gzip.compress(rows)[:-200])
    with pytest.raises(ImportFailed, match="cut short or damaged"):
        lines(path, section(form))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_file_that_is_missing_fails_in_a_sentence(tmp_path: Path, form: str):
    with pytest.raises(ImportFailed, match="cannot be read"):
        lines(tmp_path / "none", section(form))


def test_json_lines_are_read_by_name_and_by_path(tmp_path: Path):
    path = tmp_path / "f.jsonl"
    path.write_bytes(b'{"a": {"id": 7, "n": [1]}, "b.c": "x"}\n\n{"a": 1}\n')
    chosen = mapping("""
    mapping: 1
    source: core
    files: [{files: f, format: jsonl, occurredAt: "{a.id}", facts: [{id: "{b.c}", content: {merchantDescribed: {key: "{a.none.x}"}}}]}]
    """).sections[0]
    assert chosen.used == ("b.c", "a.id", "a.none.x")
    assert [(line.number, line.values) for line in lines(path, chosen)] == [(1, ["x", 7, None]), (3, [None, None, None])]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is no JSON object"),
        (b'{"a": NaN}', "is not JSON"),
        (b'{"a": "\\ud800"}', "is not JSON"),
        (b'{"a": "\xff"}', "is not JSON"),
        (b'{"a": "' + b"x" * LONGEST_LINE + b'"}', "longer than 1,048,576 bytes"),
        (b"[" * 10_000, "is not JSON"),
    ],
)
def test_a_bad_line_of_json_is_said_and_the_next_is_read(tmp_path: Path, row: bytes, words: str):
    path = tmp_path / "f.jsonl"
    path.write_bytes(row + b'\n{"a": 1, "b": 2}')
    bad, good = lines(path, section("jsonl"))
    assert bad.wrong is not None and words in bad.wrong
    assert good.values == [1, 2] and good.number == 2
    assert orjson.dumps(bad.raw)


def test_parquet_is_read_by_name_with_its_types(tmp_path: Path):
    path = tmp_path / "f.parquet"
    table = pa.table({"b": [1, 2, None], "c": ["x", "y", "z"], "a": ["p", None, "q"]})
    write_table(table, path, row_group_size=2)
    assert [(line.number, line.values) for line in lines(path, section("parquet"))] == [(1, ["p", 1]), (2, [None, 2]), (3, ["q", None])]


def test_parquet_that_does_not_fit_or_is_none_fails_in_a_sentence(tmp_path: Path):
    path = tmp_path / "f.parquet"
    write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ImportFailed, match="no column b"):
        lines(path, section("parquet"))
    whole = path.read_bytes()
    for text in (b"", b"a,b\n1,2\n", whole[:-10], b"PAR1" + b"\0" * 100 + b"PAR1"):
        path.write_bytes(text)
        with pytest.raises(ImportFailed, match="Parquet"):
            lines(path, section("parquet"))


@given(st.binary(max_size=200))
def test_any_bytes_are_lines_or_a_failure_of_ours(tmp_path_factory: pytest.TempPathFactory, text: bytes):
    path = tmp_path_factory.mktemp("any") / "f"
    for form, head in (("csv", b"a,b\n"), ("jsonl", b"")):
        path.write_bytes(head + text)
        try:
            for line in lines(path, section(form)):
                assert line.wrong is not None or len(line.values) == 2
        except ImportFailed:
            pass
