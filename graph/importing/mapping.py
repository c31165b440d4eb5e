"""A mapping: which files, how they are read, and which facts each row makes, in the shape of the schema's `FactInput`.

    mapping: 1                      version of this form
    name: LDBC FinBench
    source: finbench                who observed the facts
    currency: institution           of amounts without one; `institution` is the institution's own
    timeZone: UTC                   of moments that state none
    tables: {countries: {China: CN}}    translations that several values use
    files:
      - files: AccountTransfer*.csv one pattern or several, of names without .gz
        format: csv                 or jsonl, parquet; then `delimiter`, `quote` (none), `encoding`, `columns` (no header line), `empty`
        occurredAt: "{createTime}"
        knownAt: "{createTime}"     left out: when it is imported
        facts:
          - id: "transfer {:row}"
            when: {column: type, is: [transfer]}    or `isNot`, or a text with columns: it is not empty
            content:
              transferMade: {key: "{:row}", from: {key: "{fromId}"}, to: {key: "{toId}"}, amount: {column: amount, decimals: 2}}

An object may have a `when` of its own. A fact may have its own `occurredAt` and `knownAt`. See `expressions` for values.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeAlias

from graph.currencies import MINOR_DIGITS
from graph.decoding import check_source
from graph.errors import InvalidInput
from graph.importing import located
from graph.importing.expressions import Common, Expression, read, read_table, read_zone
from graph.importing.located import Located, MappingError
from graph.importing.shapes import CONTENTS, MONEY, Leaf, Shape

FORMATS: Final = ("csv", "jsonl", "parquet")
SHIPPED: Final = Path(__file__).parent / "mappings"
MAXIMUM_SECTIONS: Final = 200
MAXIMUM_FACTS: Final = 50
"""Facts that one row may make."""

MAXIMUM_COLUMNS: Final = 2_000
MAXIMUM_TABLES: Final = 50

_TOP: Final = frozenset({"mapping", "name", "source", "currency", "timeZone", "tables", "files"})
_SECTION: Final = frozenset(
    {"files", "format", "delimiter", "quote", "encoding", "columns", "empty", "occurredAt", "knownAt", "timeZone", "facts"}
)
_FACT: Final = frozenset({"id", "when", "occurredAt", "knownAt", "content"})
_CONDITION: Final = frozenset({"column", "text", "is", "isNot"})
_EXPRESSION: Final = frozenset({"column", "text"})


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether something is made of a row: `text` is one of `allowed`, or not, or with neither is not empty."""

    text: Expression
    allowed: frozenset[str] | None = None
    refused: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ObjectMade:
    """An object of a raw fact; fields without a value are left out, and without any the object is."""

    fields: tuple[tuple[str, Made], ...]
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class OwnCurrency:
    """The institution's currency."""


Made: TypeAlias = Expression | ObjectMade | OwnCurrency


@dataclass(frozen=True, slots=True)
class FactMade:
    """One fact that a row makes."""

    id: Expression
    content_name: str
    content: ObjectMade
    occurred_at: Expression
    known_at: Expression | None
    when: Condition | None
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """How files of some names are read, and what their rows make."""

    patterns: tuple[str, ...]
    format: str
    facts: tuple[FactMade, ...]
    line: int
    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"
    columns: tuple[str, ...] | None = None
    """Names of columns of a file without a header line."""
    empty: frozenset[str] = frozenset({""})

    def matches(self, name: str) -> bool:
        """Whether it is for a file of this name."""
        plain = name.removesuffix(".gz")
        return any(fnmatchcase(plain, pattern) for pattern in self.patterns)

    @property
    def used(self) -> tuple[str, ...]:
        """Columns that its facts read, each once, in the order of the mapping."""
        return tuple(dict.fromkeys(column for fact in self.facts for made in _expressions(fact) for column in made.columns))


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A whole mapping, checked."""

    name: str
    source: str
    sections: tuple[Section, ...]
    file: str
    digest: str
    """SHA-256 of its text, hexadecimal: another mapping is another import."""

    def section(self, name: str) -> Section | None:
        """The first section for a file of this name."""
        return next((section for section in self.sections if section.matches(name)), None)


def shipped() -> list[str]:
    """Names of the mappings that ship."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_mapping(named: str | Path) -> FileMapping:
    """The mapping of a YAML file, or one that ships by its name (`finbench`). Raises `MappingError`."""
    path = Path(named)
    if isinstance(named, str) and path.name == named and not path.suffix and not path.is_file():
        path = SHIPPED / f"{named}.yaml"
        if not path.is_file():
            raise MappingError(f"There is no mapping file {named}, and none that ships has this name: those are {', '.join(shipped())}.")
    tree = located.load(path)
    return _Reader(tree).read(hashlib.sha256(path.read_bytes()).hexdigest())


