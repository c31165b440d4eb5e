"""Runs one operation of a known document: variables are read apart, off the loop where they are large, and long lists give way.

graphql-core's executor is used directly with a document that was parsed and validated before. Resolvers get the operation's
`api.context.Context` as `info.context`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping
from contextlib import aclosing
from time import perf_counter
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLList,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails
from graphql.execution.execute import create_source_event_stream
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import AwaitableOrValue, Path, gather_with_cancel
from graphql.utilities import validate_input_value

from api.schema.plain import SLICE_SECONDS, PlainFields

MOST_ERRORS: Final = 20
"""Errors of one request that are told; the schema tells as many problems of an input."""

LONGEST_MESSAGE: Final = 500
"""Characters of one message: what it quotes of the caller's values is cut."""

Limited = Callable[[GraphQLResolveInfo[Any]], object]
"""Gives the answer of a root field that is not run because its principal must wait."""


class WrongVariables(Exception):
    """The variables have a wrong shape: the request is refused, nothing was done. `errors` carry `extensions.path`."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} wrong variables")
        self.errors = errors


def read_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, object], *, suggestions: bool = False
) -> VariableValues:
    """The variables of an operation, coerced; raises `WrongVariables`. Pure and thread-safe: large inputs are read off the loop."""
    values = get_variable_values(
        schema, operation.variable_definitions or (), dict(given), max_errors=MOST_ERRORS, hide_suggestions=not suggestions
    )
    if isinstance(values, VariableValues):
        return values
    located = _located(schema, operation, given, suggestions=suggestions)
    raise WrongVariables(located or [_refusal(error.message, ()) for error in values[:MOST_ERRORS]])


def _located(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, object], *, suggestions: bool
) -> list[GraphQLError]:
    """What is wrong with the variables, each with its path: graphql-core says it in the message only."""
    errors: list[GraphQLError] = []
    for definition in operation.variable_definitions or ():
        signature = get_variable_signature(schema, definition)
        if isinstance(signature, GraphQLError):
            continue
        name = signature.name

        def wrong(error: GraphQLError, path: list[str | int], name: str = name) -> None:
            where = (name, *(str(step) for step in path))
            if len(errors) < MOST_ERRORS:
                errors.append(_refusal(f"`{'.'.join(where)}`: {error.message}", where))

        if name in given:
            try:
                validate_input_value(given[name], signature.type, wrong, not suggestions)
            except RecursionError:
                wrong(GraphQLError("It is nested too deeply: flatten it."), [])
        elif is_non_null_type(signature.type) and definition.default_value is None:
            wrong(GraphQLError(f"It is required, of type {signature.type}: send it in `variables`."), [])
    return errors


def _refusal(message: str, path: tuple[str, ...]) -> GraphQLError:
    """An error of the request, with its path into the variables."""
    cut = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
    extensions: dict[str, Any] = {"code": "INVALID", "path": list(path)} if path else {"code": "INVALID"}
    return GraphQLError(cut, extensions=extensions)


async def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: object,
    *,
    limited: Limited | None = None,
    slice_seconds: float = SLICE_SECONDS,
) -> ExecutionResult:
    """Run one operation of a validated document. Errors of fields are in the result; nothing is raised but cancellation.

    With `limited` no root field is run: its answer is what `limited` gives. Lists give way after `slice_seconds`.
    """
    executor = _executor(schema, document, operation, variables, context, limited=limited, slice_seconds=slice_seconds)
    return await _run(executor)


async def subscribe(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context_of: Callable[[], object],
) -> AsyncGenerator[ExecutionResult, None] | ExecutionResult:
    """Run a subscription of a validated document: its results one by one, or the one that says why there are none.

    Each event is answered with a context of its own, so that nothing read for one is shown for the next. What the source of events
    raises ends the results.
    """
    executor = _executor(schema, document, operation, variables, context_of())
    source: Any = create_source_event_stream(executor)
    if executor.is_awaitable(source):
        source = await source
    return source if isinstance(source, ExecutionResult) else _answers(schema, document, operation, variables, context_of, source)


async def _answers(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context_of: Callable[[], object],
    source: AsyncGenerator[object, None],
) -> AsyncGenerator[ExecutionResult, None]:
    async with aclosing(source) as events:
        async for event in events:
            yield await _run(_executor(schema, document, operation, variables, context_of(), root=event))


async def _run(executor: GivingWay) -> ExecutionResult:
    result = executor.execute_operation()
    if executor.is_awaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult), "nothing is delivered in parts"
    return result


def _executor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: object,
    *,
    root: object = None,
    limited: Limited | None = None,
    slice_seconds: float = SLICE_SECONDS,
) -> GivingWay:
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    return GivingWay(
        schema=schema,
        fragment_definitions=fragments,
        fragments={name: FragmentDetails(node, None) for name, node in fragments.items()},
        root_value=root,
        context_value=context,
        operation=operation,
        variable_values=variables,
        field_resolver=default_field_resolver,
        type_resolver=default_type_resolver,
        subscribe_field_resolver=default_field_resolver,
        middleware_manager=None if limited is None else _Instead(limited),
        hide_suggestions=True,
        slice_seconds=slice_seconds,
    )


class _Instead:
    """Answers root fields without running them."""

    def __init__(self, limited: Limited) -> None:
        self._limited = limited

    def get_field_resolver(self, resolver: Callable[..., object]) -> Callable[..., object]:
        """The resolver, but for root fields."""

        def resolve(source: object, info: GraphQLResolveInfo[Any], **arguments: object) -> object:
            return self._limited(info) if info.path.prev is None else resolver(source, info, **arguments)

        return resolve


class GivingWay(PlainFields):
    """The executor, but completing a long list of objects holds the loop a few milliseconds at a time.

    A list is completed at once while time is left; what remains is completed in turns, between which the loop sees to others.
    All lists of an operation share the turns, so that their number does not add up.
    """

    def __init__(self, *, slice_seconds: float, **arguments: Any) -> None:  # noqa: ANN401  # the executor's own, by name
        super().__init__(**arguments)
        self._slice_seconds = slice_seconds
        self._until = perf_counter() + slice_seconds
        self._turn = asyncio.Lock()

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: object,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list: at once, or the rest of it in turns."""
        if not isinstance(items, (list, tuple)) or is_leaf_type(get_named_type(item_type)):
            return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)
        work = _ListWork(self, item_type, field_details_list, info, path, items, position_context)
        if not work.advance(self._until):
            return self._in_turns(work)
        return work.gathered() if work.awaited else work.completed

    async def _in_turns(self, work: _ListWork) -> list[Any]:
        """Complete the rest of a list, giving way before each portion."""
        done = False
        try:
            while not done:
                async with self._turn:
                    await asyncio.sleep(0)
                    self._until = perf_counter() + self._slice_seconds
                    done = work.advance(self._until, at_least=1)
        except asyncio.CancelledError:
            work.settle()  # an item elsewhere failed what this list is part of
            raise
        return await work.gathered() if work.awaited else work.completed

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        position_context: object,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list value, with less ado for a plain list."""
        if isinstance(result, (list, tuple)):
            return self.complete_iterable_value(return_type.of_type, field_details_list, info, path, result, position_context)
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)


class _ListWork:
    """A list that is being completed."""

    __slots__ = ("_context", "_details", "_executor", "_index", "_info", "_items", "_path", "_type", "awaited", "completed")

    def __init__(
        self,
        executor: GivingWay,
        item_type: GraphQLOutputType,
        details: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: list[Any] | tuple[Any, ...],
        context: object,
    ) -> None:
        self._executor = executor
        self._type = item_type
        self._details = details
        self._info = info
        self._path = path
        self._items = items
        self._context = context
        self._index = 0
        self.completed: list[Any] = []
        self.awaited: list[int] = []
        """Places of `completed` that are still to be awaited."""

    def advance(self, until: float, at_least: int = 0) -> bool:
        """Complete items until the time is over; whether all are done. When an item fails the list, what was begun is settled."""
        items, first = self._items, self._index
        try:
            while self._index < len(items):
                if perf_counter() > until and self._index - first >= at_least:
                    return False
                self._item(items[self._index])
                self._index += 1
        except Exception:
            self._index += 1
            self.settle()
            raise
        return True

    def settle(self) -> None:
        """See to what was begun, and to items that will not be completed: each awaitable is awaited by somebody."""
        pending = [self.completed[place] for place in self.awaited]
        pending += [item for item in self._items[self._index :] if self._executor.is_awaitable(item)]
        self.awaited = []
        self._index = len(self._items)
        if pending:
            self._executor.settle_in_background(pending)

    def _item(self, item: object) -> None:
        executor, place = self._executor, len(self.completed)
        path = self._path.add_key(self._index, None)
        if executor.is_awaitable(item):
            self.completed.append(
                executor.complete_awaitable_list_item_value(item, self._type, self._details, self._info, path, self._context)
            )
            self.awaited.append(place)
        elif executor.complete_list_item_value(item, self.completed, self._type, self._details, self._info, path, self._context):
            self.awaited.append(place)

    async def gathered(self) -> list[Any]:
        """All items, awaited."""
        if len(self.awaited) == 1:
            place = self.awaited[0]
            self.completed[place] = await self.completed[place]
        else:
            values = await gather_with_cancel(*(self.completed[place] for place in self.awaited))
            for place, value in zip(self.awaited, values, strict=True):
                self.completed[place] = value
        return self.completed
