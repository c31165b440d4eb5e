"""What a mapping writes in place of a value: a constant, a text with columns in braces, or a column with how it is read.

    key: "{accountId}"                                       a column
    id: "transfer {:file} {:row}"                            a text with columns; `:row` is the row's number in its file, `:file` its name
    kind: {column: type, translate: {card: CARD}, otherwise: BANK}     `otherwise: null` leaves out what the table lacks
    country: {column: land, translate: countries}            a table of the mapping's `tables`
    bornOn: {column: birthday, format: "%d.%m.%Y"}           a day or a moment: `iso` (left out), `epoch_ms`, `epoch_s` or a pattern
    occurredAt: {column: time, timeZone: Asia/Shanghai}      zone of moments that state none; left out: the mapping's
    amount: {column: amount, decimals: 2}                    decimal to minor units; as `amount: "{amount}"` it is minor units already

A column that is empty in a row leaves the value out, and a text with such a column likewise. Braces of a text are written twice.
`compile` binds an expression to the columns of a file and gives a function of a row; it raises `ValueError` with what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from graph.importing import reading_values
from graph.importing.located import Located
from graph.importing.shapes import Leaf

Row: TypeAlias = Sequence[object]
"""A row's values in the order of its file's columns, then its number and its file's name."""

Evaluate: TypeAlias = Callable[[Row], object]
"""The value in a row, None when it is left out; `ValueError` says what is wrong with it."""

ROW: Final = ":row"
FILE: Final = ":file"
MAXIMUM_TRANSLATIONS: Final = 2_000

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FIELDS: Final = frozenset({"column", "text", "translate", "otherwise", "format", "timeZone", "decimals"})


@dataclass(frozen=True, slots=True)
class Common:
    """What a mapping says once for all its expressions."""

    zone: str = "UTC"
    """Time zone of moments that state none."""
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Tables of translations by their names."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Expression:
    """One leaf: parts that make a text, and how that text becomes a value of its type."""

    parts: tuple[str | Column, ...]
    leaf: Leaf
    line: int
    field: str
    translate: Mapping[str, str] | None = None
    otherwise: str | None = None
    lenient: bool = False
    """Whether what the table lacks is left out; else it is wrong."""
    format: str = "iso"
    zone: str = "UTC"
    decimals: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it reads, `:row` and `:file` left out."""
        return tuple(part.name for part in self.parts if isinstance(part, Column) and not part.name.startswith(":"))

    @property
    def words(self) -> str:
        """What it gives, for people: `column amount`."""
        said = " followed by ".join(f"column {part.name}" if isinstance(part, Column) else repr(part) for part in self.parts)
        said = said.replace(f"column {ROW}", "the row's number").replace(f"column {FILE}", "the file's name")
        if self.translate is not None:
            others = f"otherwise {self.otherwise}" if self.otherwise else "others are left out" if self.lenient else "others are rejected"
            said += f", translated ({len(self.translate)} values, {others})"
        if self.leaf in (Leaf.MOMENT, Leaf.DAY) and self.columns:
            said += f", read as {self.format} in {self.zone}" if self.leaf is Leaf.MOMENT else f", read as {self.format}"
        if self.leaf is Leaf.MINOR:
            said += ", in minor units" if self.decimals is None else f", with {self.decimals} decimals"
        return said


def read(given: Located, leaf: Leaf, common: Common) -> Expression:
    """The expression that a mapping writes for a leaf of this type. Raises `MappingError`."""
    plain = Expression((), leaf, given.line, given.field, zone=common.zone)
    if not isinstance(given.value, dict):
        return replace(plain, parts=_parts(given, given))
    fields = given.fields(_FIELDS)
    if ("column" in fields) == ("text" in fields):
        raise given.wrong("needs either `column` or `text`")
    for name, leaves in (("format", (Leaf.MOMENT, Leaf.DAY)), ("timeZone", (Leaf.MOMENT,)), ("decimals", (Leaf.MINOR,))):
        if name in fields and leaf not in leaves:
            raise fields[name].wrong(f"is of no use to a {leaf.value}: leave it out")
    form = fields["format"].text() if "format" in fields else "iso"
    if form not in reading_values.FORMATS and "%" not in form:
        raise fields["format"].wrong(f"must be {', '.join(reading_values.FORMATS)} or a pattern like %d.%m.%Y %H:%M")
    if "otherwise" in fields and "translate" not in fields:
        raise fields["otherwise"].wrong("is said without `translate`: add a table or leave it out")
    otherwise = fields.get("otherwise")
    return replace(
        plain,
        parts=_parts(given, fields["text"]) if "text" in fields else (Column(fields["column"].text()),),
        translate=_table(fields["translate"], common) if "translate" in fields else None,
        otherwise=None if otherwise is None or otherwise.value is None else otherwise.text(),
        lenient=otherwise is not None and otherwise.value is None,
        format=form,
        zone=read_zone(fields["timeZone"]) if "timeZone" in fields else common.zone,
        decimals=fields["decimals"].whole(0, 6) if "decimals" in fields else None,
    )


def read_zone(given: Located) -> str:
    """The name of a time zone of the IANA database."""
    name = given.text()
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, no name of a zone, or a folder of the database
        raise given.wrong("is no time zone of the IANA database: write it like Asia/Shanghai or UTC") from error
    return name


def read_table(given: Located) -> dict[str, str]:
    """A translation's table."""
    if not isinstance(given.value, dict) or not 1 <= len(given.value) <= MAXIMUM_TRANSLATIONS:
        raise given.wrong(f"must be a table of 1 to {MAXIMUM_TRANSLATIONS:,} lines, `from: to`")
    return {
        name: "true" if inner.value is True else "false" if inner.value is False else inner.text() for name, inner in given.value.items()
    }


