"""ACCOUNT_HOLDER: whether the account is in the owner's name."""

from __future__ import annotations

from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, IdentityFile
from identity.names.comparing import likeness
from identity.names.forms import Name, NameKind

CODE: Final = "ACCOUNT_HOLDER"
SAME: Final = 0.85
"""Likeness from which two names are one."""

OTHER: Final = 0.6
"""Likeness below which they are two."""


def run(file: IdentityFile) -> CheckResult:
    """The account to be paid to is in the name of the subject."""
    declared = file.declared
    if declared.account_holder is None or declared.name is None:
        return unclear(CODE, "The name of the account's holder is not known: ask for a statement of the account that shows it.")
    kinds = (NameKind.PERSON,) if file.kind == "PERSON" else (NameKind.FIRM, NameKind.PERSON)
    score = round(max(likeness(Name.of(declared.name, kind), Name.of(declared.account_holder, kind)).score for kind in kinds), 4)
    if score >= SAME:
        return passed(CODE, "The account is in the name of the subject.", score, SAME)
    if score >= OTHER:
        return unclear(
            CODE, "The account's holder has a name like the subject's, but not the same: ask for a statement of it.", score, SAME
        )
    return failed(CODE, "The account is in another name than the subject's: ask for one in the subject's own name.", score, SAME)


CHECK: Final = Check(CODE, frozenset(), run)