def parse_mapping(text: str, file: str = "mapping.yaml") -> FileMapping:
    """The mapping in a text."""
    return _Reader(located.parse(text.encode(), file)).read(hashlib.sha256(text.encode()).hexdigest())


class _Reader:
    """Reads one mapping; what is common to all of it is kept beside the tree."""

    def __init__(self, tree: Located) -> None:
        self._tree = tree
        self._common = Common()
        self._currency: Made | None = None

    def read(self, digest: str) -> FileMapping:
        fields = self._tree.fields(_TOP, frozenset({"mapping", "source", "files"}))
        if fields["mapping"].value != "1":
            raise fields["mapping"].wrong("must be 1, the version of this form")
        try:
            source = check_source(fields["source"].value)
        except InvalidInput as error:
            raise fields["source"].wrong(error.problems[0].message) from error
        zone = read_zone(fields["timeZone"]) if "timeZone" in fields else "UTC"
        self._common = Common(zone, _tables(fields["tables"]) if "tables" in fields else {})
        if "currency" in fields:
            self._currency = _currency(fields["currency"])
        name = fields["name"].text(100) if "name" in fields else source
        sections = tuple(self._section(item) for item in fields["files"].items(1, MAXIMUM_SECTIONS))
        return FileMapping(name, source, sections, self._tree.file, digest)

    def _section(self, given: Located) -> Section:
        fields = given.fields(_SECTION, frozenset({"files", "format", "facts"}))
        form = fields["format"].choice(*FORMATS)
        for name in ("delimiter", "quote", "encoding", "columns"):
            if name in fields and form != "csv":
                raise fields[name].wrong(f"is said of csv alone: leave it out of {form}")
        common = replace(self._common, zone=read_zone(fields["timeZone"])) if "timeZone" in fields else self._common
        files = fields["files"]
        patterns = [files] if isinstance(files.value, str) else files.items(1, 50)
        facts = tuple(self._fact(item, fields, common) for item in fields["facts"].items(1, MAXIMUM_FACTS))
        section = Section(
            tuple(pattern.text(200) for pattern in patterns),
            form,
            facts,
            given.line,
            _character(fields["delimiter"]) if "delimiter" in fields else ",",
            _quote(fields["quote"]) if "quote" in fields else '"',
            _encoding(fields["encoding"]) if "encoding" in fields else "utf-8",
            tuple(item.text(200) for item in fields["columns"].items(1, MAXIMUM_COLUMNS)) if "columns" in fields else None,
            frozenset(str(item.value or "") for item in fields["empty"].items(0, 20)) | {""} if "empty" in fields else frozenset({""}),
        )
        _check_columns(section, fields.get("columns"))
        return section

    def _fact(self, given: Located, section: Mapping[str, Located], common: Common) -> FactMade:
        fields = given.fields(_FACT, frozenset({"id", "content"}))
        occurred_at = fields.get("occurredAt", section.get("occurredAt"))
        if occurred_at is None:
            raise given.wrong("lacks occurredAt, and so does its file: say when it happened")
        known_at = fields.get("knownAt", section.get("knownAt"))
        content = fields["content"].fields(frozenset(CONTENTS))
        if len(content) != 1:
            raise fields["content"].wrong(f"says {len(content)} things: give exactly one of {', '.join(CONTENTS)}")
        name, said = next(iter(content.items()))
        made = self._made(said, CONTENTS[name], common)
        if not isinstance(made, ObjectMade) or not made.fields:
            raise said.wrong("must be an object with fields")
        return FactMade(
            read(fields["id"], Leaf.TEXT, common),
            name,
            made,
            read(occurred_at, Leaf.MOMENT, common),
            None if known_at is None else read(known_at, Leaf.MOMENT, common),
            _condition(fields["when"], common) if "when" in fields else None,
            given.line,
        )

    def _made(self, given: Located, shape: Shape, common: Common) -> Made:
        """What a mapping writes for a leaf or an object."""
        if isinstance(shape, Leaf):
            return read(given, shape, common)
        if shape is MONEY and not (isinstance(given.value, dict) and given.value.keys() & {"amount", "currency"}):
            if self._currency is None:
                raise given.wrong("says no currency, and neither does the mapping: add `currency` at the top, a code or `institution`")
            return ObjectMade((("amount", read(given, Leaf.MINOR, common)), ("currency", self._currency)))
        fields = given.fields(frozenset({*shape, "when"}))
        made = [(name, self._made(inner, shape[name], common)) for name, inner in fields.items() if name != "when"]
        if shape is MONEY and "currency" not in fields and self._currency is not None:
            made.append(("currency", self._currency))
        return ObjectMade(tuple(made), _condition(fields["when"], common) if "when" in fields else None)


