"""Documents are parsed, validated and costed once; trusted ones at the start."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from api.documents import WrongTrustedDocument
from tests.api.small_graphql import GRAPHQL, JSON, Server, assert_refused, serve


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return serve(tmp_path)


def test_documents_that_do_not_parse_or_validate_are_400_or_200_by_media_type(server: Server) -> None:
    for query, said in (
        ("{", "Syntax Error"),
        ("{ ech }", "Cannot query field 'ech'"),
        ("{ echo }", "required"),
        ("subscription { ticks }", "Subscriptions"),
    ):
        for accept, status in ((GRAPHQL, 400), (JSON, 200)):
            expected = 400 if "Subscriptions" in said else status
            body = assert_refused(server.post({"query": query}, Accept=accept), expected, said)
            assert "Did you mean" not in json.dumps(body)


def test_errors_of_documents_have_places(server: Server) -> None:
    body = server.post({"query": "{\n  __typename\n  nothing\n}"}).json()
    assert body["errors"][0]["locations"] == [{"line": 3, "column": 3}]


def test_operations_must_be_chosen_and_there(server: Server) -> None:
    two = "query A { __typename } query B { __typename }"
    assert_refused(server.post({"query": two}), 200, "several operations")
    assert_refused(server.post({"query": two, "operationName": "C"}, Accept=GRAPHQL), 400, "no operation `C`")
    assert_refused(server.post({"query": "fragment F on Query { __typename }"}), 200, "no operation")
    assert server.post({"query": "query A { __typename }", "operationName": ""}).status_code == 200


def test_cost_depends_on_variables_also_for_a_known_document(server: Server) -> None:
    query = "query ($n: Int!) { things(first: $n) { id } }"
    for n, status in ((10, 200), (3_000, 400), (20, 200), (2_501, 400), (2_500, 200), (True, 400)):
        response = server.post({"query": query, "variables": {"n": n}}, Accept=GRAPHQL)
        assert response.status_code == status, (n, response.text[:200])


def test_unknown_documents_cost_by_their_length_so_that_validating_them_is_paid_for(tmp_path: Path) -> None:
    server = serve(tmp_path, staff=1_000)
    statuses = [
        server.post({"query": "{ __typename " + "# x" * 10_000 + f"{n}\n }}"}, Authorization="Bearer staff").status_code for n in range(5)
    ]
    assert 429 in statuses


TRUSTED = "query Echo($t: String!) { echo(text: $t) }"


def test_trusted_documents_are_run_by_name_or_hash(server: Server, tmp_path: Path) -> None:
    (tmp_path / "echo.graphql").write_text(TRUSTED)
    assert server.endpoint._documents.load(tmp_path) == 1
    digest = "sha256:" + hashlib.sha256(TRUSTED.encode()).hexdigest()
    for name in ("echo", digest):
        assert server.post({"documentId": name, "variables": {"t": "x"}}).json() == {"data": {"echo": "x"}}
    assert server.post({"extensions": {"documentId": "echo"}, "variables": {"t": "x"}}).json() == {"data": {"echo": "x"}}
    assert_refused(server.post({"documentId": "other"}), 400, "no trusted document")
    assert_refused(server.post({"documentId": "echo", "query": "{ __typename }"}), 400, "not both")


def test_a_trusted_document_that_cannot_be_used_stops_the_start(server: Server, tmp_path: Path) -> None:
    for text in ("{", "{ nothing }", "query A { __typename } query B { __typename }", "{ things(first: 9999) { id } }"):
        (tmp_path / "wrong.graphql").write_text(text)
        with pytest.raises(WrongTrustedDocument, match=r"wrong\.graphql"):
            server.endpoint._documents.load(tmp_path)


def test_an_institution_may_run_trusted_documents_alone(tmp_path: Path) -> None:
    server = serve(tmp_path, trusted_only=lambda caller: caller.institution == "bank")
    assert_refused(server.post({"query": "{ __typename }"}), 403, "trusted documents alone", "FORBIDDEN")


def test_documents_are_parsed_and_validated_once(server: Server) -> None:
    for _ in range(3):
        server.post({"query": "{ __typename }"})
    text = server.metrics.text().decode()
    assert 'ringfence_documents_total{known="no"} 1.0' in text
    assert 'ringfence_documents_total{known="yes"} 2.0' in text


def test_only_so_many_documents_are_remembered(server: Server) -> None:
    documents = server.endpoint._documents
    for n in range(150):
        server.post({"query": f"{{ a{n}: __typename }}"})
    assert len(documents._known) == 100
    for n in range(10):
        server.post({"query": "{ __typename " + " " * 30_000 + f"b{n}: __typename }}"})
    assert sum(known.length for known in documents._known.values()) <= 100_000
    assert documents._length == sum(known.length for known in documents._known.values())


def test_sizes_that_are_equal_in_python_and_not_in_graphql_are_not_confused(server: Server) -> None:
    known = server.endpoint._documents.admit("query ($n: Int!) { things(first: $n) { id } }")
    operation = known.operation(None)
    assert [known.cost(operation, {"n": n}) for n in (1, True, 1.0, 0, False, None)] == [1, 100, 1, 0, 100, 100]
    assert known.cost(operation, {}) == 10, "left out, it is the default of the schema"
