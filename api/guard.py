"""What every document passes before validation sees it: size, tokens, depth, aliases, root fields, directives, fragments, literals, cost.

Linear in the document: each definition is measured once, whatever spreads it, so that nested spreads are no more work than
their text. The counts are of steps, not of seconds, and tests hold them to a multiple of the tokens.

    Refused   the document is not run: `code` INVALID (correct it) or TOO_MUCH_WORK (ask for less)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    parse,
)

from api.cost import MOST, CostTable, Count
from api.flaws import BATCH_FIELD, FORBIDDEN_TEXT, LARGEST_INTEGER

IN_A_FACT: Final = "input.facts."
"""How paths to what a fact holds begin in the arguments of `recordFacts`."""

INTROSPECTION: Final = frozenset({"__schema", "__type"})


class Refused(Exception):
    """The document is refused, unrun; `code` is INVALID or TOO_MUCH_WORK, the message says what is allowed."""

    def __init__(self, code: str, message: str, bound: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.bound = bound
        """Which bound was met, for metrics: `tokens`, `depth`, `cost` ..."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a document may be; the shipped operations use at most a fifth of each."""

    characters: int = 64 * 1024
    tokens: int = 2_000
    comments: int = 500
    depth: int = 15
    """Fields within fields, through fragments."""
    nesting: int = 60
    """Selection sets within selection sets, inline and spread fragments included."""
    aliases: int = 100
    root_fields: int = 20
    """Of one operation, through fragments."""
    directives: int = 100
    fragments: int = 50
    operations: int = 10
    variables: int = 50
    """Of one operation."""
    literal_depth: int = 16
    """Lists and objects within an argument."""
    cost: int = 2_500
    """Of one operation."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A document that passed all that does not depend on the operation and its variables."""

    document: DocumentNode
    operations: Mapping[str, OperationDefinitionNode]
    """By name; an anonymous one as the empty text."""
    fragments: Mapping[str, FragmentDefinitionNode]
    steps: int
    """Nodes looked at."""


@dataclass(slots=True)
class _Measure:
    """One definition by itself: what it holds, and where it spreads others."""

    depth: int = 0
    nesting: int = 0
    root_fields: int = 0
    spreads: list[tuple[str, int, int]] = field(default_factory=list)
    """Name of the fragment, and depth and nesting at which it is spread."""


