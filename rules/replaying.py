"""Replay: a judgement made again from what was stored, and never from the graph."""

from __future__ import annotations

from rules import dossier as dossiers
from rules import judgements
from rules.deciding import decide
from rules.model import Decision, Judgement, Strategy
from rules.signals import SIGNALS
from rules.strategy import CompiledStrategy, compile_strategy


def as_observed(strategy: Strategy, judgement: Judgement) -> CompiledStrategy:
    """The strategy over the signals that a judgement observed, in its order: signals that were added since had no part in it.

    Raises ValueError when one of them is no signal any more, and StrategyError when the strategy reads others.
    """
    known = {signal.name: signal for signal in SIGNALS}
    gone = [observed.signal for observed in judgement.observed if observed.signal not in known]
    if gone:
        raise ValueError(f"{gone[0]} is no signal any more: the version of the program that computed it replays what rests on it")
    return compile_strategy(strategy, tuple(known[observed.signal] for observed in judgement.observed))


def replay(decision: Decision, strategy: CompiledStrategy) -> bool:
    """Whether the judgement, made again from the stored dossier by the strategy that it cites, is equal byte for byte.

    So are its inputs: the stored hash must be theirs.

    Raises ValueError for another strategy than the decision's.
    """
    if strategy.strategy.id != decision.strategy:
        raise ValueError(f"{decision.id} was made by strategy {decision.strategy}: replay it by that one, not by {strategy.strategy.id}")
    inputs = dossiers.inputs_hash(dossiers.encode(decision.dossier), strategy.canonical)
    again = judgements.encode(decide(decision.dossier, strategy))
    return inputs == decision.inputs_hash and again == judgements.encode(decision.judgement)
