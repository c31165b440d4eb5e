"""How checks say what they found: three short forms, so that every check reads alike."""

from __future__ import annotations

from identity.model import CheckResult, Outcome


def passed(
    code: str, sentence: str, measured: float | None = None, threshold: float | None = None, rate: float | None = None
) -> CheckResult:
    """It holds."""
    return CheckResult(code, Outcome.PASS, _line(sentence), measured, threshold, rate)


def failed(
    code: str, sentence: str, measured: float | None = None, threshold: float | None = None, rate: float | None = None
) -> CheckResult:
    """It does not hold, and that is sure."""
    return CheckResult(code, Outcome.FAIL, _line(sentence), measured, threshold, rate)


def unclear(
    code: str, sentence: str, measured: float | None = None, threshold: float | None = None, rate: float | None = None
) -> CheckResult:
    """Nothing can be said yet; the sentence names what would help, or what people should look at."""
    return CheckResult(code, Outcome.INCONCLUSIVE, _line(sentence), measured, threshold, rate)


def _line(sentence: str) -> str:
    """A sentence on one line: names of lists and codes of countries in it are others' text."""
    return "".join(sign if sign.isprintable() else " " for sign in sentence)
