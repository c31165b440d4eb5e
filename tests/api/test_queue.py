"""The queue of jobs: one worker at a time, one effect."""

from __future__ import annotations

import pytest

from api import queue
from api.queue import QueueFull, Taken
from tests.api.opened import NOW, connected

pytestmark = pytest.mark.usefixtures("each_engine")

LEASE = 30_000
KINDS = {"decide again"}


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        yield opened


def put(connection, number: int = 0, institution: str = "rural-bank") -> str:
    return queue.put(connection, institution, "decide again", b"sealed %d" % number, NOW + number, 10)


def test_the_job_that_is_due_longest_is_taken_first(connection):
    first, second = put(connection, 0), put(connection, 5)
    taken = [queue.take(connection, NOW + 10, LEASE, KINDS) for _ in range(3)]
    assert [job and job.id for job in taken] == [first, second, None]


def test_a_job_that_is_held_is_not_taken_by_another(connection):
    put(connection)
    assert queue.take(connection, NOW, LEASE, KINDS) is not None
    assert not queue.waiting(connection, NOW + LEASE - 1, KINDS)
    assert queue.take(connection, NOW + LEASE - 1, LEASE, KINDS) is None


def test_a_killed_workers_job_is_taken_again_and_it_cannot_finish_it_any_more(connection):
    put(connection)
    dead = queue.take(connection, NOW, LEASE, KINDS)
    alive = queue.take(connection, NOW + LEASE, LEASE, KINDS)
    assert dead is not None and alive is not None
    with pytest.raises(Taken):
        queue.finish(connection, dead, NOW + LEASE)
    queue.finish(connection, alive, NOW + LEASE)
    with pytest.raises(Taken):
        queue.finish(connection, alive, NOW + LEASE)


def test_what_a_finished_job_carried_is_destroyed(connection):
    put(connection)
    job = queue.take(connection, NOW, LEASE, KINDS)
    assert job is not None and job.payload == b"sealed 0"
    queue.finish(connection, job, NOW)
    assert connection.exec_driver_sql("SELECT payload FROM jobs").scalar() == b""
    assert not queue.waiting(connection, NOW + 10 * LEASE, KINDS)


def test_a_postponed_job_waits_longer_each_time_up_to_a_bound(connection):
    put(connection)
    now, pauses = NOW, []
    for _ in range(6):
        job = queue.take(connection, now, LEASE, KINDS)
        assert job is not None
        queue.postpone(connection, job, now, "GraphUnavailable")
        due = connection.exec_driver_sql("SELECT due_at FROM jobs").scalar_one()
        pauses.append(due - now)
        now = due
    assert pauses == [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]


def test_more_jobs_than_may_wait_are_refused_for_their_institution_alone(connection):
    for number in range(10):
        put(connection, number)
    with pytest.raises(QueueFull, match="10 jobs of rural-bank"):
        put(connection, 11)
    assert put(connection, 11, "city-bank")


def test_done_jobs_are_removed_when_they_are_old(connection):
    put(connection)
    job = queue.take(connection, NOW, LEASE, KINDS)
    assert job is not None
    queue.finish(connection, job, NOW)
    assert queue.remove_done(connection, NOW) == 0
    assert queue.remove_done(connection, NOW + 1) == 1
