"""Reading personal values in full leaves an audit entry, one for an operation, before the answer is given.

Fields note whom they read; the executor writes the entry when the operation has been run, and gives no answer without it.
"""

from __future__ import annotations

from typing import Any, Final

from graphql import ExecutionResult, GraphQLError
from graphql.execution import Executor, ExperimentalIncrementalExecutionResults
from graphql.pyutils import AwaitableOrValue

from api import audit
from api.context import Context
from api.records import RecordsUnavailable

ACTION: Final = "personal data read"
"""What the audit chain calls it."""

_NOTED: Final = "disclosed"


def disclose(context: Context, entity_id: str) -> None:
    """Note that this operation reads personal values of an entity."""
    context.loaders.setdefault(_NOTED, set()).add(entity_id)


class Accountable(Executor[Any]):
    """The executor, giving no answer with personal values before the audit chain says who read them."""

    def execute_operation(
        self, serially: bool | None = None
    ) -> AwaitableOrValue[ExecutionResult | ExperimentalIncrementalExecutionResults]:
        """Run the operation; what it disclosed is in the chain when its answer is there."""
        result = super().execute_operation(serially)
        # Personal fields are asynchronous: an operation that was run at once read none.
        return result if isinstance(result, (ExecutionResult, ExperimentalIncrementalExecutionResults)) else self._accounted(result)

    async def _accounted(self, running: Any) -> ExecutionResult | ExperimentalIncrementalExecutionResults:  # noqa: ANN401 - an awaitable
        result: ExecutionResult = await running
        ids = self.context_value.loaders.get(_NOTED) if isinstance(self.context_value, Context) else None
        if not ids:
            return result
        try:
            await _write(self.context_value, tuple(sorted(ids)))
        except RecordsUnavailable as error:
            return ExecutionResult(None, [GraphQLError("The audit entry could not be written.", original_error=error)])
        return result


async def _write(context: Context, subjects: tuple[str, ...]) -> None:
    services, principal = context.services, context.principal
    digest = audit.digest(" ".join(subjects).encode())
    event = audit.Event(principal.institution.id, services.now(), principal.id, ACTION, subjects, digest)
    await audit.note(services.records, services.vault.audit_key, event)
