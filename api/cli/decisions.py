"""`ringfence decisions`: prove that what was decided comes out of what was stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Connection, func, select

from api.auth.institutions import the_institution
from api.cli.options import Failure, OpenRecords, data_option, institution_option, open_records_of
from api.cli.progress import progress
from rules import records
from rules.model import Decision, Strategy
from rules.records import DecisionQuery
from rules.replaying import as_observed
from rules.replaying import replay as comes_out_equal
from rules.strategy import CompiledStrategy, StrategyError
from rules.tables import decisions as table

PAGE: Final = 100
"""Decisions read at once."""

NAMED: Final = 10
"""Decisions named that do not stand."""


@click.group("decisions")
def command() -> None:
    """Judge stored decisions again, and compare.

    Example: ringfence decisions replay --institution rural-bank
    """


@command.command("replay")
@institution_option
@data_option
def replay(institution: str, data: Path | None) -> None:
    """Judge every decision again and compare, byte for byte.

    Each is judged from its own stored dossier by the strategy that it cites; the graph is not asked. One that comes out otherwise was
    changed, or made by a program that judged otherwise: it is named, and the exit code is 1.

    Example: ringfence decisions replay --institution rural-bank
    """
    count, other, lost = 0, list[str](), list[str]()
    with open_records_of(data, institution) as opened, progress("judging again", 1.0) as tell:
        total = opened.read(lambda connection: count_decisions(connection, institution))
        judges = _Judges(opened)
        for decision in decisions_of(opened, institution):
            judge = judges.of(decision)
            if judge is None:
                lost.append(decision.id)
            elif not comes_out_equal(decision, judge):
                other.append(decision.id)
            count += 1
            tell(count / max(1, total), f"{count:,} decisions")
    if other or lost:
        parts = [f"{len(other):,} come out otherwise than they were kept: {_named(other)}"] if other else []
        parts += [f"{len(lost):,} were made by a strategy that is not kept, or on signals that are no more: {_named(lost)}"] if lost else []
        raise Failure(f"Of {count:,} decisions of {institution} {'; '.join(parts)}.")
    click.echo(f"All {count:,} decisions of {institution} come out as they were kept, byte for byte.")


def count_decisions(connection: Connection, institution: str) -> int:
    """How many decisions an institution has. Raises `Unknown` when there is no such institution."""
    the_institution(connection, institution)
    return int(connection.execute(select(func.count()).select_from(table).where(table.c.institution == institution)).scalar() or 0)


def decisions_of(opened: OpenRecords, institution: str) -> Iterator[Decision]:
    """All decisions of an institution, newest first, a page at a time."""
    after: str | None = None
    while True:
        query = DecisionQuery(PAGE, after=after)
        page = opened.read(lambda connection, query=query: records.decisions(connection, institution, query))  # type: ignore[misc]
        yield from page.items
        if not page.more:
            return
        after = page.cursors[-1]


class _Judges:
    """Strategies by what decisions cite, over the signals that they observed."""

    def __init__(self, opened: OpenRecords) -> None:
        self._opened = opened
        self._strategies: dict[str, Strategy | None] = {}
        self._compiled: dict[tuple[str, ...], CompiledStrategy | None] = {}

    def of(self, decision: Decision) -> CompiledStrategy | None:
        """What judged a decision; None when it is not kept, or a signal of it is no more."""
        cited = decision.strategy
        if cited not in self._strategies:
            self._strategies[cited] = self._opened.read(lambda connection: records.strategy(connection, decision.institution, cited))
        key = (cited, *(observed.signal for observed in decision.judgement.observed))
        if key not in self._compiled:
            self._compiled[key] = _compiled(self._strategies[cited], decision)
        return self._compiled[key]


def _compiled(strategy: Strategy | None, decision: Decision) -> CompiledStrategy | None:
    try:
        return None if strategy is None else as_observed(strategy, decision.judgement)
    except (StrategyError, ValueError):
        return None


def _named(ids: list[str]) -> str:
    return ", ".join(ids[:NAMED]) + (" and more" if len(ids) > NAMED else "")
