"""CONTACT_CODE: whether the code that was sent to the telephone or address came back."""

from __future__ import annotations

from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile

CODE: Final = "CONTACT_CODE"


def run(file: IdentityFile) -> CheckResult:
    """The person answered with the one-time code that was sent to them."""
    if file.contact_reached is None:
        return unclear(CODE, "No code was entered yet: have one sent and enter it.")
    if file.contact_reached:
        return passed(CODE, "The code that was sent came back.")
    return failed(CODE, "The code that was sent did not come back in the attempts that are allowed: check the contact and send a new one.")


CHECK: Final = Check(CODE, frozenset({EvidenceKind.CONTACT_CODE}), run)
