"""Rows of a file, one after another, in memory that does not grow with it: CSV and JSON Lines here, Parquet in `parquet`.

A reader gives the names of its columns and then `Line`s. What is wrong with one line is said in it and reading goes on; what is wrong
with the file (a header that lacks a column, a cut-off archive) raises `ImportFailed`.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple, Protocol

import orjson

from graph.errors import RingfenceError
from graph.importing.mapping import Section

LONGEST_LINE: Final = 1024 * 1024
"""Characters of a line (of CSV) or bytes (of JSON Lines); a longer one is rejected and skipped."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class ImportFailed(RingfenceError):
    """An import cannot go on: which file, where, and what to do."""


class Line(NamedTuple):
    """One row of a file; made in millions, and so a tuple."""

    number: int
    """Where it begins: the line of a text file, from 1; the row of a Parquet file, from 1."""
    values: list[object]
    """In the order of the reader's columns; empty when `wrong` is said."""
    raw: Any
    """The row as the file has it, for the reject file."""
    wrong: str | None = None
    """Why it cannot be read."""


class Reader(Protocol):
    """A file being read."""

    columns: Sequence[str]

    def __iter__(self) -> Iterator[Line]:
        """The rows, in order."""
        ...

    def position(self) -> int:
        """Bytes of the file (compressed, when it is) that were read so far."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class _Bytes:
    """A file's bytes, unpacked when its name ends in .gz, and how many were read from disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise ImportFailed(f"{path} cannot be read ({error.strerror}): check its path and that you may read it.") from error
        self.stream: BinaryIO = gzip.GzipFile(fileobj=self._file) if path.name.endswith(".gz") else self._file  # type: ignore[assignment]

    def position(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self.stream.close()
        self._file.close()

    def failed(self, error: Exception, line: int) -> ImportFailed:
        """What reading on failed for."""
        if isinstance(error, UnicodeError):
            return ImportFailed(f"{self._path}, line {line}: is not in the encoding that the mapping says: correct `encoding`.")
        return ImportFailed(f"{self._path}, line {line}: cannot be read on ({error}): the file is cut short or damaged, so copy it again.")


_UNREADABLE: Final = (OSError, EOFError, zlib.error, UnicodeError)


def check_columns(path: Path, columns: Sequence[str], section: Section) -> None:
    """Raise `ImportFailed` unless the file's columns hold all that the section reads, and none of that twice."""
    for name in section.used:
        if name not in columns:
            close = get_close_matches(name, columns, 1)
            hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(columns)[:300]}"
            raise ImportFailed(f"{path} has no column {name}, which the mapping reads (line {section.line}): {hint}")
        if columns.count(name) > 1:
            raise ImportFailed(f"{path} has the column {name} twice: rename one of them")


class CsvReader:
    """Rows of a CSV file; every row has as many fields as the header, or is wrong."""

    def __init__(self, path: Path, section: Section) -> None:
        self._bytes = _Bytes(path)
        self._path = path
        self._skipped = 0
        self._bad_bytes = False
        encoding = "utf-8-sig" if section.encoding == "utf-8" else section.encoding
        self._text = io.TextIOWrapper(self._bytes.stream, encoding=encoding, errors="surrogateescape", newline="")
        quoting: Literal[0, 3] = csv.QUOTE_NONE if section.quote is None else csv.QUOTE_MINIMAL
        self._rows = csv.reader(self._lines(), delimiter=section.delimiter, quotechar=section.quote, quoting=quoting, strict=True)
        try:
            self.columns: Sequence[str] = section.columns if section.columns is not None else self._header()
            check_columns(path, self.columns, section)
        except BaseException:
            self.close()
            raise

    def _header(self) -> list[str]:
        try:
            return next(self._rows, [])
        except (csv.Error, *_UNREADABLE) as error:
            raise ImportFailed(f"{self._path}: its header line cannot be read ({error}): check delimiter, quote and encoding.") from error

    def __iter__(self) -> Iterator[Line]:
        """The rows below the header. An empty line is none."""
        rows, width, start = self._rows, len(self.columns), self._rows.line_num
        while True:
            wrong = None
            row: list[Any] = []
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                wrong = f"is no row of CSV ({error}): check the quotes of lines {start + 1} to {rows.line_num}"
            except _UNREADABLE as error:
                raise self._bytes.failed(error, rows.line_num + 1) from error
            number, start = start + 1, rows.line_num
            if wrong is None and len(row) != width:
                if not row:
                    continue
                wrong = f"has {len(row)} fields, and the header {width}: check its delimiters and quotes"
            if self._skipped or self._bad_bytes:
                wrong = f"is longer than {LONGEST_LINE:,} characters" if self._skipped else "is not in the encoding that the mapping says"
                row, self._skipped, self._bad_bytes = [_shortened(field) for field in row], 0, False
            yield Line(number, [] if wrong else row, row if wrong is None else [_shortened(field) for field in row], wrong)

    def _lines(self) -> Iterator[str]:
        """Lines, each bounded; what is beyond the bound is skipped."""
        readline = self._text.readline
        while line := readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                self._skipped = 1
                rest = line
                while rest and not rest.endswith("\n"):
                    rest = readline(LONGEST_LINE)
                yield line[:200].replace('"', "'") + "\n"
                continue
            if not line.isascii() and _SURROGATE.search(line):
                self._bad_bytes = True
            yield line

    def position(self) -> int:
        """Bytes of the file that were read so far."""
        return self._bytes.position()

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()
        self._bytes.close()


def _shortened(field: str) -> str:
    """A field for the reject file, without what is no text."""
    return field[:2_000].encode("utf-8", "backslashreplace").decode()


class JsonReader:
    """Objects of a JSON Lines file; `a.b` is the field b of the object a."""

    def __init__(self, path: Path, section: Section) -> None:
        self._bytes = _Bytes(path)
        self.columns: Sequence[str] = section.used
        self._paths = [(name, name.split(".")) for name in self.columns]

    def __iter__(self) -> Iterator[Line]:
        """The objects, one a line. An empty line is none."""
        number = 0
        readline = self._bytes.stream.readline
        while True:
            try:
                line = readline(LONGEST_LINE + 1)
                number += 1
                long = len(line) > LONGEST_LINE
                rest = line if long else b"\n"
                while rest and not rest.endswith(b"\n"):
                    rest = readline(LONGEST_LINE)
            except _UNREADABLE as error:
                raise self._bytes.failed(error, number + 1) from error
            if not line:
                return
            if long:
                yield Line(number, [], _text(line[:200]), f"is longer than {LONGEST_LINE:,} bytes")
            elif not line.isspace():
                yield self._line(number, line)

    def _line(self, number: int, line: bytes) -> Line:
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            return Line(number, [], _text(line[:2_000]), f"is not JSON ({error})")
        if not isinstance(found, dict):
            return Line(number, [], _text(line[:2_000]), "is no JSON object")
        return Line(number, [_at(found, name, path) for name, path in self._paths], found)

    def position(self) -> int:
        """Bytes of the file that were read so far."""
        return self._bytes.position()

    def close(self) -> None:
        """Let go of the file."""
        self._bytes.close()


def _at(found: dict[str, Any], name: str, path: list[str]) -> object:
    """A field by its name, or by the path that its name is."""
    if name in found or len(path) == 1:
        return found.get(name)
    inner: object = found
    for step in path:
        inner = inner.get(step) if isinstance(inner, dict) else None
    return inner


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace").rstrip("\r\n")
