"""A judgement as it is stored: canonical JSON, equal for equal judgements, byte for byte."""

from __future__ import annotations

from typing import Any

import orjson

from rules.model import DecisionSource, Judgement, Limit, Observed, Reason, RuleEffect, Verdict


def encode(judgement: Judgement) -> bytes:
    """Canonical JSON; `decode` gives the judgement back."""
    limit = judgement.limit
    return orjson.dumps(
        {
            "verdict": judgement.verdict.value,
            "approved": judgement.approved,
            "score": judgement.score,
            "reasons": [
                {
                    "code": reason.code,
                    "sentence": reason.sentence,
                    "rule": reason.rule,
                    "effect": reason.effect.value,
                    "points": reason.points,
                    "observed": [_observed(one) for one in reason.observed],
                    "entities": reason.entities,
                    "ties": reason.ties,
                }
                for reason in judgement.reasons
            ],
            "observed": [_observed(one) for one in judgement.observed],
            "degraded": {source.value: names for source, names in judgement.degraded.items()},
            "limit": None if limit is None else [limit.amount, limit.monthly_receipts, limit.sentence],
            "evidence": [judgement.evidence_entities, judgement.evidence_ties],
        },
        option=orjson.OPT_SORT_KEYS,
    )


def decode(text: bytes) -> Judgement:
    """The judgement that `encode` wrote."""
    written: dict[str, Any] = orjson.loads(text)
    entities, ties = written["evidence"]
    limit = written["limit"]
    return Judgement(
        verdict=Verdict(written["verdict"]),
        approved=written["approved"],
        score=written["score"],
        reasons=tuple(
            Reason(
                code=one["code"],
                sentence=one["sentence"],
                rule=one["rule"],
                effect=RuleEffect(one["effect"]),
                points=one["points"],
                observed=tuple(Observed(*each) for each in one["observed"]),
                entities=tuple(one["entities"]),
                ties=tuple(one["ties"]),
            )
            for one in written["reasons"]
        ),
        observed=tuple(Observed(*each) for each in written["observed"]),
        degraded={DecisionSource(source): tuple(names) for source, names in written["degraded"].items()},
        limit=None if limit is None else Limit(*limit),
        evidence_entities=tuple(entities),
        evidence_ties=tuple(ties),
    )


def _observed(one: Observed) -> tuple[object, ...]:
    return (one.signal, one.value, one.display, one.absent)
