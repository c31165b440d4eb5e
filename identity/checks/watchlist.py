"""WATCHLIST: the subject's name against the lists. What people judged to be somebody else is left out."""

from __future__ import annotations

from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, IdentityFile

CODE: Final = "WATCHLIST"


def run(file: IdentityFile) -> CheckResult:
    """No list holds a name like the subject's, but for entries that KYC staff judged to be somebody else."""
    if file.list_matches is None:
        return unclear(CODE, "The name was not compared with the lists: import one with `ringfence watchlist import`, or declare the name.")
    least, rate = file.list_threshold, file.list_false_positive_rate
    same = [match for match in file.list_matches if match.judged is True]
    apart = sum(match.judged is False for match in file.list_matches)
    waiting = [match for match in file.list_matches if match.judged is None and match.score >= least]
    if same:
        best = max(same, key=lambda match: match.score)
        return failed(CODE, f"KYC staff judged the subject to be an entry of {best.list_name[:80]}.", best.score, least, rate)
    if waiting:
        best = max(waiting, key=lambda match: match.score)
        count = "An entry" if len(waiting) == 1 else f"{len(waiting)} entries, the nearest"
        return unclear(CODE, f"{count} of {best.list_name[:80]} may be the subject: judge whether it is the same.", best.score, least, rate)
    left = f"; {apart} judged to be somebody else" if apart else ""
    best_score = max((match.score for match in file.list_matches if match.judged is None), default=None)
    return passed(CODE, f"No entry of the lists has a name like this{left}.", best_score, least, rate)


CHECK: Final = Check(CODE, frozenset(), run)
