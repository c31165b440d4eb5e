"""Verification as a state machine: what is asked next, and where the evidence and the checks lead. Pure; policies are data.

OPENED ─► WAITING_FOR_EVIDENCE ⇄ CHECKING ─► VERIFIED
                 │    ▲             │
                 ▼    └─ REFERRED ◄─┘ ─► VERIFIED or REJECTED
              EXPIRED
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from identity.model import CheckResult, EvidenceKind, Outcome
from identity.policy import Policy


class State(StrEnum):
    """Where a verification stands (the schema's words)."""

    OPENED = "OPENED"
    WAITING_FOR_EVIDENCE = "WAITING_FOR_EVIDENCE"
    CHECKING = "CHECKING"
    VERIFIED = "VERIFIED"
    REFERRED = "REFERRED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


RUNNING: Final = frozenset({State.OPENED, State.WAITING_FOR_EVIDENCE, State.CHECKING, State.REFERRED})
"""States in which something may still be done."""

MOVES: Final[Mapping[State, frozenset[State]]] = {
    State.OPENED: frozenset({State.WAITING_FOR_EVIDENCE, State.CHECKING}),
    State.WAITING_FOR_EVIDENCE: frozenset({State.WAITING_FOR_EVIDENCE, State.CHECKING, State.EXPIRED}),
    State.CHECKING: frozenset({State.CHECKING, State.WAITING_FOR_EVIDENCE, State.VERIFIED, State.REFERRED, State.EXPIRED}),
    State.REFERRED: frozenset({State.REFERRED, State.WAITING_FOR_EVIDENCE, State.CHECKING, State.VERIFIED, State.REJECTED, State.EXPIRED}),
    State.VERIFIED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
}
"""Every move that there is; from CHECKING and REFERRED to EXPIRED when the subject is forgotten."""


class Actor(StrEnum):
    """Who does a step."""

    SUBJECT = "SUBJECT"
    STAFF = "STAFF"


class StepKind(StrEnum):
    """What can be asked for (the schema's words)."""

    CONSENT = "CONSENT"
    DECLARATION = "DECLARATION"
    DOCUMENT_IMAGE = "DOCUMENT_IMAGE"
    FACE_IMAGE = "FACE_IMAGE"
    LIVENESS = "LIVENESS"
    CONTACT_CODE = "CONTACT_CODE"
    OWNERSHIP = "OWNERSHIP"
    FIELD_VISIT = "FIELD_VISIT"
    DECISION = "DECISION"


class Purpose(StrEnum):
    """What consent is given for."""

    FACE = "FACE"
    DOCUMENTS = "DOCUMENTS"
    SHARED_COUNTS = "SHARED_COUNTS"


STEP_OF: Final[Mapping[EvidenceKind, StepKind]] = {
    EvidenceKind.CONSENT: StepKind.CONSENT,
    EvidenceKind.DECLARATION: StepKind.DECLARATION,
    EvidenceKind.DOCUMENT_FRONT: StepKind.DOCUMENT_IMAGE,
    EvidenceKind.DOCUMENT_BACK: StepKind.DOCUMENT_IMAGE,
    EvidenceKind.FACE: StepKind.FACE_IMAGE,
    EvidenceKind.LIVENESS_FRAMES: StepKind.LIVENESS,
    EvidenceKind.CONTACT_CODE: StepKind.CONTACT_CODE,
    EvidenceKind.OWNERSHIP: StepKind.OWNERSHIP,
    EvidenceKind.FIELD_VISIT: StepKind.FIELD_VISIT,
}
"""The step by which each kind of evidence is given."""

FACES: Final = frozenset({EvidenceKind.FACE, EvidenceKind.LIVENESS_FRAMES})
FACE_CHECKS: Final = frozenset({"FACE_ON_DOCUMENT", "FACE_SHARED", "LIVENESS"})
CONSENT_FOR: Final[Mapping[EvidenceKind, Purpose]] = {
    EvidenceKind.DOCUMENT_FRONT: Purpose.DOCUMENTS,
    EvidenceKind.DOCUMENT_BACK: Purpose.DOCUMENTS,
    EvidenceKind.FACE: Purpose.FACE,
    EvidenceKind.LIVENESS_FRAMES: Purpose.FACE,
}
"""Evidence that is taken with consent alone."""

SENTENCES: Final[Mapping[StepKind, str]] = {
    StepKind.DECLARATION: "Give the name and the number of the document that proves it, and where they are asked for the other fields.",
    StepKind.DOCUMENT_IMAGE: "Photograph the document, whole, straight and without glare.",
    StepKind.FACE_IMAGE: "Photograph the face from the front, in good light.",
    StepKind.LIVENESS: "Ask for a challenge and do on camera what it says.",
    StepKind.CONTACT_CODE: "Have a code sent to the phone or e-mail and enter it.",
    StepKind.OWNERSHIP: "Name the owners and the share of each.",
    StepKind.FIELD_VISIT: "Visit the place of business and say what was found.",
    StepKind.DECISION: "Compare the evidence, then accept or reject the identity with a reason.",
}
CONSENT_SENTENCES: Final[Mapping[Purpose, str]] = {
    Purpose.DOCUMENTS: "Ask for consent to read and keep documents.",
    Purpose.FACE: "Ask for consent to compare and keep the face; without it a visit to the place of business takes its place.",
    Purpose.SHARED_COUNTS: "Ask for consent to counts across lenders.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done."""

    kind: StepKind
    sentence: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Given:
    """What was given so far, in the words of the policy."""

    kinds: frozenset[EvidenceKind] = frozenset()
    consents: frozenset[Purpose] = frozenset()
    visited: bool = False
    """Whether somebody visited and found the business as declared."""
    asked: tuple[StepKind, ...] = ()
    """What staff asked for anew and has not been given since."""

    @property
    def for_checks(self) -> frozenset[EvidenceKind]:
        """The kinds that checks may use: `CONSENT` stands for the consent to a face alone."""
        without = self.kinds - {EvidenceKind.CONSENT}
        return without | {EvidenceKind.CONSENT} if Purpose.FACE in self.consents else without


@dataclass(frozen=True, slots=True)
class Results:
    """What the checks said, by code; a check that could not run yet is not there."""

    by_code: Mapping[str, CheckResult] = field(default_factory=dict)
    excused: frozenset[str] = frozenset()
    """Checks that need not pass here: there is nothing to compare with."""


def without_face(policy: Policy, given: Given) -> bool:
    """Whether the subject goes the way without a face."""
    return policy.instead_of_face is not None and Purpose.FACE not in given.consents and policy.instead_of_face in given.kinds


def required_checks(policy: Policy, given: Given, excused: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Codes of the checks that must pass."""
    spared = excused | (FACE_CHECKS if without_face(policy, given) else frozenset())
    return tuple(code for code in policy.required if code not in spared)


def missing(policy: Policy, given: Given) -> tuple[Step, ...]:
    """What must be given before the checks can be finished, in order."""
    steps = list(_consents(policy, given))
    wanted = [kind for kind in policy.evidence if kind not in given.kinds and kind is not EvidenceKind.CONSENT]
    if without_face(policy, given):
        wanted = [kind for kind in wanted if kind not in FACES]
    kinds = [*(STEP_OF[kind] for kind in wanted), *given.asked]
    return (*steps, *(step_of(kind) for kind in dict.fromkeys(kinds)))


def _consents(policy: Policy, given: Given) -> Iterable[Step]:
    needed = dict.fromkeys(CONSENT_FOR[kind] for kind in policy.evidence if kind in CONSENT_FOR)
    for purpose in needed:
        spared = purpose is Purpose.FACE and without_face(policy, given)
        if purpose not in given.consents and not spared:
            yield Step(StepKind.CONSENT, CONSENT_SENTENCES[purpose], Actor.SUBJECT)


def step_of(kind: StepKind) -> Step:
    """A step with its sentence and who does it."""
    actor = Actor.STAFF if kind in {StepKind.FIELD_VISIT, StepKind.DECISION} else Actor.SUBJECT
    return Step(kind, SENTENCES.get(kind) or CONSENT_SENTENCES[Purpose.DOCUMENTS], actor)


def next_steps(policy: Policy, given: Given, state: State) -> tuple[Step, ...]:
    """What to do next, in order; empty when nothing is asked of anybody."""
    if state is State.REFERRED:
        return (step_of(StepKind.DECISION),)
    return missing(policy, given) if state in {State.OPENED, State.WAITING_FOR_EVIDENCE} else ()


def waiting_state(policy: Policy, given: Given) -> State:
    """Where new evidence leads before the checks were run with it."""
    return State.WAITING_FOR_EVIDENCE if missing(policy, given) else State.CHECKING


def checked_state(policy: Policy, given: Given, results: Results) -> State:
    """Where the results of the checks lead: straight through only when everything required passes, nothing fails and a face was shown."""
    if missing(policy, given):
        return State.WAITING_FOR_EVIDENCE
    said = results.by_code
    passed = all(code in said and said[code].outcome is Outcome.PASS for code in required_checks(policy, given, results.excused))
    failed = any(result.outcome is Outcome.FAIL for result in said.values())
    return State.VERIFIED if passed and not failed and not without_face(policy, given) else State.REFERRED


def move(old: State, new: State) -> State:
    """The new state, when there is such a move."""
    assert new in MOVES[old], f"a verification does not go from {old} to {new}"
    return new
