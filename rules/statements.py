"""Statements that every decision runs, compiled once for each dialect and run on the driver's own cursor.

Written with SQLAlchemy Core like all others, so that they follow the tables and the dialect; what is saved is what
`Connection.execute` does around a statement at each call: some 20 µs, where the statement itself takes 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, exc
from sqlalchemy.dialects.postgresql import Insert, insert

__all__ = ["Hot", "Insert", "together", "upsert"]

upsert: Final = insert
"""`INSERT ... ON CONFLICT`: written once, since the compilers of PostgreSQL and SQLite both speak it (the tests run it on both)."""


_TOGETHER: Final[ContextVar[list[tuple[Any, int, Callable[[], Exception]]] | None]] = ContextVar("together", default=None)
"""What is checked at the end of the statements that this thread sends together."""


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Send what is changed within to a server without waiting for each answer; a statement that is asked for rows waits for all before it.

    Raises at the end what was expected in vain, and what the server refused; the caller's transaction undoes it. In a file each statement
    is done at once.
    """
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.dialect.loaded_dbapi
    waiting: list[tuple[Any, int, Callable[[], Exception]]] = []
    token = _TOGETHER.set(waiting)
    try:
        with raw.pipeline():
            yield
        for cursor, rows, error in waiting:
            if cursor.rowcount != rows:
                raise error()
    except driver.Error as error:
        raise exc.DBAPIError.instance(None, None, error, driver.Error) from error
    finally:
        _TOGETHER.reset(token)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement's text for one dialect, the order of its values when they are given by place, and those that never change."""

    text: str
    order: tuple[str, ...] | None
    fixed: Mapping[str, Any]


class Hot:
    """A statement whose values are all `bindparam`s; values are given in the driver's own types (texts, integers, floats, bytes)."""

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement: Final = statement
        self._compiled: dict[str, _Compiled] = {}

    def one(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row, None when there is none."""
        cursor = self._run(connection, values)
        try:
            row: Sequence[Any] | None = cursor.fetchone()
            return row
        finally:
            cursor.close()

    def all(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """All rows; the statement bounds them."""
        cursor = self._run(connection, values)
        try:
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            return rows
        finally:
            cursor.close()

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Change rows, and give how many were."""
        cursor = self._run(connection, values)
        try:
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def expect(self, connection: Connection, values: Mapping[str, Any], rows: int, error: Callable[[], Exception]) -> None:
        """Change so many rows, or raise the error: at once, or at the end of `together`."""
        cursor = self._run(connection, values)
        waiting = _TOGETHER.get()
        if waiting is not None:
            waiting.append((cursor, rows, error))
            return
        changed = cursor.rowcount
        cursor.close()
        if changed != rows:
            raise error()

    def change(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Change rows, however many: at once, or by the end of `together`."""
        cursor = self._run(connection, values)
        if _TOGETHER.get() is None:
            cursor.close()

    def run_many(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
        """Change rows with each of these values, in one round trip to a server."""
        if not values:
            return
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        given = [{**compiled.fixed, **one} for one in values]
        rows = given if compiled.order is None else [[one[name] for name in compiled.order] for one in given]
        cursor = self._execute(connection, compiled, "executemany", rows)
        if _TOGETHER.get() is None:
            cursor.close()

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the driver's cursor
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        given = {**compiled.fixed, **values}
        return self._execute(connection, compiled, "execute", given if compiled.order is None else [given[name] for name in compiled.order])

    def _execute(self, connection: Connection, compiled: _Compiled, how: str, given: Any) -> Any:  # noqa: ANN401 - the driver's
        cursor = connection.connection.cursor()
        driver: Any = connection.dialect.loaded_dbapi
        try:
            getattr(cursor, how)(compiled.text, given)
        except driver.Error as error:
            cursor.close()
            raise exc.DBAPIError.instance(compiled.text, None, error, driver.Error) from error
        return cursor

    def _compile(self, connection: Connection) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=connection.dialect)
        order = None if compiled.positiontup is None else tuple(compiled.positiontup)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        found = self._compiled[connection.dialect.name] = _Compiled(str(compiled), order, fixed)
        return found
