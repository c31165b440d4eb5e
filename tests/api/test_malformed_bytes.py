"""What no client library sends: bytes on the socket of the real server. Nothing is a 5xx, and the server goes on."""

from __future__ import annotations

import io
import json
import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from api import logs
from tests.api.listening import Listening, listening

GOOD = b'{"query":"{ me { name } }"}'
TYPE = "Content-Type: application/json"


@pytest.fixture(scope="module")
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, log: io.StringIO) -> Iterator[Listening]:
    with listening(tmp_path_factory.mktemp("bytes")) as running:
        logs.configure("INFO", log)
        yield running
        assert '"event":"fault"' not in log.getvalue(), "no request met a fault of ours"


@pytest.fixture(autouse=True)
def _goes_on(server: Listening) -> Iterator[None]:
    yield
    response = httpx.post(server.url, json={"query": "{ me { name } }"}, headers={"Authorization": f"Bearer {server.service}"})
    assert response.json() == {"data": {"me": {"name": "workflow"}}}


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


def length(body: bytes, by: int = 0) -> str:
    return f"Content-Length: {len(body) + by}"


def test_a_whole_request_is_answered(server: Listening) -> None:
    assert statuses(server.raw(server.head(TYPE, length(GOOD), "Connection: close") + GOOD)) == [200]


def test_a_body_that_ends_early_is_answered_with_nothing_or_400(server: Listening) -> None:
    assert set(statuses(server.raw(server.head(TYPE, length(GOOD, 50)) + GOOD, leave=True))) <= {400}


