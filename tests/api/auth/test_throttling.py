"""Guessing is slowed down; honest staff elsewhere are not locked out."""

from __future__ import annotations

import pytest

from api.auth.throttling import Throttle, network_of
from tests.api.opened import NOW, connected

pytestmark = pytest.mark.usefixtures("each_engine")

THROTTLE = Throttle(b"k" * 32, tries=3, address_tries=8, wait=60_000)
GUESSER, HOME = "203.0.113.9", "198.51.100.7"


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        yield opened


def guess(connection, times: int, name: str = "li.na", address: str = GUESSER, now: int = NOW) -> None:
    for _ in range(times):
        THROTTLE.note(connection, "rural-bank", name, address, now)


def waits(connection, name: str = "li.na", address: str = GUESSER, now: int = NOW) -> int:
    return THROTTLE.waits(connection, "rural-bank", name, address, now)


def test_a_few_wrong_passwords_wait_for_nothing_more_wait_a_minute(connection):
    guess(connection, 2)
    assert waits(connection) == 0
    guess(connection, 1)
    assert waits(connection) == 60_000
    assert waits(connection, now=NOW + 60_000) == 0


def test_who_guesses_from_elsewhere_does_not_lock_a_member_of_staff_out(connection):
    guess(connection, 50)
    assert waits(connection) > 0
    assert waits(connection, address=HOME) == 0


def test_another_institutions_member_of_the_same_name_is_another(connection):
    guess(connection, 3)
    assert THROTTLE.waits(connection, "city-bank", "li.na", GUESSER, NOW) == 0


def test_guessing_many_names_from_one_address_waits_too(connection):
    for number in range(8):
        guess(connection, 1, name=f"name-{number}")
    assert waits(connection, name="name-9") > 0
    assert waits(connection, name="name-9", address=HOME) == 0


def test_the_right_password_forgives_the_wrong_ones_and_is_no_guess_itself(connection):
    for _ in range(30):
        guess(connection, 1)
        THROTTLE.forgive(connection, "rural-bank", "li.na", GUESSER)
    assert waits(connection) == 0
    assert waits(connection, name="somebody else") == 0


def test_tries_are_kept_under_keyed_hashes_and_forgotten_when_they_are_old(connection, tmp_path):
    guess(connection, 1)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"li.na" not in kept and GUESSER.encode() not in kept
    guess(connection, 1, name="other", now=NOW + 61_000)
    assert connection.exec_driver_sql("SELECT count(*) FROM sign_in_tries").scalar() == 2


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_address_counts_as_its_network(address, counted):
    assert network_of(address) == counted
