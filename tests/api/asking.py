"""Asking the schema as the endpoint does, without HTTP: parse, validate, read variables, run, and the body of the answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from graphql import OperationDefinitionNode, parse, validate

from api.context import Context, Principal, Role, Services
from api.executing import Limited, WrongVariables, execute, read_variables
from api.graphql_answers import executed
from api.schema import schema
from api.visibility import check
from graph.model import Institution

BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
OTHER = Institution("city-bank", "CNY", "Asia/Shanghai")
OPERATIONS = Path(__file__).parents[1] / "data" / "operations"
REDUCED = Path(__file__).parent / "operations"


def principal(*roles: Role, institution: Institution = BANK) -> Principal:
    return Principal("pri_" + "a" * 24, "loan workflow", frozenset(roles), institution, "Rural Bank", Role.SERVICE in roles)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody with some roles who asks some services."""

    services: Services
    who: Principal

    async def __call__(self, document: str, operation: str | None = None, /, **variables: Any) -> dict[str, Any]:
        """The body of the answer, as bytes would say it."""
        return await self._answer(document, operation, variables, None)

    async def limited(self, document: str, instead: Limited) -> dict[str, Any]:
        """The body of the answer to a principal who must wait."""
        return await self._answer(document, None, {"input": {"source": "x", "facts": []}}, instead)

    async def _answer(self, document: str, operation: str | None, variables: dict[str, Any], limited: Limited | None) -> dict[str, Any]:
        parsed = parse(document, no_location=True)
        errors = validate(schema, parsed)
        assert not errors, errors
        found = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
        chosen = next(one for one in found if operation is None or (one.name is not None and one.name.value == operation))
        try:
            values = read_variables(schema, chosen, variables)
        except WrongVariables as error:
            return {"errors": [{"message": one.message, "extensions": one.extensions} for one in error.errors]}
        result = await execute(schema, parsed, chosen, values, Context(self.services, self.who, time.perf_counter()), limited=limited)
        answer = executed(result, check(parsed, chosen, self.who.roles).masked, {})
        body: dict[str, Any] = orjson.loads(orjson.dumps(answer.body))
        return body

    def as_(self, *roles: Role) -> Asker:
        """The same with other roles."""
        return replace(self, who=replace(self.who, roles=frozenset(roles)))
