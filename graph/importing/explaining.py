"""A mapping in sentences, on the first rows of each file, without writing anything: what `ringfence import --check` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import orjson

from graph.importing.expressions import Expression
from graph.importing.making import Maker, Rejected
from graph.importing.mapping import Condition, FactMade, FileMapping, Made, ObjectMade, Section
from graph.importing.opening import Opened
from graph.importing.readers import Line, Reader
from graph.model import Instant, Institution


def explain(mapping: FileMapping, files: Sequence[Path], institution: Institution, now: Instant, rows: int = 2) -> Iterator[str]:
    """Lines that say what the mapping makes of each file, with the facts of its first rows as JSON.

    Raises `ImportFailed` for a file that the mapping does not fit, as an import would.
    """
    yield f"The mapping {mapping.file} ({mapping.name}) records facts of the source {mapping.source} for money in {institution.currency}."
    for path in files:
        section = mapping.section(path.name)
        assert section is not None, "files were found by the mapping"
        yield ""
        yield from _section(path, section)
        with Opened(path, section) as reader:
            maker = Maker(section, reader.columns, institution, now)
            yield from _columns(reader, section)
            first = list(islice(reader, rows))
            for number, line in enumerate(first, 1):
                yield from _row(maker, line, number, path.name.split(".")[0])
            if not first:
                yield "  It has no rows."


def _section(path: Path, section: Section) -> Iterator[str]:
    read = f"as {section.format}"
    if section.format == "csv":
        delimiter = "tab" if section.delimiter == "\t" else section.delimiter
        read += f" ({section.encoding}, fields divided by {delimiter}, {'no header line' if section.columns else 'with a header line'})"
    yield f"{path.name} is read {read}. Each row makes:"
    for fact in section.facts:
        yield from _fact(fact)


def _fact(fact: FactMade) -> Iterator[str]:
    condition = f", where {_condition(fact.when)}" if fact.when else ""
    known = "when it is imported" if fact.known_at is None else f"at {fact.known_at.words}"
    yield f"- {fact.content_name}{condition}; its id is {fact.id.words}"
    yield f"    happened at {fact.occurred_at.words}; known {known}"
    yield from (f"    {line}" for line in _object(fact.content))


def _object(made: ObjectMade, path: str = "") -> Iterator[str]:
    for name, inner in made.fields:
        yield from _made(inner, f"{path}.{name}" if path else name)
    if made.when is not None:
        yield f"{path or 'it'} only where {_condition(made.when)}"


def _made(made: Made, path: str) -> Iterator[str]:
    if isinstance(made, Expression):
        yield f"{path} = {made.words}"
    elif isinstance(made, ObjectMade):
        yield from _object(made, path)
    else:
        yield f"{path} = the institution's currency"


def _condition(condition: Condition) -> str:
    words = condition.text.words
    if condition.allowed is not None:
        return f"{words} is {' or '.join(sorted(condition.allowed))}"
    if condition.refused is not None:
        return f"{words} is not {' or '.join(sorted(condition.refused))}"
    return f"{words} is not empty"


def _columns(reader: Reader, section: Section) -> Iterator[str]:
    unread = [column for column in reader.columns if column not in section.used]
    if unread:
        yield f"  Columns that are not read: {', '.join(unread)}."


def _row(maker: Maker, line: Line, number: int, name: str) -> Iterator[str]:
    """What one row makes."""
    if line.wrong is not None:
        yield f"  Line {line.number} would be rejected: it {line.wrong}."
        return
    row = [*line.values, str(number), name]
    try:
        raws = maker.raw(row)
        maker.facts(row)
    except Rejected as error:
        yield f"  Line {line.number} would be rejected: {error}."
        return
    yield f"  Line {line.number} makes {len(raws)} {'fact' if len(raws) == 1 else 'facts'}:"
    for raw, known_at in raws:
        shown = {**raw, "occurredAt": _moment(raw["occurredAt"]), **({} if known_at is None else {"knownAt": _moment(known_at)})}
        yield f"    {orjson.dumps(shown, default=str).decode()}"


def _moment(value: object) -> str:
    """A moment as people write it; it has been checked."""
    assert isinstance(value, int), "moments are milliseconds"
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
