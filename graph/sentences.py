"""What a fact says in one sentence, masked for everybody: entities by their labels, no reason, no name, no number in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from graph.model import TieKind

Values = Mapping[str, object]
"""A content's values by field, entities replaced by their labels; what is None may be missing."""

TIE_VERBS: Final[dict[TieKind, str]] = {
    TieKind.OWNS: "owns",
    TieKind.HOLDS: "holds account",
    TieKind.USES_DEVICE: "uses device",
    TieKind.CONNECTS_FROM: "connects from",
    TieKind.REACHED_AT: "is reached at",
    TieKind.LOCATED_AT: "is located at",
    TieKind.IDENTIFIED_BY: "is identified by document",
    TieKind.SHOWS_FACE: "shows a face",
    TieKind.GUARANTEES: "guarantees for",
    TieKind.INVESTS_IN: "invests in",
    TieKind.APPLIED_FOR: "applied for loan",
    TieKind.ONBOARDED_BY: "was signed up by",
    TieKind.PAYS: "pays",
    TieKind.PAID_OUT_TO: "was paid out to",
    TieKind.REPAYS: "repays",
}
"""Between the label a tie starts from and the one it points to."""


def sentence(kind: str, values: Values) -> str:
    """One sentence for a fact of this kind (a name of `graph.contents.CONTENTS`)."""
    return _SENTENCES[kind](values)


def _described(subject: str) -> Callable[[Values], str]:
    """A description says which of its fields it fills, not with what."""

    def say(values: Values) -> str:
        fields = [name.replace("_", " ") for name, value in values.items() if name != subject and value is not None]
        return f"{subject.capitalize()} {values[subject]} was described: {', '.join(fields) or 'nothing new'}."

    return say


def _observed(values: Values) -> str:
    share = values.get("share")
    part = f" ({float(share):.2%} of it)" if isinstance(share, int | float) else ""
    return f"{values['from_']} {TIE_VERBS[TieKind(str(values['tie_kind']))]} {values['to']}{part}."


def _ended(values: Values) -> str:
    return f"It ended that {values['from_']} {TIE_VERBS[TieKind(str(values['tie_kind']))]} {values['to']}."


def _application(values: Values) -> str:
    who = f", through {values['applicant']}" if values.get("applicant") is not None else ""
    return f"{values['merchant']} applied for loan {values['loan']} of {_amount(values)} over {values['term_days']} days{who}."


def _outcome(values: Values) -> str:
    return f"Loan {values['loan']} turned out {str(values['outcome']).replace('_', ' ').lower()}."


def _amount(values: Values) -> str:
    amount = values["amount"]
    assert isinstance(amount, int), "amounts are whole minor units"
    return f"{amount // 100:,}.{amount % 100:02d}"


_SENTENCES: Final[dict[str, Callable[[Values], str]]] = {
    "MERCHANT_DESCRIBED": _described("merchant"),
    "PERSON_DESCRIBED": _described("person"),
    "ACCOUNT_DESCRIBED": _described("account"),
    "DEVICE_DESCRIBED": _described("device"),
    "LOAN_DESCRIBED": _described("loan"),
    "TIE_OBSERVED": _observed,
    "TIE_ENDED": _ended,
    "TRANSFER_MADE": lambda v: (
        f"Account {v['from_']} paid {_amount(v)} to account {v['to']} ({str(v['transfer_kind']).lower()} {v['key']})."
    ),
    "TRANSFER_REVERSED": lambda v: f"Transfer {v['key']} was reversed.",
    "APPLICATION_MADE": _application,
    "LOAN_PAID_OUT": lambda v: f"{_amount(v)} of loan {v['loan']} was paid out to account {v['account']}.",
    "LOAN_REPAID": lambda v: f"Account {v['account']} repaid {_amount(v)} of loan {v['loan']}.",
    "OUTCOME_KNOWN": _outcome,
    "STANDING_KNOWN": lambda v: f"{v['entity']} became known as {str(v['standing']).replace('_', ' ').lower()}.",
    "BLOCK_CHANGED": lambda v: f"{v['entity']} was {'blocked' if v['blocked'] else 'unblocked'}.",
    "FACT_WITHDRAWN": lambda v: f"Fact {v['fact_id']} was withdrawn.",
}
