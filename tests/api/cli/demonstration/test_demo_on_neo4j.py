"""A demonstration on Neo4j decides as one on the embedded graph does, byte for byte, and begins anew as that does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.api.served import COMMAND, ROOT, free_port
from tests.settings import GRAPH_SERVER, SOAK

pytestmark = [pytest.mark.graph_server, pytest.mark.timeout(600)]

MERCHANTS = 60
GRAPH = ("RINGFENCE_GRAPH_URL", "RINGFENCE_GRAPH_USER", "RINGFENCE_GRAPH_PASSWORD")


def demonstrated(folder: Path, name: str, **environment: str) -> bytes:
    """The judgements of a small market; every run has the folder, and so the keys, of the one before."""
    out = folder / name
    options = ["--merchants", MERCHANTS, "--port", free_port(), "--no-serve", "--judgements", out, "--data", folder / "data"]
    command = [*COMMAND, "demo", *map(str, options)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


def test_the_judgements_of_a_market_are_the_same_on_both_graphs_and_on_neo4j_again(tmp_path: Path):
    assert GRAPH_SERVER is not None, "left out where there is none"
    neo4j = dict(zip(GRAPH, GRAPH_SERVER, strict=True))
    embedded = demonstrated(tmp_path, "embedded.jsonl")
    assert demonstrated(tmp_path, "neo4j.jsonl", **neo4j) == embedded
    assert not list((tmp_path / "data").glob("graph.db*")), "nothing of it was in a file"
    if SOAK:
        assert demonstrated(tmp_path, "again.jsonl", **neo4j) == embedded, "what the one before left is gone"
    judgements = [json.loads(line)["judgement"] for line in embedded.splitlines()]
    assert len(judgements) > 20
    assert {one["verdict"] for one in judgements} >= {"REFER", "DECLINE"}
    assert not any(one["degraded"] for one in judgements)
