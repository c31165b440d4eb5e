"""BANK_ACCOUNT: the number of the account to be paid to: bank card or IBAN."""

from __future__ import annotations

from typing import Final

from identity.accounts import read_account
from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, IdentityFile

CODE: Final = "BANK_ACCOUNT"


def run(file: IdentityFile) -> CheckResult:
    """The number of the account is a card or an IBAN that holds its check digits."""
    if file.declared.account is None:
        return unclear(CODE, "No account was declared: enter the number of the card or account, or its IBAN.")
    reading = read_account(file.declared.account)
    if reading.valid is None:
        return unclear(CODE, reading.sentence)
    return passed(CODE, reading.sentence) if reading.valid else failed(CODE, reading.sentence)


CHECK: Final = Check(CODE, frozenset(), run)
