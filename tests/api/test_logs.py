"""The log says what an operator needs and nothing personal, whatever is sent."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import logs
from tests.api.small_graphql import Server, serve

PERSONAL = ("张三", "Zhang", "13800138000", "110101199003070033", "zhang@example", "203.0.113.77", "6222020200112233")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log's stream; the process logs as before afterwards."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    stream = io.StringIO()
    logs.configure("DEBUG", stream)
    yield stream
    root.handlers[:], root.level = before


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return serve(tmp_path)


def test_a_request_is_one_line_with_who_what_and_how_long(server: Server, lines: io.StringIO) -> None:
    response = server.post({"query": '{ echo(text: "x") }'})
    (line,) = [line for line in read(lines) if line["event"] == "request"]
    assert line["request"] == response.headers["x-request-id"]
    assert (line["field"], line["principal"], line["institution"]) == ("echo", "pri_service", "bank")
    assert (line["status"], line["code"], line["cost"], line["network"]) == (200, "OK", 0, "203.0.113.0/24")
    assert line["ms"] >= 0
    assert line["at"].endswith("Z")


def test_nothing_personal_is_logged_whatever_is_sent(server: Server, lines: io.StringIO) -> None:
    everything = " ".join(PERSONAL)
    bodies: list[Any] = [
        {"query": "query ($t: String!) { echo(text: $t) }", "variables": {"t": everything}},
        {"query": f'{{ echo(text: "{everything}") }}'},
        {"query": f"# {everything}\n{{ nothing }}"},
        {"query": "query Zhang13800138000 { __typename }"},
        {"query": "{ __typename }", "operationName": "Zhang13800138000"},
        {"query": "{ Zhang: nothing13800138000 }"},
        {"query": "{ Zhang }"},
        {
            "query": "mutation ($b: Batch!) { recordFacts(input: $b) { __typename } }",
            "variables": {"b": {"source": everything, "facts": [everything]}},
        },
        {"query": "{ fails }"},
        {"query": "{ slow(first: 2) { broken } }"},
        {"documentId": everything},
        {everything: 1},
        [everything],
    ]
    for body in bodies:
        server.post(body, User_Agent="Zhang/1.0", Cookie="name=Zhang", X_Forwarded_For="13.80.01.38")
    server.post_bytes(everything.encode(), Accept="Zhang/13800138000")
    server.post({"query": "{ __typename }"}, Authorization="Bearer Zhang13800138000")
    assert len(read(lines)) > len(bodies)
    for text in (*PERSONAL, "13.80.01.38"):
        assert text not in lines.getvalue()


def test_a_fault_is_logged_with_the_id_that_the_answer_has_and_where_it_was(server: Server, lines: io.StringIO) -> None:
    body = server.post({"query": "{ fails }"}).json()
    (line,) = [line for line in read(lines) if line["event"] == "fault"]
    assert line["error"] == body["errors"][0]["extensions"]["errorId"]
    assert line["exception"] == "RuntimeError"
    assert "small_graphql.py" in line["where"]
    assert line["where"].split()[1] == "fails", "the innermost frame comes first"
    assert (line["field"], line["principal"]) == ("fails", "pri_service")


def test_the_causes_of_a_fault_are_named_without_what_they_say(lines: io.StringIO) -> None:
    fault = RuntimeError("13800138000")
    fault.__cause__ = KeyError("Zhang San")
    error_id = logs.fault(fault)
    (line,) = read(lines)
    assert (line["error"], line["exception"]) == (error_id, "RuntimeError from KeyError")
    assert "Zhang" not in lines.getvalue()


def test_what_libraries_say_is_cut_to_where_they_said_it(lines: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").warning("INSERT %s", "Zhang San")
    logging.getLogger("uvicorn.error").error("Invalid HTTP request from %s", "203.0.113.77")
    logging.getLogger("uvicorn.access").error('%s - "GET /decisions/dec_1?token=secret"', "203.0.113.77")
    try:
        int("Zhang San")
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception for Zhang San")
    first, second, third = read(lines)
    assert (first["logger"], first["event"]) == ("sqlalchemy.engine", "library")
    assert second["says"] == "Invalid HTTP request from %s"
    assert third["exception"] == "ValueError"
    assert not any(text in lines.getvalue() for text in ("Zhang", "203.0.113", "secret"))


def test_of_a_traceback_that_a_library_says_the_tail_is_kept_and_not_what_the_error_says(lines: io.StringIO) -> None:
    def deeper(depth: int) -> None:
        if depth:
            deeper(depth - 1)
        raise ValueError("Zhang San\n13800138000: is his phone")

    try:
        try:
            deeper(20)
        except ValueError as error:
            raise KeyError("Zhang") from error
    except KeyError:
        chained = traceback.format_exc()
    try:
        deeper(20)
    except ValueError:
        alone = traceback.format_exc()
    for text in (chained, alone):
        logging.getLogger("uvicorn.error").error(text)
    first, second = read(lines)
    assert (first["exception"], second["exception"]) == ("KeyError", "ValueError")
    assert second["where"].startswith("tests/api/test_logs.py") and " deeper < " in second["where"]
    assert "Zhang" not in lines.getvalue() and "13800138000" not in lines.getvalue()


def test_an_event_has_no_other_fields_than_those_agreed() -> None:
    with pytest.raises(AssertionError, match="no field name"):
        logs.event("signed_in", name="Zhang San")


def test_chatter_of_libraries_is_left_out(lines: io.StringIO) -> None:
    logging.getLogger("alembic.runtime.plugins").info("setting up plugin")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"), ("testclient", None), (None, None)],
)
def test_addresses_are_logged_without_the_part_that_is_a_person(address: str | None, shown: str | None) -> None:
    assert logs.network(address) == shown


def test_the_level_is_that_of_the_settings(lines: io.StringIO) -> None:
    logs.configure("ERROR", lines)
    logs.event("request", status=200)
    assert lines.getvalue() == ""
    logs.event("fault", logging.ERROR, error="err_1")
    assert read(lines)[0]["error"] == "err_1"
