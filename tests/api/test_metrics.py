"""Any worker answers for all, counts never fall back, labels are of closed sets, and not everybody may ask."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route

from api.metrics import Metrics
from tests.api.small_graphql import serve

SPAWN = multiprocessing.get_context("spawn")


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None


def test_what_an_operator_asks_first_is_counted() -> None:
    metrics = Metrics()
    metrics.request("assessLoan", "OK", 0.012)
    metrics.decision("REFER", ["GRAPH"], 0.5)
    metrics.decision("APPROVE", [], 0.01)
    metrics.facts(recorded=3, refused=1)
    metrics.rate_limited(service=True)
    metrics.guard_refused("depth")
    metrics.records_commit(0.004)
    metrics.graph_read("surroundings", 0.002)
    metrics.graph_failed("TIMED_OUT")
    metrics.queue("records", lambda: 7)
    metrics.breaker("graph", lambda: True)
    assert value(metrics, "ringfence_requests_total", field="assessLoan", code="OK") == 1
    assert value(metrics, "ringfence_decision_seconds_bucket", verdict="APPROVE", degraded="none", le="0.01") == 1
    assert value(metrics, "ringfence_decision_seconds_count", verdict="REFER", degraded="GRAPH") == 1
    assert value(metrics, "ringfence_facts_total", outcome="recorded") == 3
    assert value(metrics, "ringfence_facts_total", outcome="refused") == 1
    assert value(metrics, "ringfence_rate_limited_total", principal="service") == 1
    assert value(metrics, "ringfence_guard_refused_total", bound="depth") == 1
    assert value(metrics, "ringfence_records_commit_seconds_count") == 1
    assert value(metrics, "ringfence_graph_read_seconds_count", question="surroundings") == 1
    assert value(metrics, "ringfence_graph_failures_total", cause="TIMED_OUT") == 1
    assert value(metrics, "ringfence_queue_depth", queue="records") == 7
    assert value(metrics, "ringfence_breaker_open", part="graph") == 1


def _work(folder: str, pipe: Connection) -> None:
    metrics = Metrics(Path(folder))
    metrics.request("me", "OK", 0.01)
    metrics.request("me", "OK", 0.01)
    metrics.queue("records", lambda: 3)
    metrics.share()
    pipe.send("shared")
    pipe.recv()


def test_any_worker_answers_for_all_and_keeps_the_counts_of_those_that_died(tmp_path: Path) -> None:
    mine = Metrics(tmp_path)
    mine.request("me", "OK", 0.02)
    mine.queue("records", lambda: 4)
    ours, theirs = SPAWN.Pipe()
    worker = SPAWN.Process(target=_work, args=(str(tmp_path), theirs))
    worker.start()
    assert ours.recv() == "shared"
    assert value(mine, "ringfence_requests_total", field="me", code="OK") == 3
    assert value(mine, "ringfence_request_seconds_count", field="me") == 3
    assert value(mine, "ringfence_queue_depth", queue="records") == 7
    worker.kill()
    worker.join(10)
    assert value(mine, "ringfence_requests_total", field="me", code="OK") == 3, "counts never fall back"
    assert value(mine, "ringfence_queue_depth", queue="records") == 4, "but nothing waits in a dead worker"


def test_files_of_earlier_servers_and_rubbish_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "0-999999999.json").write_bytes(b'{"ringfence_requests":[["ringfence_requests_total",[["field","me"],["code","OK"]],99]]}')
    metrics = Metrics(tmp_path)
    (tmp_path / "rubbish.json").write_bytes(b"\xff{")
    (tmp_path / "2-3.json").write_bytes(b"[1]")
    assert value(metrics, "ringfence_requests_total", field="me", code="OK") is None


def test_a_full_or_missing_folder_does_not_stop_the_counting(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics")
    (tmp_path / "metrics").rmdir()
    metrics.fault()
    metrics.share()
    assert value(metrics, "ringfence_faults_total") == 1


def test_a_loop_that_is_held_is_seen(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)

    async def run() -> None:
        watching = asyncio.create_task(metrics.run())
        await asyncio.sleep(0.05)
        time.sleep(0.1)
        await asyncio.sleep(0.05)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching

    asyncio.run(run())
    longest = value(metrics, "ringfence_loop_stall_longest_seconds")
    assert longest is not None
    assert longest >= 0.05
    assert len(list(tmp_path.glob("*.json"))) == 1, "the last counts are shared when the worker leaves"


def ask(metrics: Metrics, host: str, **headers: str) -> int:
    async def run() -> int:
        app = Starlette(routes=[Route("/metrics", metrics.endpoint, methods=["GET"])])
        transport = httpx.ASGITransport(app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/metrics", headers={name.replace("_", "-"): text for name, text in headers.items()})).status_code

    return asyncio.run(run())


def test_without_a_token_only_the_machine_itself_reads_them_and_not_through_a_proxy() -> None:
    metrics = Metrics()
    assert ask(metrics, "127.0.0.1") == 200
    assert ask(metrics, "::1") == 200
    assert ask(metrics, "10.0.0.9") == 403
    for header in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"):
        assert ask(metrics, "127.0.0.1", **{header: "1.2.3.4"}) == 403


def test_with_a_token_it_alone_counts() -> None:
    metrics = Metrics(token="secret")
    assert ask(metrics, "10.0.0.9", Authorization="Bearer secret") == 200
    assert ask(metrics, "127.0.0.1") == 403
    assert ask(metrics, "127.0.0.1", Authorization="Bearer secre") == 403
    assert not metrics.allows("127.0.0.1", {"authorization": "Bearer sécret\udcff"})


def test_labels_are_of_closed_sets_whatever_callers_send(tmp_path: Path) -> None:
    server = serve(tmp_path)
    for n in range(20):
        server.post({"query": f"query Q{n} {{ a{n}: __typename b{n} }}"})
        server.post({"query": f"{{ nothing{n} }}"})
    server.post({"query": "{ things { id } }"})
    server.post_bytes(b"[")
    families = {f.name: f for f in text_string_to_metric_families(server.metrics.text().decode())}
    fields = {sample.labels["field"] for sample in families["ringfence_requests"].samples}
    assert fields == {"several", "unknown", "things", "none"}
    assert value(server.metrics, "ringfence_malformed_total", status="400") == 1


def test_guard_refusals_and_limits_are_counted(tmp_path: Path) -> None:
    server = serve(tmp_path, staff=50)
    server.post({"query": "{ things(first: 9999) { id } }"})
    assert value(server.metrics, "ringfence_guard_refused_total", bound="cost") == 1
    for _ in range(3):
        server.post({"query": "{ things(first: 30) { id } }"}, Authorization="Bearer staff")
    assert value(server.metrics, "ringfence_rate_limited_total", principal="staff") == 2
    server.post({"query": "{ fails }"})
    assert value(server.metrics, "ringfence_faults_total") == 1
