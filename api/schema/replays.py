"""Decisions made again from what was stored when they were made, and compared."""

from __future__ import annotations

import asyncio
from functools import partial

from api.context import Context
from api.schema.declaring import object_type
from rules import dossier as dossiers
from rules.model import Decision, Strategy
from rules.records import strategy as strategy_by_id
from rules.replaying import as_observed, replay


@object_type()
class DecisionReplay:
    """A decision made again from its stored inputs."""

    equal: bool
    """Whether it is equal to the stored one, byte for byte."""
    inputs_hash: str
    """Hash of the inputs now, to compare with `inputsHash`."""


async def replay_decision(context: Context, decision: Decision) -> DecisionReplay:
    """Judge again, off the loop. Not equal where the strategy is not kept any more, or read signals that are gone."""
    institution = decision.institution
    cited = partial(strategy_by_id, institution=institution, id=decision.strategy)
    strategy = await context.services.records.read(cited, institution=institution)
    if strategy is None:
        return DecisionReplay(equal=False, inputs_hash="")
    return await asyncio.to_thread(_again, decision, strategy)


def _again(decision: Decision, strategy: Strategy) -> DecisionReplay:
    try:
        compiled = as_observed(strategy, decision.judgement)
    except ValueError:
        return DecisionReplay(equal=False, inputs_hash="")
    return DecisionReplay(
        equal=replay(decision, compiled), inputs_hash=dossiers.inputs_hash(dossiers.encode(decision.dossier), compiled.canonical)
    )