def _table(given: Located, common: Common) -> Mapping[str, str]:
    """A table that is written out, or named."""
    if not isinstance(given.value, str):
        return read_table(given)
    if given.value not in common.tables:
        raise given.wrong(f"names no table of the mapping's `tables`: those are {', '.join(sorted(common.tables)) or 'none'}")
    return common.tables[given.value]


def _parts(given: Located, text: Located) -> tuple[str | Column, ...]:
    """Texts and columns of a text with columns in braces."""
    if isinstance(text.value, bool):
        return ("true" if text.value else "false",)
    whole, parts, end = text.text(), list[str | Column](), 0
    literal = ""
    for found in _PART.finditer(whole):
        literal += whole[end : found.start()]
        end = found.end()
        name = found.group(1)
        if name:
            parts += [literal, Column(name)] if literal else [Column(name)]
            literal = ""
        elif found.group() in ("{{", "}}"):
            literal += found.group()[0]
        else:
            raise given.wrong("has a brace that is not closed or names no column: write {column}, or {{ and }} for braces themselves")
        if name and name.startswith(":") and name not in (ROW, FILE):
            raise given.wrong(f"asks for {name}: only {ROW} and {FILE} begin with a colon")
    literal += whole[end:]
    return tuple([*parts, literal] if literal else parts)


def compile_expression(expression: Expression, columns: Mapping[str, int], empty: frozenset[str]) -> Evaluate:
    """The expression as a function of a row whose columns stand at these places; texts in `empty` are empty."""
    evaluate = _text_of(expression.parts, columns, empty)
    if expression.translate is not None:
        evaluate = _translated(evaluate, expression.translate, expression.otherwise, expression.lenient)
    convert = _conversion(expression)
    if convert is None:
        return evaluate

    def converted(row: Row) -> object:
        value = evaluate(row)
        return None if value is None else convert(value)

    if not any(isinstance(part, Column) for part in expression.parts):
        constant = converted(())
        return lambda row: constant
    return converted


def _conversion(expression: Expression) -> Callable[[object], object] | None:
    """What turns the text, or a typed file's own value, into the leaf's type; None for texts."""
    match expression.leaf:
        case Leaf.TEXT:
            return reading_values.text
        case Leaf.WHOLE:
            return reading_values.whole
        case Leaf.NUMBER:
            return reading_values.number
        case Leaf.BOOLEAN:
            return reading_values.boolean
        case Leaf.MINOR:
            return reading_values.whole if expression.decimals is None else reading_values.minor_units(expression.decimals)
        case Leaf.MOMENT:
            return reading_values.moment(expression.format, expression.zone)
        case Leaf.DAY:
            return reading_values.day(expression.format)


def _text_of(parts: Sequence[str | Column], columns: Mapping[str, int], empty: frozenset[str]) -> Evaluate:
    """The parts put together; None when a column is empty."""
    if len(parts) == 1:
        return _single(parts[0], columns, empty)
    evaluates = [_single(part, columns, empty) for part in parts]

    def joined(row: Row) -> object:
        texts: list[str] = []
        for evaluate in evaluates:
            value = evaluate(row)
            if value is None:
                return None
            texts.append(value if value.__class__ is str else reading_values.text(value))
        return "".join(texts)

    return joined


def _single(part: str | Column, columns: Mapping[str, int], empty: frozenset[str]) -> Evaluate:
    """One part; None when it is an empty column."""
    if isinstance(part, str):
        return lambda row: part
    place = columns[part.name]

    def column(row: Row) -> object:
        value = row[place]
        # Values of typed files may be lists, which are in no set.
        return None if value is None or (value.__class__ is str and value in empty) else value

    return column


def _translated(evaluate: Evaluate, table: Mapping[str, str], otherwise: str | None, lenient: bool) -> Evaluate:
    """A value looked up in a table."""

    def translated(row: Row) -> object:
        value = evaluate(row)
        if value is None:
            return otherwise
        found = table.get(reading_values.text(value), otherwise)
        if found is None and not lenient:
            raise ValueError("is not in the mapping's table: add it there, or give `otherwise`")
        return found

    return translated
