"""Outcomes of recording facts, one for each of a batch."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Annotated

import strawberry

from api.errors import as_invalid, told
from api.recording import FactsRecorded
from api.schema.costs import ListSize
from api.schema.declaring import argument, field, interface, object_type
from api.schema.pages import within
from api.schema.problems import Forbidden, RateLimited, Unavailable, UserError, ValidationError, show_problem
from api.schema.scalars import ID, DateTime
from graph.store import FactResult, Recorded, Refused, Repeated


@interface
class FactOutcome:
    """What became of one fact of a batch."""

    index: int
    """Its place in the batch, from 0."""
    fact_id: ID
    """The id that you gave it."""


@object_type()
class FactRecorded(FactOutcome):
    """The fact is recorded, durably."""


@object_type()
class FactRepeated(FactOutcome):
    """The same fact was recorded before; nothing changed."""

    recorded_at: DateTime
    """When it was recorded."""


@object_type()
class FactRefused(FactOutcome):
    """The fact was not recorded."""

    problem: UserError
    """Why: a FactConflict, or a ValidationError (also for an id in it that does not exist)."""


@object_type()
class RecordFactsSuccess:
    """The batch was taken; see `refused` for facts that were not."""

    recorded: int
    """Facts recorded now."""
    repeated: int
    """Facts that were already recorded."""
    refused: int
    """Facts refused."""
    recorded_at: DateTime
    """When they were recorded: from then on `asOf` sees them."""
    made: strawberry.Private[FactsRecorded]

    @field(directives=[ListSize(slicing_arguments=["first"])])
    def outcomes(
        self,
        refused_only: Annotated[bool, argument("Leave out the recorded and the repeated.")] = True,
        first: Annotated[int, argument("How many, 1 to 1,000.")] = 100,
    ) -> list[FactOutcome]:
        """One for each fact, in the order sent, as far as `first` goes."""
        within("first", first, 1, 1_000)
        all_of_them = enumerate(zip(self.made.source_ids, self.made.results, strict=True))
        wanted = ((index, given, one) for index, (given, one) in all_of_them if not refused_only or isinstance(one, Refused))
        return [show_outcome(index, given, one) for index, given, one in islice(wanted, first)]


RecordFactsPayload = Annotated[
    RecordFactsSuccess | ValidationError | Forbidden | RateLimited | Unavailable,
    strawberry.union("RecordFactsPayload", description="Result of `recordFacts`."),
]


def show_outcome(index: int, id: str, result: FactResult) -> FactOutcome:
    """What became of the fact at `index` of a batch."""
    if isinstance(result, Recorded):
        return FactRecorded(index=index, fact_id=id)
    if isinstance(result, Repeated):
        return FactRepeated(index=index, fact_id=id, recorded_at=result.recorded_at)
    said = told(result.problem, ("input", "facts", str(index)))
    assert said is not None, "a refusal is the caller's to act upon"
    return FactRefused(index=index, fact_id=id, problem=show_problem(as_invalid(said)))


def show_batch(made: FactsRecorded) -> RecordFactsSuccess:
    """What became of a batch of facts."""
    count = Counter(type(one) for one in made.results)
    return RecordFactsSuccess(
        recorded=count[Recorded], repeated=count[Repeated], refused=count[Refused], recorded_at=made.recorded_at, made=made
    )
