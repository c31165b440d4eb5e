"""Opens a file with the reader that its section of a mapping asks for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from graph.importing.mapping import Section
from graph.importing.readers import CsvReader, JsonReader, Reader


class Opened(AbstractContextManager[Reader]):
    """The reader for a file under a section of a mapping, closed at the end."""

    def __init__(self, path: Path, section: Section) -> None:
        self._reader = _reader(path, section)

    def __enter__(self) -> Reader:
        return self._reader

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._reader.close()


def _reader(path: Path, section: Section) -> Reader:
    if section.format == "parquet":
        from graph.importing.parquet import ParquetReader  # late: Arrow takes a third of a second and 60 MB

        return ParquetReader(path, section)
    return CsvReader(path, section) if section.format == "csv" else JsonReader(path, section)