@pytest.mark.parametrize("size", [5_000_000, 20_000_000])
def test_a_body_many_times_too_large_is_answered_413_and_not_reset(server: Listening, size: int) -> None:
    headers = {"Authorization": f"Bearer {server.service}", "Content-Type": "application/json"}
    assert httpx.post(server.url, content=b" " * size, headers=headers).status_code == 413
    pieces = (b" " * 65_536 for _ in range(size // 65_536))
    assert httpx.post(server.url, content=pieces, headers=headers).status_code == 413


def test_who_leaves_while_signing_in_is_no_fault_of_ours(server: Listening, log: io.StringIO) -> None:
    head = f"POST /session HTTP/1.1\r\nHost: x\r\n{TYPE}\r\nContent-Length: 100\r\n\r\n"
    assert set(statuses(server.raw(head.encode() + b"{", leave=True))) <= {400}
    time.sleep(0.2)
    assert '"event":"fault"' not in log.getvalue()


def test_a_body_longer_than_it_says_is_not_read_as_another_request_of_ours(server: Listening) -> None:
    answers = statuses(server.raw(server.head(TYPE, length(GOOD, -1)) + GOOD + b"\r\n\r\n", wait=1.0))
    assert answers
    assert set(answers) <= {400}


def test_two_lengths_that_differ_are_refused(server: Listening) -> None:
    answer = server.raw(server.head(TYPE, length(GOOD), length(GOOD, 3)) + GOOD, wait=1.0)
    assert set(statuses(answer)) <= {400}


def test_length_and_chunks_together_are_refused_or_read_once(server: Listening) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    answers = statuses(server.raw(server.head(TYPE, "Content-Length: 5", "Transfer-Encoding: chunked") + body, wait=1.0))
    assert len(answers) <= 1
    assert set(answers) <= {200, 400}


def test_chunked_bodies_are_read(server: Listening) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD) + b"0\r\n\r\n"
    assert statuses(server.raw(server.head(TYPE, "Transfer-Encoding: chunked", "Connection: close") + chunks)) == [200]


@pytest.mark.parametrize(
    "chunks", [b"zz\r\nxx\r\n", b"5\r\nabc", b"-1\r\n\r\n", b"ffffffffffffffff\r\nx\r\n", b"5;" + b"x" * 5_000 + b"\r\nabcde\r\n0\r\n\r\n"]
)
def test_broken_chunks_are_no_5xx(server: Listening, chunks: bytes) -> None:
    assert set(statuses(server.raw(server.head(TYPE, "Transfer-Encoding: chunked") + chunks, wait=1.0, leave=True))) <= {400, 413}


def test_a_body_without_end_is_cut_at_1_mib(server: Listening) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    answer = server.raw(server.head(TYPE, "Transfer-Encoding: chunked"), *[chunk] * 40, wait=1.0)
    assert set(statuses(answer)) <= {413}


def test_a_body_that_says_it_is_huge_is_refused_before_it_comes(server: Listening) -> None:
    assert statuses(server.raw(server.head(TYPE, "Content-Length: 999999999"))) == [413]


@pytest.mark.parametrize("value", ["x", "-5", "1e3", "0x10", "99999999999999999999999999"])
def test_a_length_that_is_none_is_400(server: Listening, value: str) -> None:
    assert set(statuses(server.raw(server.head(TYPE, f"Content-Length: {value}") + GOOD, wait=1.0))) <= {400, 413}


def test_several_and_strange_headers_are_4xx(server: Listening) -> None:
    strange = [
        [TYPE, "Content-Type: text/plain"],
        ["Content-Type: application/json\xff"],
        [TYPE, "Accept: \xff\xfe"],
        [TYPE, "Accept: " + "a/b," * 5_000],
        [TYPE, "Content-Encoding: gzip"],
        ["Content-Type: multipart/form-data"],
        ['Content-Type: multipart/form-data; boundary="'],
        ["Content-Type: application/x-www-form-urlencoded"],
    ]
    for lines in strange:
        answers = statuses(server.raw(server.head(*lines, length(GOOD), "Connection: close") + GOOD))
        assert len(answers) == 1, lines
        assert 400 <= answers[0] < 500, lines


def test_strange_credentials_are_401(server: Listening) -> None:
    for line in ("Authorization: \xff", "Authorization: Bearer", "Authorization: Bearer \x80\x81", "Cookie: __Host-ringfence=\xff; =;;"):
        head = f"POST /graphql HTTP/1.1\r\nHost: x\r\n{line}\r\n{TYPE}\r\n{length(GOOD)}\r\nConnection: close\r\n\r\n".encode("latin-1")
        assert statuses(server.raw(head + GOOD)) == [401], line


def test_what_is_not_http_is_400_or_silence(server: Listening) -> None:
    for content in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"\x00" * 100, b"POST /graphql HTTP/9.9\r\n\r\n", b"x" * 70_000):
        assert set(statuses(server.raw(content, wait=1.0, leave=True))) <= {400}


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(server: Listening) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(server.head(TYPE, "Content-Length: 1000") + GOOD)
    assert statuses(server.raw(server.head(TYPE, length(GOOD), "Connection: close") + GOOD)) == [200]


def test_requests_in_a_row_on_one_connection_are_answered_in_order(server: Listening) -> None:
    bad = b"[1]"
    stream = b"".join(
        [
            server.head(TYPE, length(GOOD)) + GOOD,
            server.head(TYPE, length(bad)) + bad,
            server.head(TYPE, length(GOOD), "Connection: close") + GOOD,
        ]
    )
    assert statuses(server.raw(stream)) == [200, 400, 200]


def test_the_hostile_bodies_of_the_notes_are_4xx_here_too(server: Listening) -> None:
    for body in (
        b"null",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query":"{me{name}}","variables":{"a":' + b"9" * 5_000 + b"}}",
        b'{"query":"\\ud800"}',
        b'{"query":"{me{name}}","variables":{"a":"\\udfff"}}',
        b'{"query":"{me{name}}","variables":NaN}',
        b'{"operations":{},"map":[]}',
    ):
        answer = server.raw(server.head(TYPE, length(body), "Connection: close") + body)
        assert statuses(answer) == [400], body[:60]
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert told["errors"][0]["extensions"]["code"] == "INVALID"


def test_the_log_of_all_this_is_whole_lines_of_json(server: Listening, log: io.StringIO) -> None:
    lines = log.getvalue().splitlines()
    assert lines
    assert all(json.loads(line)["at"] for line in lines)
    assert server.service not in log.getvalue()