class Guard:
    """Admits documents and operations within bounds. Holds nothing of any request; safe in any thread."""

    def __init__(self, table: CostTable, bounds: Bounds, *, introspection: bool) -> None:
        self._table = table
        self._bounds = bounds
        self._introspection = introspection

    @property
    def bounds(self) -> Bounds:
        """The bounds it holds documents to."""
        return self._bounds

    def admit(self, text: str) -> Admitted:
        """Parse a document and measure it. Raises `Refused`, or `GraphQLError` where the text is no document."""
        bounds = self._bounds
        if len(text) > bounds.characters:
            raise _too_much("characters", len(text), bounds.characters, "Shorten the document, or send values as variables")
        return self.measure(self._parse(text))

    def _parse(self, text: str) -> DocumentNode:
        bounds = self._bounds
        try:
            return parse(text, max_lexical_tokens=bounds.tokens, max_comments=bounds.comments)
        except GraphQLError as error:
            if error.message.startswith("Syntax Error: Document contains more than"):
                what = "comments" if "comments" in error.message else "tokens"
                most = bounds.comments if what == "comments" else bounds.tokens
                raise Refused(
                    "TOO_MUCH_WORK", f"The document has more than {most:,} {what}, the most allowed: ask for less.", what
                ) from None
            raise

    def measure(self, document: DocumentNode) -> Admitted:
        """Hold a parsed document to the bounds; raises `Refused`."""
        return _Measuring(document, self._bounds, self._introspection).admitted()

    def cost(self, admitted: Admitted, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> tuple[int, frozenset[str]]:
        """Cost of one operation, and the variables that sizes came from: with equal values of these it is equal."""
        count = Count(self._table, admitted.fragments, variables)
        return count.operation(operation), frozenset(count.sized_by)

    def afford(self, cost: int) -> None:
        """Refuse an operation that costs more than one may; raises `Refused` with both numbers."""
        if cost > self._bounds.cost:
            shown = f"more than {MOST - 1:,}" if cost >= MOST else f"{cost:,}"
            raise Refused(
                "TOO_MUCH_WORK",
                f"The operation costs {shown} and may cost {self._bounds.cost:,}: ask for less, for instance with a smaller `first`.",
                "cost",
            )


class _Measuring:
    """One pass over a document."""

    def __init__(self, document: DocumentNode, bounds: Bounds, introspection: bool) -> None:
        self._document = document
        self._bounds = bounds
        self._introspection = introspection
        self._steps = 0
        self._aliases = 0
        self._directives = 0
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._measures: dict[str, _Measure] = {}
        self._through: dict[str, _Measure] = {}

    def admitted(self) -> Admitted:
        """Measure each definition once, then add up through fragments."""
        operations: dict[str, OperationDefinitionNode] = {}
        own: dict[str, _Measure] = {}
        for definition in self._document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = definition
                self._hold("fragments", len(self._fragments), self._bounds.fragments, "Inline some of them, or ask for less")
                self._measures[definition.name.value] = self._definition(definition)
            elif isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else ""
                self._hold("operations", len(own) + 1, self._bounds.operations, "Send only the operation to be run")
                self._hold("variables", len(definition.variable_definitions or ()), self._bounds.variables, "Group them in an input object")
                # A name used twice is measured twice; validation refuses it.
                own[f"{name}#{len(own)}"] = self._definition(definition)
                operations[name] = definition
            else:
                raise Refused("INVALID", "The document defines types: send operations and fragments only.", "definitions")
        for name in self._fragments:
            self._add_up(name)
        for measure in own.values():
            fields = self._whole(measure).root_fields
            self._hold("root fields", fields, self._bounds.root_fields, "Send them in several operations")
        return Admitted(self._document, operations, self._fragments, self._steps)

    def _hold(self, what: str, count: int, most: int, advice: str) -> None:
        if count > most:
            raise _too_much(what, count, most, advice)

    def _definition(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Measure:
        """Measure one definition by itself; no recursion."""
        measure = _Measure()
        self._count_directives(definition)
        for variable in definition.variable_definitions or ():
            self._count_directives(variable)
            if variable.default_value is not None:
                self._literal(variable.default_value, f"${variable.variable.name.value}")
        pending: list[tuple[SelectionSetNode, int, int]] = [(definition.selection_set, 1, 1)]
        while pending:
            selections, depth, nesting = pending.pop()
            measure.nesting = max(measure.nesting, nesting)
            self._hold("levels of nesting", nesting, self._bounds.nesting, "Flatten the fragments")
            for selection in selections.selections:
                self._steps += 1
                self._count_directives(selection)
                if isinstance(selection, FragmentSpreadNode):
                    measure.spreads.append((selection.name.value, depth - 1, nesting))
                elif isinstance(selection, InlineFragmentNode):
                    pending.append((selection.selection_set, depth, nesting + 1))
                elif isinstance(selection, FieldNode):
                    self._field(selection, depth, measure)
                    if selection.selection_set is not None:
                        pending.append((selection.selection_set, depth + 1, nesting + 1))
        return measure

    def _field(self, node: FieldNode, depth: int, measure: _Measure) -> None:
        name = node.name.value
        if name in INTROSPECTION and not self._introspection:
            raise Refused("INVALID", f"`{name}` is off here: the schema is published as a file. `__typename` is allowed.", "introspection")
        if node.alias is not None:
            self._aliases += 1
            self._hold("aliases", self._aliases, self._bounds.aliases, "Send the fields in several operations")
        measure.depth = max(measure.depth, depth)
        self._hold("levels of fields", depth, self._bounds.depth, "Ask for the lower ones by id")
        measure.root_fields += depth == 1
        batch = depth == 1 and name == BATCH_FIELD
        for argument in node.arguments or ():
            self._literal(argument.value, argument.name.value, batch=batch)

    def _count_directives(self, node: object) -> None:
        directives = getattr(node, "directives", None)
        if directives:
            self._directives += len(directives)
            self._hold("directives", self._directives, self._bounds.directives, "Leave the fields out instead")
            for directive in directives:
                for argument in directive.arguments or ():
                    self._literal(argument.value, f"@{directive.name.value}({argument.name.value})")

    def _literal(self, node: ValueNode, name: str, *, batch: bool = False) -> None:
        """Refuse by name, in a literal, what no variable may hold either; a text of a fact of a batch refuses that fact. No recursion."""
        pending: list[tuple[ValueNode, str, int]] = [(node, name, 1)]
        while pending:
            value, path, depth = pending.pop()
            self._steps += 1
            self._hold(f"levels in `{path}`", depth, self._bounds.literal_depth, "Send it as a variable")
            if isinstance(value, ObjectValueNode):
                pending.extend((f.value, f"{path}.{f.name.value}", depth + 1) for f in value.fields)
            elif isinstance(value, ListValueNode):
                pending.extend((item, path, depth + 1) for item in value.values)
            elif isinstance(value, StringValueNode) and FORBIDDEN_TEXT.search(value.value):
                if batch and path.startswith(IN_A_FACT):
                    continue
                raise Refused("INVALID", f"`{path}` holds a control character or a lone surrogate: send plain text.", "text")
            elif isinstance(value, IntValueNode) and (len(value.value) > 20 or abs(int(value.value)) > LARGEST_INTEGER):
                raise Refused("INVALID", f"`{path}` is an integer beyond 64 bits: send one of at most {LARGEST_INTEGER}.", "integer")
            elif isinstance(value, FloatValueNode) and abs(float(value.value)) == float("inf"):
                raise Refused("INVALID", f"`{path}` is a number beyond what a float holds: send a smaller one.", "number")

    def _add_up(self, root: str) -> None:
        """Measure a fragment through those it spreads, each once; refuse cycles. No recursion."""
        path: list[tuple[str, Iterator[tuple[str, int, int]]]] = []
        on_path: set[str] = set()
        name: str | None = root
        while name is not None:
            if name not in self._through and name in self._measures:
                if name in on_path:
                    raise Refused("INVALID", f"The fragment `{name}` spreads itself: break the circle.", "cycle")
                path.append((name, iter(self._measures[name].spreads)))
                on_path.add(name)
            name = None
            while path and name is None:
                current, spreads = path[-1]
                spread = next(spreads, None)
                if spread is not None:
                    self._steps += 1
                    name = spread[0]
                else:
                    path.pop()
                    on_path.discard(current)
                    self._through[current] = self._whole(self._measures[current])

    def _whole(self, measure: _Measure) -> _Measure:
        """A definition's measure through the fragments it spreads, held to the bounds."""
        whole = _Measure(measure.depth, measure.nesting, measure.root_fields)
        for name, depth, nesting in measure.spreads:
            self._steps += 1
            through = self._through.get(name)
            if through is not None:
                whole.depth = max(whole.depth, depth + through.depth)
                whole.nesting = max(whole.nesting, nesting + through.nesting)
                if depth == 0:
                    whole.root_fields = min(whole.root_fields + through.root_fields, MOST)
        self._hold("levels of fields", whole.depth, self._bounds.depth, "Ask for the lower ones by id")
        self._hold("levels of nesting", whole.nesting, self._bounds.nesting, "Flatten the fragments")
        return whole


def _too_much(what: str, count: int, most: int, advice: str) -> Refused:
    bound = what.split()[0] if what.split()[0] != "levels" else "depth"
    return Refused("TOO_MUCH_WORK", f"The document has {count:,} {what} and may have {most:,}. {advice}.", bound)
