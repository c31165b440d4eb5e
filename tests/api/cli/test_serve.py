"""`ringfence serve`, and `ringfence query` against it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import orjson
import pytest

from tests.api.cli.calling import call
from tests.api.served import COMMAND, ROOT, free_port, prepared, served

ME = "{ me { name institution { name } } }"


def test_a_query_is_answered_and_its_exit_code_says_whether_it_holds_errors(tmp_path):
    data, key = prepared(tmp_path)
    with served(data) as server:
        found = call("query", ME, "--key", key, "--url", server.url)
        assert found.code == 0
        assert orjson.loads(found.out)["data"]["me"] == {"name": "workflow", "institution": {"name": "Rural Bank"}}
        (tmp_path / "key").write_text(key + "\n")
        (tmp_path / "me.graphql").write_text("query Me { me { name } }")
        named = ("--operation", "Me", "--key-file", str(tmp_path / "key"), "--url", server.url)
        assert call("query", f"@{tmp_path / 'me.graphql'}", *named).code == 0
        assert call("query", "{ nothing }", "--key", key, "--url", server.url).code == 1
        for wrong in (("--key", "rf_é"), ("--key", "rf_a\nb"), ("--key", key, "--timeout", "-1"), ("--key", key, "--timeout", "nan")):
            refused = call("query", ME, *wrong, "--url", server.url)
            assert refused.code == 2 and "fault of its own" not in refused.err, wrong
        assert call("query", ME, "--key", "rf_wrong", "--url", server.url).code == 1
        problem = 'mutation { recordFacts(input: {source: "x", facts: []}) { __typename ... on UserError { code message } } }'
        assert call("query", problem, "--key", key, "--url", server.url).code == 1
        assert call("query", ME, "--key", key, "--variables", "[1]", "--url", server.url).code == 2
        assert call("query", ME, "--url", server.url).code == 2


def test_no_server_is_a_sentence():
    found = call("query", ME, "--key", "rf_x", "--url", f"http://127.0.0.1:{free_port()}")
    assert found.code == 1 and "start one with `ringfence serve`" in found.err


def test_a_port_already_taken_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = call("serve", "--port", str(taken.getsockname()[1]), data=tmp_path / "data")
    assert found.code == 1
    assert "already taken" in found.err and found.err.count("\n") == 1


def test_an_address_that_is_not_ours_is_one_sentence(tmp_path):
    found = call("serve", "--host", "203.0.113.1", "--port", str(free_port()), data=tmp_path / "data")
    assert found.code == 1 and found.err.count("\n") == 1


def test_a_lost_key_file_is_one_sentence_and_no_server(tmp_path):
    data, _ = prepared(tmp_path)
    (data / "keys.json").unlink()
    found = call("serve", "--port", str(free_port()), data=data)
    assert (found.code, found.err.count("\n")) == (1, 1)
    assert "keys.json" in found.err and "backup" in found.err


def test_a_full_disk_is_one_sentence(tmp_path):
    """Its own limit on a file's size stands in for a full disk: both end in a write that the system refuses."""
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    )
    command = [COMMAND[0], "-c", script + "from api.cli import main; main()", "institutions", "list", "--data", str(tmp_path / "data")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and "Traceback" not in ended.stderr
    assert call("institutions", "list", data=tmp_path / "data").code == 0


def test_sigterm_finishes_what_is_in_flight_and_leaves(tmp_path):
    data, key = prepared(tmp_path)
    with served(data) as server:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=server.url, headers=headers) as client:
            assert client.post("/graphql", json={"query": ME}).status_code == 200

            def body():
                yield b'{"query": '
                time.sleep(0.3)
                server.process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
                yield orjson.dumps(ME) + b"}"

            found = client.post("/graphql", content=body(), headers={"Content-Type": "application/json"})
            assert found.json()["data"]["me"]["name"] == "workflow"
        assert server.process.wait(15) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/healthz", timeout=1)


def test_workers_end_when_their_supervisor_is_killed(tmp_path):
    data, _ = prepared(tmp_path)
    with served(data, "--workers", "2") as server:
        workers = server.workers()
        assert len(workers) == 2
        os.kill(server.process.pid, signal.SIGKILL)
        end = time.monotonic() + 20
        while any(alive(worker) for worker in workers) and time.monotonic() < end:
            time.sleep(0.1)
        assert not any(alive(worker) for worker in workers)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
