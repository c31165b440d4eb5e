"""What an operation costs before it runs, exactly as `semantics.md` 22 counts it: read from the schema's marks, once, into plain tables.

A field of an object type costs 1 (or its `@cost`) and what is below it; in a list or connection that is multiplied by its size.
A fragment counts wherever it is spread; in an abstract type the dearest member counts. The meaning of `@cost` and `@listSize` is
that of the GraphQL cost directives (IBM's draft specification). Work is linear: each selection set is counted once for each
object type it can be selected on, and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from graphql import (
    ArgumentNode,
    ConstDirectiveNode,
    FieldDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableNode,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
)

MOST: Final = 10**15
"""Sums stop here, so that nested spreads cannot make numbers large enough to be work themselves."""

UNBOUNDED: Final = 100
"""Size of a list whose bound was not given: the most that a page may hold."""

Sizes: TypeAlias = tuple[tuple[str, int], ...]
"""Sizes that a field gives to lists directly below it, by their names."""


class UnboundedList(ValueError):
    """The schema has a list of objects whose size nothing bounds; the message names its field."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Arguments that bound a list; the largest counts."""

    arguments: tuple[str, ...]
    fields: tuple[str, ...]
    """The lists directly below that they bound; empty: the field itself."""


@dataclass(frozen=True, slots=True)
class FieldCost:
    """How one field of an object type is counted."""

    weight: int
    below: str | None
    """The composite type that it gives; None for a leaf."""
    listed: bool
    """Whether it is a list of objects by itself."""
    assumed: int | None
    slices: tuple[Slice, ...]
    defaults: Mapping[str, int]
    """Default values of the arguments that bound."""


@dataclass(frozen=True, slots=True)
class CostTable:
    """The marks of a whole schema as plain tables."""

    fields: Mapping[str, Mapping[str, FieldCost]]
    """By object type and field; a field that costs nothing has no line."""
    members: Mapping[str, tuple[str, ...]]
    """The object types that a composite type can be: an object type is itself."""
    roots: Mapping[str, str]
    """Root types by `query`, `mutation`, `subscription`."""

    @classmethod
    def read(cls, sdl: str) -> CostTable:
        """The table of a schema in its definition language; raises `UnboundedList`, so that no list is forgotten."""
        schema = build_schema(sdl)
        objects = [t for t in schema.type_map.values() if is_object_type(t) and not t.name.startswith("__")]
        members: dict[str, tuple[str, ...]] = {}
        for named in schema.type_map.values():
            if is_object_type(named):
                members[named.name] = (named.name,)
            elif is_abstract_type(named):
                members[named.name] = tuple(sorted(t.name for t in schema.get_possible_types(named)))
        roots = {"query": schema.query_type, "mutation": schema.mutation_type, "subscription": schema.subscription_type}
        return cls(
            fields={t.name: _fields_of(t, schema) for t in objects},
            members=members,
            roots={operation: t.name for operation, t in roots.items() if t is not None},
        )


def _fields_of(owner: GraphQLObjectType, schema: GraphQLSchema) -> dict[str, FieldCost]:
    """How each field of an object type is counted; those that cost nothing are left out."""
    counted: dict[str, FieldCost] = {}
    for name, field in owner.fields.items():
        cost = _field(owner.name, name, field, schema)
        if cost.below is not None or cost.weight:
            counted[name] = cost
    return counted


def _field(owner: str, name: str, field: GraphQLField, schema: GraphQLSchema) -> FieldCost:
    """How one field is counted."""
    named: GraphQLNamedType = get_named_type(field.type)
    composite = is_composite_type(named)
    definition = field.ast_node
    assert definition is not None, "a schema read from text has its nodes"
    weight, assumed, slices = _marks(definition, default_weight=1 if composite else 0)
    if "first" in field.args and _is_connection(named) and not slices:
        slices = (Slice(("first",), ("edges",)),)
    listed = composite and _holds_list(definition.type)
    own = [s for s in slices if not s.fields]
    if listed and assumed is None and not own and not (name == "edges" and owner.endswith("Connection")):
        raise UnboundedList(f"{owner}.{name} is a list of objects without a bound: give it @listSize.")
    wanted = {argument for s in slices for argument in s.arguments}
    defaults = {a: int(value) for a in sorted(wanted) if isinstance(value := _default(field, a), int)}
    return FieldCost(weight, named.name if composite else None, listed, assumed, slices, defaults)


def _default(field: GraphQLField, argument: str) -> int | None:
    """An argument's default in the schema, when it is a whole number."""
    node = field.args[argument].ast_node
    value = node.default_value if node is not None else None
    return int(value.value) if isinstance(value, IntValueNode) else None


def _is_connection(named: GraphQLNamedType) -> bool:
    return named.name.endswith("Connection") and is_object_type(named) and "edges" in named.fields


def _holds_list(node: TypeNode) -> bool:
    while isinstance(node, NonNullTypeNode):
        node = node.type
    return isinstance(node, ListTypeNode)


def _marks(definition: FieldDefinitionNode, default_weight: int) -> tuple[int, int | None, tuple[Slice, ...]]:
    """Weight, assumed size and slices from a field's `@cost` and `@listSize`."""
    weight, assumed, slices = default_weight, None, []
    for mark in definition.directives or ():
        if mark.name.value == "cost":
            weight = _whole(mark, "weight") or 0
        elif mark.name.value == "listSize":
            assumed = _whole(mark, "assumedSize") if assumed is None else assumed
            arguments = _texts(mark, "slicingArguments")
            if arguments:
                slices.append(Slice(arguments, _texts(mark, "sizedFields")))
    return weight, assumed, tuple(slices)