def _tables(given: Located) -> dict[str, Mapping[str, str]]:
    if not isinstance(given.value, dict) or len(given.value) > MAXIMUM_TABLES:
        raise given.wrong(f"must be at most {MAXIMUM_TABLES} tables by their names")
    return {name: read_table(table) for name, table in given.value.items()}


def _condition(given: Located, common: Common) -> Condition:
    if not isinstance(given.value, dict):
        return Condition(read(given, Leaf.TEXT, common))
    fields = given.fields(_CONDITION)
    if "is" in fields and "isNot" in fields:
        raise given.wrong("has `is` and `isNot`: keep one")
    told = {name: inner for name, inner in fields.items() if name in _EXPRESSION}
    text = read(Located(told, given.line, given.field, given.file), Leaf.TEXT, common)
    sets = {name: _texts(fields[name]) if name in fields else None for name in ("is", "isNot")}
    return Condition(text, sets["is"], sets["isNot"])


def _texts(given: Located) -> frozenset[str]:
    """One text or a list of them; true and false are texts here."""
    items = given.items(1, 200) if isinstance(given.value, list) else [given]
    return frozenset(str(item.value).lower() if isinstance(item.value, bool) else item.text() for item in items)


def _currency(given: Located) -> Made:
    if given.value == "institution":
        return OwnCurrency()
    if given.text() not in MINOR_DIGITS:
        raise given.wrong("must be a code of ISO 4217 like CNY, or `institution` for the institution's own")
    return Expression((given.text(),), Leaf.TEXT, given.line, given.field)


def _character(given: Located) -> str:
    text = {"tab": "\t", "\\t": "\t"}.get(given.text(), given.text())
    if len(text) != 1 or text in '"\r\n':
        raise given.wrong('must be one character like , ; | or `tab`, and not "')
    return text


def _quote(given: Located) -> str | None:
    return None if given.value in (None, "none") else _one(given)


def _one(given: Located) -> str:
    if len(given.text()) != 1:
        raise given.wrong("must be one character, or `none`")
    return given.text()


def _encoding(given: Located) -> str:
    try:
        name = codecs.lookup(given.text()).name
        "".encode(name)  # a codec of bytes to bytes, such as zip, is no encoding
    except (LookupError, TypeError, ValueError) as error:
        raise given.wrong("is no encoding: write it like utf-8, gb18030 or latin-1") from error
    return name


def _check_columns(section: Section, given: Located | None) -> None:
    """Columns named by the mapping itself are each named once, and all that is used is there."""
    if section.columns is None or given is None:
        return
    if len(set(section.columns)) != len(section.columns):
        raise given.wrong("names a column twice: rename one")
    missing = [column for column in section.used if column not in section.columns]
    if missing:
        raise given.wrong(f"lacks {missing[0]}, which a fact reads: add it or correct the fact")


def _expressions(fact: FactMade) -> Iterator[Expression]:
    """All expressions of a fact."""
    yield from (made for made in (fact.id, fact.occurred_at, fact.known_at) if made is not None)
    if fact.when is not None:
        yield fact.when.text
    pending: list[Made] = [fact.content]
    while pending:
        made = pending.pop()
        if isinstance(made, Expression):
            yield made
        elif isinstance(made, ObjectMade):
            pending += [inner for _, inner in reversed(made.fields)]
            if made.when is not None:
                yield made.when.text
