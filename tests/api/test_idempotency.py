"""One key, one effect: a state machine over claims, answers, deaths and time, and each rule by itself."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from api import idempotency
from api.idempotency import DAY, Answered, Claim, Fenced, IdempotencyConflict, IdempotencyInProgress, Intent
from graph.errors import InvalidInput
from identity.vault import Vault
from tests.api.opened import BANK, NOW, connected
from tests.settings import STEPS

pytestmark = pytest.mark.usefixtures("each_engine")

LEASE = 2_000


def wanted(key: str = "key-0001", what: bytes = b"one", institution: str = "rural-bank", mutation: str = "assessLoan") -> Intent:
    return Intent(institution, mutation, key, what.ljust(16, b"\0"))


def claim(connection, intent: Intent, now: int):
    return idempotency.claim(connection, intent, now, lease=LEASE, days=30)


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        yield opened


def test_a_repeat_gets_the_answer(connection):
    held = claim(connection, wanted(), NOW)
    idempotency.answer(connection, held, {"decision": "dec_a"})
    assert claim(connection, wanted(), NOW + 5) == Answered({"decision": "dec_a"})


def test_another_input_is_a_conflict_that_says_when_the_key_was_first_used(connection):
    idempotency.answer(connection, claim(connection, wanted(), NOW), {})
    with pytest.raises(IdempotencyConflict) as caught:
        claim(connection, wanted(what=b"two"), NOW + 9)
    assert caught.value.first_used_at == NOW


def test_a_second_call_while_the_first_runs_is_told_to_wait_no_longer_than_the_lease(connection):
    claim(connection, wanted(), NOW)
    with pytest.raises(IdempotencyInProgress) as caught:
        claim(connection, wanted(), NOW + 500)
    assert caught.value.retry_after == LEASE - 500


def test_a_dead_calls_claim_expires_and_its_retry_has_the_first_calls_moment(connection):
    first = claim(connection, wanted(), NOW)
    second = claim(connection, wanted(), NOW + LEASE)
    assert isinstance(second, Claim)
    assert (second.at, second.fence) == (NOW, first.fence + 1)


def test_who_lost_the_lease_cannot_answer(connection):
    first = claim(connection, wanted(), NOW)
    second = claim(connection, wanted(), NOW + LEASE)
    with pytest.raises(Fenced):
        idempotency.answer(connection, first, {"decision": "dec_a"})
    idempotency.answer(connection, second, {"decision": "dec_b"})
    assert claim(connection, wanted(), NOW + LEASE) == Answered({"decision": "dec_b"})


def test_a_freed_claim_is_taken_at_once_with_the_same_moment(connection):
    idempotency.free(connection, claim(connection, wanted(), NOW))
    again = claim(connection, wanted(), NOW + 1)
    assert isinstance(again, Claim)
    assert again.at == NOW


def test_a_refused_call_leaves_the_key_as_if_it_had_never_been_used(connection):
    idempotency.forget(connection, claim(connection, wanted(), NOW))
    again = claim(connection, wanted(what=b"two"), NOW + 1)
    assert again == Claim(wanted(what=b"two"), 1, NOW + 1)


def test_an_answer_is_kept_for_thirty_days_and_no_longer(connection):
    idempotency.answer(connection, claim(connection, wanted(), NOW), {})
    assert isinstance(claim(connection, wanted(), NOW + 30 * DAY - 1), Answered)
    assert isinstance(claim(connection, wanted(what=b"two"), NOW + 30 * DAY), Claim)


def test_old_keys_are_removed_and_young_ones_are_kept(connection):
    for number in range(5):
        idempotency.answer(connection, claim(connection, wanted(f"key-000{number}"), NOW + number * DAY), {})
    assert idempotency.remove_old(connection, BANK.id, NOW + 32 * DAY, 30) == 3
    assert idempotency.remove_old(connection, BANK.id, NOW + 32 * DAY, 30) == 0


def test_institutions_and_mutations_have_keys_of_their_own(connection):
    for other in (wanted(), wanted(institution="city-bank"), wanted(mutation="recordOutcome")):
        assert isinstance(claim(connection, other, NOW), Claim)


@pytest.mark.parametrize("key", ["short", "k" * 65, "key with é", "key\nwith a line", "", "key\x7f9012"])
def test_a_malformed_key_is_refused_by_name(key, tmp_path):
    sealer = Vault.open(tmp_path / "keys.json").sealer("rural-bank")
    with pytest.raises(InvalidInput) as caught:
        idempotency.intent(sealer, "rural-bank", "assessLoan", key, {})
    assert caught.value.problems[0].path == ("idempotencyKey",)


def test_a_null_is_what_was_left_out(tmp_path):
    sealer = Vault.open(tmp_path / "keys.json", create=True).sealer("rural-bank")

    def hashed(application) -> bytes:
        return idempotency.intent(
            sealer, "rural-bank", "assessLoan", "key-0001", {"application": application, "facts": [application]}
        ).input_hash

    assert hashed({"key": "L-1", "applicant": None, "place": {"address": "x", "latitude": None}}) == hashed(
        {"key": "L-1", "place": {"address": "x"}}
    )
    assert hashed({"key": "L-1", "device": ""}) != hashed({"key": "L-1"})


def test_the_deadline_is_no_part_of_the_input_and_everything_else_is(tmp_path):
    sealer = Vault.open(tmp_path / "keys.json").sealer("rural-bank")

    def hash_of(**input_):
        return idempotency.intent(sealer, "rural-bank", "assessLoan", "key-0001", input_).input_hash

    assert hash_of(a=1, deadline=900) == hash_of(deadline=100, a=1) == hash_of(a=1)
    assert hash_of(a=1) != hash_of(a=2)


class Keys(RuleBasedStateMachine):
    """Callers claim, answer, give up and die in any order while time passes; a model says what each must see."""

    finished = 0
    """Calls that were answered, in all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.connection = self.stack.enter_context(connected(folder))
        self.connection.exec_driver_sql("DELETE FROM idempotency_keys")  # a server's database is that of the whole test
        self.now = NOW
        self.effects: dict[tuple[str, bytes], int] = {}
        self.answered: dict[str, tuple[bytes, int]] = {}
        self.running: dict[str, tuple[bytes, int]] = {}
        self.claims: list[Claim] = []
        self.moments: dict[tuple[str, bytes], int] = {}

    def teardown(self) -> None:
        self.stack.close()

    @rule(key=st.sampled_from(["key-0001", "key-0002"]), what=st.sampled_from([b"one", b"two"]))
    def call(self, key: str, what: bytes) -> None:
        intent = wanted(key, what)
        lease = self.running.get(key)
        try:
            found = claim(self.connection, intent, self.now)
        except IdempotencyConflict:
            first = self.answered.get(key) or lease
            assert first is not None and first[0] != what
        except IdempotencyInProgress as error:
            assert lease is not None and lease[0] == what and lease[1] > self.now
            assert 0 < error.retry_after <= LEASE  # noqa: PT017 - one outcome of several
        else:
            if isinstance(found, Answered):
                assert self.answered[key] == (what, found.answer["effect"])
            else:
                assert key not in self.answered
                assert lease is None or lease[1] <= self.now
                self.claims.append(found)
                self.running[key] = (what, self.now + LEASE)

    @rule(data=st.data(), number=st.integers(0, 1_000_000))
    def finish(self, data: st.DataObject, number: int) -> None:
        if not self.claims:
            return
        held = data.draw(st.sampled_from(self.claims))
        key, what = held.intent.key, held.intent.input_hash.rstrip(b"\0")
        newest = max((one for one in self.claims if one.intent.key == key), key=lambda one: one.fence)
        try:
            idempotency.answer(self.connection, held, {"effect": number})
        except Fenced:
            assert held is not newest or key in self.answered
        else:
            assert held is newest and key not in self.answered
            self.answered[key] = (what, number)
            Keys.finished += 1

    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        if not self.claims:
            return
        held = data.draw(st.sampled_from(self.claims))
        key = held.intent.key
        newest = max((one for one in self.claims if one.intent.key == key), key=lambda one: one.fence)
        idempotency.free(self.connection, held)
        if held is newest and key not in self.answered:
            self.running[key] = (self.running[key][0], 0)

    @rule(milliseconds=st.integers(0, 3 * LEASE))
    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds

    @invariant()
    def a_key_has_one_effect_at_most(self) -> None:
        rows = self.connection.exec_driver_sql("SELECT key, answer FROM idempotency_keys WHERE answer IS NOT NULL").all()
        assert {key for key, _ in rows} == set(self.answered)


def test_any_order_of_calls_answers_deaths_and_time_gives_one_effect_for_one_key():
    Keys.finished = 0
    run_state_machine_as_test(Keys, settings=settings(stateful_step_count=STEPS, deadline=None))
    assert Keys.finished > 0, "some calls came to their end"
