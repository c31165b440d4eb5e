"""Documents that are parsed, measured and validated once: those that were asked for before, and the trusted ones known from the start.

A trusted document is a file `NAME.graphql` of one operation. Callers name it by `documentId`, its file's name without the ending or
`sha256:` and the hash of its bytes, and send no document at all; nothing of it is parsed, validated or measured again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, specified_rules, validate
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule, ValidationContext

from api.guard import Admitted, Guard, Refused

MERGING_BUDGET: Final = 20_000
"""Comparisons of fields that may overlap: a fraction of graphql-core's, some 40 ms; the shipped operations need three."""

MOST_ERRORS: Final = 20

COSTS_KEPT: Final = 16
"""Costs by sizes that are remembered of one operation."""


class InvalidDocument(Exception):
    """The document does not fit the schema; `errors` say where."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors in the document")
        self.errors = errors


class UnknownOperation(Exception):
    """The document has no such operation, or several and none was named."""


class WrongTrustedDocument(Exception):
    """A file of the trusted documents cannot be used; the message names it and says why."""


class _Merging(OverlappingFieldsCanBeMergedRule):
    """graphql-core's rule with a budget of our own."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MERGING_BUDGET


RULES: Final[tuple[type[ASTValidationRule], ...]] = tuple(
    _Merging if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
)
"""Built once: rule classes that are made for each request defeat every cache."""


class Known:
    """One document, measured; and, once `valid`, validated."""

    __slots__ = ("_costs", "_guard", "_masked", "_mutex", "_sized_by", "admitted", "length", "name", "valid")

    def __init__(self, guard: Guard, admitted: Admitted, length: int, name: str | None = None) -> None:
        self._guard = guard
        self._mutex = threading.Lock()
        self._costs: dict[str, OrderedDict[tuple[object, ...], int]] = {}
        self._sized_by: dict[str, tuple[str, ...]] = {}
        self._masked: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}
        self.admitted = admitted
        self.length = length
        self.name = name
        """Name of a trusted document; None for others."""
        self.valid = False

    @property
    def document(self) -> DocumentNode:
        """The parsed document."""
        return self.admitted.document

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to be run; raises `UnknownOperation`."""
        operations = self.admitted.operations
        if name:
            found = operations.get(name)
            if found is None:
                raise UnknownOperation(f"The document has no operation `{name[:64]}`: name one of its own in `operationName`.")
            return found
        if not operations:
            raise UnknownOperation("The document has no operation: send a query or a mutation.")
        if len(operations) > 1:
            raise UnknownOperation("The document has several operations: name one in `operationName`.")
        return next(iter(operations.values()))

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> int:
        """Cost of an operation; counted again only for other sizes."""
        name = operation.name.value if operation.name else ""
        with self._mutex:
            sized_by = self._sized_by.get(name)
            if sized_by is not None:
                known = self._costs[name].get(_sizes(sized_by, variables))
                if known is not None:
                    return known
        cost, used = self._guard.cost(self.admitted, operation, variables)
        with self._mutex:
            sized_by = self._sized_by[name] = tuple(sorted(used | set(self._sized_by.get(name, ()))))
            costs = self._costs.setdefault(name, OrderedDict())
            costs[_sizes(sized_by, variables)] = cost
            while len(costs) > COSTS_KEPT:
                costs.popitem(last=False)
        return cost

    def masked(
        self,
        operation: OperationDefinitionNode,
        roles: frozenset[str],
        look: Callable[[DocumentNode, OperationDefinitionNode, frozenset[str]], tuple[str, ...]],
    ) -> tuple[str, ...]:
        """What roles do not see of an operation, looked up once: there are few roles, and few operations in a document."""
        key = (operation.name.value if operation.name else "", roles)
        found = self._masked.get(key)
        if found is None:
            found = self._masked[key] = look(self.document, operation, roles)
        return found


def _sizes(names: tuple[str, ...], variables: Mapping[str, object]) -> tuple[object, ...]:
    """What a cost depends on; text, lists and objects are no sizes and count as none. 1, 1.0 and true must not be confused."""
    return tuple(
        (type(value).__name__, value if isinstance(value, (int, float)) else None, name in variables)
        for name in names
        for value in (variables.get(name),)
    )


class Documents:
    """Known documents by the hash of their text: the latest used, as many as fit the bounds. Safe in any thread."""

    def __init__(self, schema: GraphQLSchema, guard: Guard, *, entries: int, characters: int, suggestions: bool) -> None:
        self._schema = schema
        self._guard = guard
        self._entries = entries
        self._characters = characters
        self._suggestions = suggestions
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._length = 0
        self._trusted: dict[str, Known] = {}
        self._mutex = threading.Lock()

    def find(self, text: str) -> Known | None:
        """The document with this text when it is known and valid."""
        key = _hash(text)
        with self._mutex:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            return known

    def trusted(self, document_id: str) -> Known | None:
        """The trusted document with this id."""
        return self._trusted.get(document_id)

    def admit(self, text: str) -> Known:
        """Parse and measure a document; raises `api.guard.Refused`, or `InvalidDocument` where it cannot be parsed."""
        try:
            return Known(self._guard, self._guard.admit(text), len(text))
        except GraphQLError as error:
            raise InvalidDocument([error]) from None

    def validate(self, known: Known, text: str) -> None:
        """Hold an admitted document to the schema, and remember it; raises `InvalidDocument`."""
        self._hold(known)
        with self._mutex:
            key = _hash(text)
            if key not in self._known:
                self._known[key] = known
                self._length += known.length
            while len(self._known) > self._entries or self._length > self._characters:
                _, dropped = self._known.popitem(last=False)
                self._length -= dropped.length

    def _hold(self, known: Known) -> None:
        errors = validate(self._schema, known.document, RULES, max_errors=MOST_ERRORS, hide_suggestions=not self._suggestions)
        if errors:
            raise InvalidDocument(errors[:MOST_ERRORS])
        known.valid = True

    def load(self, folder: Path) -> int:
        """Parse, measure, validate and cost the trusted documents of a folder; how many. Raises `WrongTrustedDocument`."""
        files = sorted(folder.glob("*.graphql"))
        for path in files:
            known = self._load(path)
            self._trusted[path.stem] = known
            self._trusted[f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"] = known
        return len(files)

    def _load(self, path: Path) -> Known:
        text = path.read_text(encoding="utf-8")
        try:
            known = self.admit(text)
            self._hold(known)
            operation = known.operation(None)
            self._guard.afford(known.cost(operation, {}))
        except (InvalidDocument, UnknownOperation, Refused) as error:
            said = error.errors[0].message if isinstance(error, InvalidDocument) else str(error)
            raise WrongTrustedDocument(f"The trusted document {path.name} cannot be used: {said}") from None
        known.name = path.stem
        return known


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
