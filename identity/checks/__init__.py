"""What is checked of somebody: one file a check, listed in `CHECKS`.

A check is a pure function of an `IdentityFile`: PASS, FAIL or INCONCLUSIVE with a sentence and, where there is one, the measured value
beside its threshold. It never raises for a bad document, and shows no personal value but the last characters of a number. To add one:
a file here with its `CHECK`, a line in `CHECKS`, a test.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from identity.checks import (
    account_holder,
    bank_account,
    contact_code,
    document_expiry,
    document_fields,
    document_genuine_hint,
    face_match,
    face_shared,
    identity_number,
    liveness,
    machine_readable_zone,
    ownership,
    phone,
    registration_number,
    watchlist,
)
from identity.model import Check

CHECKS: Final = MappingProxyType(
    {
        check.code: check
        for check in (
            identity_number.CHECK,
            registration_number.CHECK,
            phone.CHECK,
            contact_code.CHECK,
            document_fields.CHECK,
            machine_readable_zone.CHECK,
            document_expiry.CHECK,
            document_genuine_hint.CHECK,
            face_match.CHECK,
            liveness.CHECK,
            face_shared.CHECK,
            watchlist.CHECK,
            ownership.CHECK,
            bank_account.CHECK,
            account_holder.CHECK,
        )
    }
)
"""Every check by its code, in the order in which a verification shows them."""


def descriptions() -> dict[str, str]:
    """What each check looks at, in one sentence for users, by code."""
    return {code: (check.run.__doc__ or "").strip().split("\n", 1)[0] for code, check in CHECKS.items()}


__all__ = ["CHECKS", "Check", "descriptions"]
