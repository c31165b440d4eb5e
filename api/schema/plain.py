"""The quick way through what needs its source alone: whole pieces of an answer without paths, resolve info or awaiting.

Most of an answer is plain: fields that `api.schema.binding` marked as reading their source and nothing else. For an object all of whose
selected fields are plain, all the way down, a function is composed, once for a document, and then called for each such object. Whatever
is not as expected on that way (a null where none may be, an error, something to await, too much time) leaves it: the object is then
completed by graphql-core, which knows how to say what is wrong and where. Plain fields are pure, so doing it again is harmless.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from inspect import iscoroutine
from time import perf_counter
from typing import Any, Final, TypeAlias

from graphql import (
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    Visitor,
    is_abstract_type,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues
from graphql.language.visitor import BREAK, VisitorAction
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from api.schema.binding import PLAIN
from api.schema.disclosing import Accountable

Read: TypeAlias = Callable[[Any], Any]
Step: TypeAlias = Callable[[Any, float], Any]
"""From a source or value, and the moment when lists give way, to what is completed; raises whatever it likes to leave the quick way."""

SLICE_SECONDS: Final = 0.003
"""Longest that the quick way goes on through lists."""

OPERATIONS_KEPT: Final = 256
"""Operations whose composed functions are kept."""


class PlainFields(Accountable):
    """The executor, with the quick way for objects that are plain all the way down."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the executor's own
        super().__init__(*arguments, **named)
        self._until: float = perf_counter() + SLICE_SECONDS
        """When lists are to give way to others."""
        self._shapes = _shapes(self.schema, self.operation, self.fragments, self.variable_values)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: object,
        position_context: object,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Complete an object: quickly when it is plain, else as ever."""
        shape = self._shapes.of(return_type, field_details_list)
        if shape is not None:
            try:
                completed: dict[str, Any] = shape(result, self._until)
            except Exception:  # the ordinary way meets it again, and knows its path
                return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
            return completed
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)


class _Leave(Exception):
    """This is not for the quick way."""


class _Shapes:
    """The functions composed for one operation: by object type and the fields of the document that select on it."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: dict[str, FragmentDetails], variables: VariableValues
    ) -> None:
        self._schema = schema
        # Held, so that the identities of the document's nodes stay theirs.
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._known: dict[tuple[str | int, ...], Step | None] = {}

    def of(self, named: GraphQLObjectType, details: FieldDetailsList) -> Step | None:
        """What completes an object of a type under a selection; None when something selected is not plain."""
        key: tuple[str | int, ...] = (named.name, *(id(one.node) for one in details))
        try:
            return self._known[key]
        except KeyError:
            shape = self._known[key] = self._composed(named, details)
            return shape

    def _composed(self, named: GraphQLObjectType, details: FieldDetailsList) -> Step | None:
        steps: list[tuple[str, Step]] = []
        selected = collect_subfields(self._schema, self._fragments, self._variables, self._operation, named, details, hide_suggestions=True)
        for response_name, inner in selected.grouped_field_set.items():
            name = inner[0].node.name.value
            if name == "__typename":
                steps.append((response_name, _constant(named.name)))
                continue
            field = named.fields.get(name)
            read = None if field is None else field.extensions.get(PLAIN)
            complete = None if field is None or read is None else self._complete(field.type, inner)
            if read is None or complete is None:
                return None
            steps.append((response_name, _after(read, complete)))
        return lambda source, until: {name: step(source, until) for name, step in steps}

    def _complete(self, given: GraphQLOutputType, details: FieldDetailsList) -> Step | None:
        """What completes a value of a type."""
        if isinstance(given, GraphQLNonNull):
            return self._complete_something(given.of_type, details)
        something = self._complete_something(given, details)
        return None if something is None else lambda value, until: None if value is None else something(value, until)

    def _complete_something(self, given: GraphQLOutputType, details: FieldDetailsList) -> Step | None:
        """What completes a value that may not be null."""
        if is_leaf_type(given):
            return _writer(given)
        if isinstance(given, GraphQLList):
            item = self._complete(given.of_type, details)
            return None if item is None else _listed(item)
        if isinstance(given, GraphQLObjectType):
            shape = self.of(given, details)
            return None if shape is None else _present(shape)
        assert is_abstract_type(given), "every other type is abstract"
        return self._by_class(details)

    def _by_class(self, details: FieldDetailsList) -> Step:
        """What completes a value whose type its class tells."""
        known: dict[type, Step] = {}

        def complete(value: object, until: float) -> object:
            shape = known.get(value.__class__)
            if shape is None:
                shape = known[value.__class__] = self._shape_of(value, details)
            return shape(value, until)

        return complete

    def _shape_of(self, value: object, details: FieldDetailsList) -> Step:
        if iscoroutine(value):
            value.close()
        declared = getattr(value, "__strawberry_definition__", None)
        named = None if declared is None else self._schema.get_type(declared.name)
        shape = self.of(named, details) if isinstance(named, GraphQLObjectType) else None
        if shape is None:
            raise _Leave
        return shape


_SHARED: Final[OrderedDict[int, tuple[OperationDefinitionNode, _Shapes]]] = OrderedDict()
"""Of the operations used last, by their identity; only the event loop's thread runs operations."""


def _shapes(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: dict[str, FragmentDetails], variables: VariableValues
) -> _Shapes:
    """The operation's functions: kept with it, unless its variables say what is selected."""
    kept = _SHARED.get(id(operation))
    if kept is not None and kept[0] is operation:
        _SHARED.move_to_end(id(operation))
        return kept[1]
    if _is_conditional(operation, fragments):
        return _Shapes(schema, operation, fragments, variables)
    shapes = _Shapes(schema, operation, fragments, VariableValues({}, {}))
    _SHARED[id(operation)] = (operation, shapes)
    if len(_SHARED) > OPERATIONS_KEPT:
        _SHARED.popitem(last=False)
    return shapes


class _Conditions(Visitor):
    """Looks for a directive."""

    found = False

    def enter_directive(self, _node: DirectiveNode, *_: object) -> VisitorAction:
        """There is one: enough."""
        self.found = True
        return BREAK


def _is_conditional(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDetails]) -> bool:
    """Whether any directive stands in an operation or a fragment of its document."""
    looking = _Conditions()
    nodes: list[OperationDefinitionNode | FragmentDefinitionNode] = [operation, *(one.definition for one in fragments.values())]
    for node in nodes:
        visit(node, looking)
    return looking.found


def _constant(name: str) -> Step:
    return lambda _source, _until: name


def _after(read: Read, complete: Step) -> Step:
    return lambda source, until: complete(read(source), until)


def _listed(item: Step) -> Step:
    def complete(values: object, until: float) -> list[Any]:
        if not isinstance(values, (list, tuple)) or perf_counter() > until:
            raise _Leave
        return [item(value, until) for value in values]

    return complete


def _present(shape: Step) -> Step:
    def complete(value: object, until: float) -> object:
        if iscoroutine(value):
            value.close()
            raise _Leave
        if value is None:
            raise _Leave
        return shape(value, until)

    return complete


def _writer(leaf: GraphQLLeafType) -> Step:
    """What writes a value of a scalar or enum that may not be null, at once where its class is the one expected."""
    write: Read = leaf.coerce_output_value
    expected = leaf.wrapped_cls if isinstance(leaf, CustomGraphQLEnumType) else {"String": str, "ID": str, "Boolean": bool}.get(leaf.name)

    def complete(value: object, _until: float) -> object:
        if value.__class__ is expected:
            return value
        if value is None:
            raise _Leave
        return write(value)

    return complete
