"""The state machine of verifications: what is asked, where evidence and checks lead, and that nobody is verified by less than is asked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.model import CheckResult, EvidenceKind, Outcome
from identity.policy import Policy, shipped_policies
from identity.verification import (
    CONSENT_FOR,
    FACE_CHECKS,
    MOVES,
    RUNNING,
    Actor,
    Given,
    Purpose,
    Results,
    State,
    StepKind,
    checked_state,
    missing,
    move,
    next_steps,
    required_checks,
    waiting_state,
    without_face,
)
from tests.settings import EXAMPLES

POLICIES = st.sampled_from(shipped_policies())
GIVEN = st.builds(
    Given,
    kinds=st.frozensets(st.sampled_from(EvidenceKind)),
    consents=st.frozensets(st.sampled_from(Purpose)),
    asked=st.lists(st.sampled_from([kind for kind in StepKind if kind is not StepKind.DECISION]), max_size=2).map(tuple),
)


def everything(policy: Policy) -> Given:
    """All that a policy asks for."""
    return Given(kinds=frozenset(policy.evidence), consents=frozenset(Purpose))


def results(policy: Policy, outcome: Outcome = Outcome.PASS, **others: Outcome) -> Results:
    """What every check of a policy said."""
    return Results({code: CheckResult(code, others.get(code, outcome), "Said.") for code in policy.checks})


@pytest.mark.parametrize("policy", shipped_policies(), ids=lambda policy: policy.name)
def test_all_that_is_asked_and_all_that_passes_is_verified_straight_through(policy: Policy) -> None:
    given_ = everything(policy)
    assert missing(policy, given_) == () and waiting_state(policy, given_) is State.CHECKING
    assert checked_state(policy, given_, results(policy)) is State.VERIFIED


@pytest.mark.parametrize("policy", shipped_policies(), ids=lambda policy: policy.name)
def test_one_required_check_that_does_not_pass_or_any_that_fails_is_for_a_person(policy: Policy) -> None:
    given_ = everything(policy)
    for code in policy.required:
        for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
            assert checked_state(policy, given_, results(policy, **{code: outcome})) is State.REFERRED, code
        said = {one: result for one, result in results(policy).by_code.items() if one != code}
        assert checked_state(policy, given_, Results(said)) is State.REFERRED, f"{code} did not run"
        excused = Results(said, frozenset({code}))
        assert checked_state(policy, given_, excused) is State.VERIFIED, f"{code} has nothing to compare with here"
    for code in policy.also:
        assert checked_state(policy, given_, results(policy, **{code: Outcome.FAIL})) is State.REFERRED, code
        assert checked_state(policy, given_, results(policy, **{code: Outcome.INCONCLUSIVE})) is State.VERIFIED, code


@given(POLICIES, GIVEN)
@settings(max_examples=EXAMPLES)
def test_while_anything_is_missing_nobody_is_verified_and_what_is_given_is_not_asked_for(policy: Policy, given_: Given) -> None:
    steps = missing(policy, given_)
    state = checked_state(policy, given_, results(policy))
    assert (state is State.WAITING_FOR_EVIDENCE) == bool(steps) == (waiting_state(policy, given_) is State.WAITING_FOR_EVIDENCE)
    if state is State.VERIFIED:
        assert given_.kinds >= {kind for kind in policy.evidence if kind is not EvidenceKind.CONSENT}
        assert given_.consents >= {CONSENT_FOR[kind] for kind in policy.evidence if kind in CONSENT_FOR}
    assert {step.kind for step in steps} >= set(given_.asked)
    assert len(steps) <= 12, "as the schema says"
    assert all(step.sentence.endswith(".") for step in steps)


@given(POLICIES, GIVEN, st.sampled_from(State))
@settings(max_examples=EXAMPLES)
def test_something_is_asked_of_somebody_only_while_it_can_be_done(policy: Policy, given_: Given, state: State) -> None:
    steps = next_steps(policy, given_, state)
    if state is State.REFERRED:
        assert [(step.kind, step.actor) for step in steps] == [(StepKind.DECISION, Actor.STAFF)]
    elif state not in RUNNING or state is State.CHECKING:
        assert steps == ()


@given(POLICIES, GIVEN)
@settings(max_examples=EXAMPLES)
def test_without_a_face_no_face_is_asked_for_and_a_person_always_decides(policy: Policy, given_: Given) -> None:
    if without_face(policy, given_):
        assert {step.kind for step in missing(policy, given_)} - set(given_.asked) <= set(StepKind) - {
            StepKind.FACE_IMAGE,
            StepKind.LIVENESS,
        }
        assert not FACE_CHECKS & set(required_checks(policy, given_))
        assert checked_state(policy, given_, results(policy)) is not State.VERIFIED


@given(st.lists(st.sampled_from(State), min_size=2, max_size=8))
@settings(max_examples=EXAMPLES)
def test_there_are_no_moves_but_those_that_are_named_and_none_out_of_an_end(states: list[State]) -> None:
    for old, new in pairwise(states):
        if new in MOVES[old]:
            assert move(old, new) is new and old in RUNNING
        else:
            with pytest.raises(AssertionError, match="does not go"):
                move(old, new)
