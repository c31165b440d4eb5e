"""Rows of a Parquet file, a piece of a row group at a time, and of its columns only those that a mapping reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pyarrow import ArrowException
from pyarrow.parquet import ParquetFile

from graph.importing.mapping import Section
from graph.importing.readers import ImportFailed, Line, check_columns

ROWS: Final = 2_000
"""Rows that are held at a time; Arrow holds the columns of one row group besides."""


class ParquetReader:
    """Rows of a Parquet file."""

    def __init__(self, path: Path, section: Section) -> None:
        self._path = path
        self._read = 0
        try:
            self._size = path.stat().st_size
            # Not mapped into memory, and read as it is asked for: a row group may be large.
            self._file: Any = ParquetFile(path, memory_map=False, buffer_size=1024 * 1024, pre_buffer=False)
        except (OSError, ArrowException) as error:
            raise ImportFailed(f"{path} cannot be read as Parquet ({_first(error)}): check its path and the mapping's format.") from error
        try:
            check_columns(path, list(self._file.schema_arrow.names), section)
        except ImportFailed:
            self.close()
            raise
        self.columns: Sequence[str] = section.used

    def __iter__(self) -> Iterator[Line]:
        """The rows."""
        number = 0
        try:
            for batch in self._file.iter_batches(batch_size=ROWS, columns=list(self.columns), use_threads=False):
                # By name: Parquet gives columns in the order of the file.
                lists = [batch.column(name).to_pylist() for name in self.columns]
                for values in zip(*lists, strict=True):
                    number += 1
                    self._read = number
                    yield Line(number, list(values), dict(zip(self.columns, values, strict=True)))
        except (OSError, ValueError, ArrowException) as error:
            raise ImportFailed(f"{self._path}, row {number + 1}: cannot be read on ({_first(error)}): copy the file again.") from error

    def position(self) -> int:
        """Bytes of the file that were read so far, as the share of its rows."""
        rows = self._file.metadata.num_rows
        return self._size * self._read // rows if rows else self._size

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _first(error: Exception) -> str:
    """The first line of what Arrow says."""
    return str(error).split("\n", 1)[0][:200]