def _argument(nodes: Iterable[ArgumentNode] | None, name: str) -> ValueNode | None:
    return next((a.value for a in nodes or () if a.name.value == name), None)


def _whole(mark: ConstDirectiveNode, name: str) -> int | None:
    value = _argument(mark.arguments, name)
    return int(value.value) if isinstance(value, IntValueNode) else None


def _texts(mark: ConstDirectiveNode, name: str) -> tuple[str, ...]:
    value = _argument(mark.arguments, name)
    return tuple(v.value for v in value.values if isinstance(v, StringValueNode)) if isinstance(value, ListValueNode) else ()


class Count:
    """Counts one operation with its variables. Holds memory of what it counted; use once.

    The document may be invalid: what the schema does not know costs nothing here, and validation refuses it afterwards.
    Fragments must not spread themselves (`api.guard` has refused that), and nesting must be bounded.
    """

    def __init__(self, table: CostTable, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, object]) -> None:
        self._table = table
        self._fragments = fragments
        self._variables = variables
        self._defaults: dict[str, object] = {}
        self._known: dict[tuple[int, str, Sizes], int] = {}
        self.steps = 0
        """Selections looked at: linear in the document."""
        self.sized_by: set[str] = set()
        """Variables that a size came from: with equal values of these the cost is equal."""

    def operation(self, operation: OperationDefinitionNode) -> int:
        """Cost of the operation, at most `MOST`."""
        self._defaults = {
            v.variable.name.value: _literal(v.default_value) for v in operation.variable_definitions or () if v.default_value is not None
        }
        root = self._table.roots.get(operation.operation.value)
        return 0 if root is None else self._on_object(operation.selection_set, root, ())

    def _on_any(self, selections: SelectionSetNode, type_name: str, sizes: Sizes) -> int:
        """Cost of a selection set on a composite type: of its dearest member."""
        return max((self._on_object(selections, member, sizes) for member in self._table.members.get(type_name, ())), default=0)

    def _on_object(self, selections: SelectionSetNode, type_name: str, sizes: Sizes) -> int:
        """Cost of a selection set on one object type."""
        key = (id(selections), type_name, sizes)
        known = self._known.get(key)
        if known is None:
            total = sum(self._selection(selection, type_name, sizes) for selection in selections.selections)
            known = self._known[key] = min(total, MOST)
        return known

    def _selection(self, selection: SelectionNode, type_name: str, sizes: Sizes) -> int:
        self.steps += 1
        if isinstance(selection, FieldNode):
            field = self._table.fields.get(type_name, {}).get(selection.name.value)
            return 0 if field is None else self._field(selection, field, sizes)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            below: SelectionSetNode | None = selection.selection_set
        else:
            assert isinstance(selection, FragmentSpreadNode)
            fragment = self._fragments.get(selection.name.value)
            condition, below = (fragment.type_condition, fragment.selection_set) if fragment else (None, None)
        if below is None or (condition is not None and type_name not in self._table.members.get(condition.name.value, ())):
            return 0
        return self._on_object(below, type_name, sizes)

    def _field(self, node: FieldNode, field: FieldCost, sizes: Sizes) -> int:
        given = {a.name.value: a.value for a in node.arguments or ()} if field.slices else {}
        below_sizes = tuple((name, self._size(s, field, given)) for s in field.slices for name in s.fields)
        below = self._on_any(node.selection_set, field.below, below_sizes) if node.selection_set is not None and field.below else 0
        return min((field.weight + below) * self._times(node.name.value, field, given, sizes), MOST)

    def _times(self, name: str, field: FieldCost, given: Mapping[str, ValueNode], sizes: Sizes) -> int:
        """How often the field counts: once, or the size of its list."""
        if not field.listed:
            return 1
        for bounded, size in sizes:
            if bounded == name:
                return size
        own = [self._size(s, field, given) for s in field.slices if not s.fields]
        return max(own) if own else (UNBOUNDED if field.assumed is None else field.assumed)

    def _size(self, bound: Slice, field: FieldCost, given: Mapping[str, ValueNode]) -> int:
        """The larger of the arguments that bound, or what is assumed where none is given."""
        sizes: Sequence[int] = [n for a in bound.arguments if (n := self._whole(given.get(a), field.defaults.get(a))) is not None]
        return max(0, *sizes) if sizes else (UNBOUNDED if field.assumed is None else field.assumed)

    def _whole(self, node: ValueNode | None, default: int | None) -> int | None:
        """An argument's value as a whole number; what is no number is left to validation, which refuses it."""
        value: object
        if node is None:
            value = default
        elif isinstance(node, VariableNode):
            name = node.name.value
            self.sized_by.add(name)
            value = self._variables[name] if name in self._variables else self._defaults.get(name, default)
        else:
            value = _literal(node)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return min(value, MOST) if isinstance(value, int) and not isinstance(value, bool) else None


def _literal(node: ValueNode) -> object:
    """A literal whole number; None for anything else."""
    return int(node.value[:20]) if isinstance(node, IntValueNode) else None
