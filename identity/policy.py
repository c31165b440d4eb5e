"""The policies of verifications: data, in `policies/default.yaml`; read once, and checked when read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from identity.checks import CHECKS
from identity.model import EvidenceKind

SHIPPED: Final = Path(__file__).parent / "policies" / "default.yaml"


class WrongPolicy(ValueError):
    """A policy that cannot be used; the message names it and its field."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which evidence and checks one kind of subject needs from an amount on."""

    name: str
    version: int
    subject: str
    """PERSON or MERCHANT."""
    from_amount: int
    """Minor units."""
    evidence: tuple[EvidenceKind, ...]
    """What must be given, in the order asked."""
    required: tuple[str, ...]
    """Codes of checks that must PASS."""
    also: tuple[str, ...]
    """Codes of checks that are run where they can and must not FAIL."""
    four_eyes: bool
    """Whether two people must agree where a person decides."""
    days_to_give: int
    days_to_decide: int
    days_valid: int
    instead_of_face: EvidenceKind | None = None
    """What may be given without consent to a face; None when there is no such way."""

    @property
    def checks(self) -> tuple[str, ...]:
        """Codes of all its checks, in the order in which checks are listed."""
        mine = {*self.required, *self.also}
        return tuple(code for code in CHECKS if code in mine)


def read_policies(text: str) -> tuple[Policy, ...]:
    """Policies from their YAML. Raises `WrongPolicy`."""
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongPolicy(f"The policies are no YAML: {error}.") from error
    if not isinstance(entries, list) or not entries:
        raise WrongPolicy("The policies are a list of at least one.")
    policies = tuple(_policy(entry) for entry in entries)
    for subject in ("PERSON", "MERCHANT"):
        bounds = [policy.from_amount for policy in policies if policy.subject == subject]
        if sorted(set(bounds)) != sorted(bounds) or 0 not in bounds:
            raise WrongPolicy(f"The policies for {subject} begin with one `from_amount: 0`, and no two begin at one amount.")
    return policies


def _policy(entry: Any) -> Policy:  # noqa: ANN401 - whatever YAML holds
    name = entry.get("name", "?") if isinstance(entry, dict) else "?"
    try:
        instead = entry.get("instead_of_face")
        policy = Policy(
            name=str(entry["name"]),
            version=int(entry["version"]),
            subject=str(entry["subject"]),
            from_amount=int(entry["from_amount"]),
            evidence=tuple(EvidenceKind(kind) for kind in entry["evidence"]),
            required=tuple(entry["required"]),
            also=tuple(entry["also"]),
            four_eyes=bool(entry["four_eyes"]),
            days_to_give=int(entry["days_to_give"]),
            days_to_decide=int(entry["days_to_decide"]),
            days_valid=int(entry["days_valid"]),
            instead_of_face=None if instead is None else EvidenceKind(instead),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongPolicy(f"The policy {name!r} lacks a field or holds a wrong value: {error}.") from error
    unknown = [code for code in (*policy.required, *policy.also) if code not in CHECKS]
    if unknown:
        raise WrongPolicy(f"The policy {name!r} names a check that there is not: {', '.join(unknown)}.")
    return policy


@lru_cache(maxsize=1)
def shipped_policies() -> tuple[Policy, ...]:
    """The policies that ship with the program."""
    return read_policies(SHIPPED.read_text(encoding="utf-8"))


def policy_for(subject: str, amount: int | None) -> Policy:
    """The policy for a kind of subject and an amount in minor units; None is onboarding."""
    fit = [policy for policy in shipped_policies() if policy.subject == subject and policy.from_amount <= (amount or 0)]
    return max(fit, key=lambda policy: policy.from_amount)


def policy_named(name: str, version: int) -> Policy:
    """The policy that a verification was opened under, or the newest of its name where that version is gone."""
    named = [policy for policy in shipped_policies() if policy.name == name]
    exact = [policy for policy in named if policy.version == version]
    found = exact or named
    if not found:
        raise WrongPolicy(f"There is no policy called {name!r} any more: keep it while verifications run under it.")
    return found[0]
