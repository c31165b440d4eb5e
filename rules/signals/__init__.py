"""Signals: named, typed, documented values that rules speak of.

To add a signal and a rule that uses it:

1. `rules/signals/NAME.py`: a function called NAME that takes a `Material` and gives a `Reading` (value, entities, ties). Its first
   sentence is what users read. Arithmetic over the graph belongs to a measure in `graph/measures/`; a signal compares and words, in 10 to
   30 lines, and says what its value is when there is nothing to measure (`absent=True`).
2. A line in `SIGNALS` below: type, unit, and the source without which it is unread.
3. An entry in `rules/strategies/default.yaml` whose condition names it.
4. A test: in `tests/rules/scenarios/`, one story in which it changes the verdict and one of innocents that it leaves alone; a test
   there asserts that every signal has both.

The type of a value is exact: a NUMBER is a float, also when it is whole. `material.application.at` is the only time.
"""

from __future__ import annotations

from typing import Final

from rules.model import DecisionSource, Signal, SignalKind
from rules.signals.account_shared import account_shared
from rules.signals.address_shared import address_shared
from rules.signals.amount_requested import amount_requested
from rules.signals.applications_1h import applications_1h
from rules.signals.applications_7d import applications_7d
from rules.signals.applications_24h import applications_24h
from rules.signals.bad_loans_tied import bad_loans_tied
from rules.signals.blocked_reached import blocked_reached
from rules.signals.borrowers_gathered import borrowers_gathered
from rules.signals.checks_failed import checks_failed
from rules.signals.closely_bound import closely_bound
from rules.signals.connection_shared import connection_shared
from rules.signals.days_since_receipt import days_since_receipt
from rules.signals.declines_earlier import declines_earlier
from rules.signals.device_shared import device_shared
from rules.signals.document_shared import document_shared
from rules.signals.email_shared import email_shared
from rules.signals.face_people import face_people
from rules.signals.fan_in import fan_in
from rules.signals.fraud_distance import fraud_distance
from rules.signals.fraud_strength import fraud_strength
from rules.signals.identity_state import identity_state
from rules.signals.kinds_shared import kinds_shared
from rules.signals.list_matches import list_matches
from rules.signals.loans_own import loans_own
from rules.signals.loans_tied import loans_tied
from rules.signals.money_circled import money_circled
from rules.signals.money_unfollowed import money_unfollowed
from rules.signals.months_owed import months_owed
from rules.signals.months_requested import months_requested
from rules.signals.pass_through import pass_through
from rules.signals.payer_concentration import payer_concentration
from rules.signals.phone_shared import phone_shared
from rules.signals.pooled_withdrawn import pooled_withdrawn
from rules.signals.receipts_30 import receipts_30
from rules.signals.receipts_90 import receipts_90
from rules.signals.receipts_burst import receipts_burst
from rules.signals.self_paid import self_paid
from rules.signals.strange_hands import strange_hands
from rules.signals.sureties_round import sureties_round
from rules.signals.vouched_debt import vouched_debt
from rules.signals.worst_standing import worst_standing

_GRAPH: Final = DecisionSource.GRAPH

SIGNALS: Final[tuple[Signal, ...]] = (
    Signal(worst_standing, SignalKind.TEXT, None, _GRAPH),
    Signal(fraud_distance, SignalKind.INTEGER, "ties", _GRAPH),
    Signal(fraud_strength, SignalKind.NUMBER, "strength", _GRAPH),
    Signal(device_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(phone_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(email_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(account_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(address_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(connection_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(document_shared, SignalKind.NUMBER, "companies", _GRAPH),
    Signal(kinds_shared, SignalKind.INTEGER, "count", _GRAPH),
    Signal(closely_bound, SignalKind.INTEGER, "companies", _GRAPH),
    Signal(strange_hands, SignalKind.INTEGER, "count", _GRAPH),
    Signal(applications_1h, SignalKind.INTEGER, "companies", _GRAPH),
    Signal(applications_24h, SignalKind.INTEGER, "companies", _GRAPH),
    Signal(applications_7d, SignalKind.INTEGER, "companies", _GRAPH),
    Signal(loans_own, SignalKind.INTEGER, "count", _GRAPH),
    Signal(loans_tied, SignalKind.INTEGER, "count", _GRAPH),
    Signal(months_owed, SignalKind.NUMBER, "months", _GRAPH),
    Signal(bad_loans_tied, SignalKind.INTEGER, "count", _GRAPH),
    Signal(sureties_round, SignalKind.INTEGER, "companies", _GRAPH),
    Signal(amount_requested, SignalKind.MONEY, "minor units", _GRAPH),
    Signal(fan_in, SignalKind.INTEGER, "accounts", _GRAPH),
    Signal(pass_through, SignalKind.NUMBER, "share", _GRAPH),
    Signal(money_circled, SignalKind.NUMBER, "share", _GRAPH),
    Signal(borrowers_gathered, SignalKind.INTEGER, "accounts", _GRAPH),
    Signal(blocked_reached, SignalKind.INTEGER, "count", _GRAPH),
    Signal(vouched_debt, SignalKind.MONEY, "minor units", _GRAPH),
    Signal(pooled_withdrawn, SignalKind.MONEY, "minor units", _GRAPH),
    Signal(money_unfollowed, SignalKind.BOOLEAN, None, _GRAPH),
    Signal(receipts_30, SignalKind.MONEY, "minor units", _GRAPH),
    Signal(receipts_90, SignalKind.MONEY, "minor units", _GRAPH),
    Signal(payer_concentration, SignalKind.NUMBER, "share", _GRAPH),
    Signal(self_paid, SignalKind.NUMBER, "share", _GRAPH),
    Signal(receipts_burst, SignalKind.NUMBER, "times", _GRAPH),
    Signal(days_since_receipt, SignalKind.INTEGER, "days", _GRAPH),
    Signal(months_requested, SignalKind.NUMBER, "months", _GRAPH),
    Signal(identity_state, SignalKind.TEXT, None, DecisionSource.RECORDS),
    Signal(checks_failed, SignalKind.INTEGER, "count", DecisionSource.RECORDS),
    Signal(face_people, SignalKind.INTEGER, "count", DecisionSource.RECORDS),
    Signal(list_matches, SignalKind.INTEGER, "count", DecisionSource.RECORDS),
    Signal(declines_earlier, SignalKind.INTEGER, "count", DecisionSource.RECORDS),
)
"""All signals, in the order in which decisions show them."""
