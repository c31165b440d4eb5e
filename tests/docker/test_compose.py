"""The image and the compose file, as far as a machine without Docker can try them: variables, commands, secrets and files are real."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from api.settings import Settings
from tests.servers import ROOT, Postgres

DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("api", "migrate")
IMAGE = (DOCKER / "Dockerfile").read_text()


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^[a-z0-9][\w.-]*==\S+", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("service", OURS)
def test_every_variable_of_ours_is_a_setting_and_every_secret_of_it_is_given(service: str, tmp_path: Path):
    environ = dict(SERVICES[service]["environment"])
    secrets = {name: value for name, value in environ.items() if value.startswith("/run/secrets/")}
    assert {Path(value).name for value in secrets.values()} == set(SERVICES[service]["secrets"])
    for name, value in secrets.items():
        (tmp_path / Path(value).name).write_text("secret\n")
        environ[name] = str(tmp_path / Path(value).name)
    settings = Settings.from_environ(environ)
    assert (settings.graph_secret(), settings.records_secret()) == ("secret", "secret")


def test_variables_of_the_image_are_settings():
    said = dict(re.findall(r"(RINGFENCE_\w+)=(\S+)", IMAGE))
    settings = Settings.from_environ(said)
    assert (settings.host, settings.port, str(settings.data)) == ("0.0.0.0", 8310, "/data")


@pytest.mark.parametrize("service", OURS)
def test_every_command_is_one_of_ours_with_its_options(service: str):
    command = SERVICES[service]["command"]
    program = "import sys; from api.cli import main; main(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", program, *command, "--help"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in command if word.startswith("--"))


def test_every_secret_and_volume_that_is_named_is_made(tmp_path: Path):
    named = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert named == set(COMPOSE["secrets"])
    copy = tmp_path / "docker"
    copy.mkdir()
    (copy / "up").write_text((DOCKER / "up").read_text())
    for _ in range(2):
        subprocess.run(["sh", str(copy / "up"), "--secrets"], check=True)
        made = {path.name: path.read_text() for path in (copy / "secrets").iterdir()}
        assert {f"./secrets/{name}" for name in made} == {one["file"] for one in COMPOSE["secrets"].values()}
    assert stat.S_IMODE((copy / "secrets").stat().st_mode) == 0o700
    assert made["graph_auth"] == f"neo4j/{made['graph_password']}"
    assert len(set(made.values())) == len(made)
    volumes = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"] if not volume.startswith(".")}
    assert volumes == set(COMPOSE["volumes"])


def test_every_service_is_bound_and_nothing_is_open_to_the_network():
    for name, service in SERVICES.items():
        assert name == "migrate" or service["deploy"]["resources"]["limits"]["memory"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert re.search(r":[\w.-]*\d", service["image"]) or service["image"] == "ringfence:local", f"{name} is pinned by a version"
    for name in OURS:
        assert SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"]
    assert re.findall(r"^FROM (\S+)", IMAGE, re.MULTILINE) == ["python:3.13.9-slim-bookworm"] * 2
    assert re.search(r"^USER ringfence$", IMAGE, re.MULTILINE)


def test_what_runs_is_a_part_of_what_was_tested():
    ours, all_ = pins(DOCKER / "requirements.lock"), pins(ROOT / "requirements.lock")
    assert ours < all_
    assert not any(name.startswith(("pytest", "mypy", "ruff", "hypothesis")) for name in ours)


def test_every_file_that_the_image_copies_is_let_through():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "**"
    for words in re.findall(r"^COPY (?!--from)(.+)$", IMAGE, re.MULTILINE):
        for source in shlex.split(words)[:-1]:
            assert (ROOT / source).exists() and f"!{source}" in ignored, source


def test_the_health_check_follows_readyz(monkeypatch: pytest.MonkeyPatch):
    found = re.search(r'CMD \["python", "-c", "(.+)"\]', IMAGE)
    assert found
    code = found.group(1)
    assert subprocess.run([sys.executable, "-c", code.replace("8310", "9")], capture_output=True, check=False).returncode == 1
    answering = (
        "import http.server as h, threading, urllib.request\n"
        "class Answer(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200 if self.path == '/readyz' and OK else 503); self.end_headers()\n"
        "server = h.HTTPServer(('127.0.0.1', 0), Answer); threading.Thread(target=server.serve_forever, daemon=True).start()\n"
    )
    for ok in (True, False):
        program = f"OK = {ok}\n{answering}{code.replace('8310', '{port}').replace(chr(39) + 'http', 'f' + chr(39) + 'http')}"
        program = program.replace("import urllib.request; ", "port = server.server_port; ")
        assert (subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0) is ok


def test_the_roles_that_the_image_makes_are_bound_by_the_second_wall(postgres_server: Postgres, tmp_path: Path):
    """The very script, on a real server where none of the roles is: those of the tests are called otherwise meanwhile."""
    for name in ("records_owner_password", "records_password"):
        (tmp_path / name).write_text(f"its {name}")
    script = (DOCKER / "postgres" / "roles.sh").read_text().replace("ringfence", "composed")
    environ = {
        **os.environ, "SECRETS": str(tmp_path), "PGHOST": "127.0.0.1", "PGPORT": str(postgres_server.port),
        "PGPASSWORD": postgres_server.secret("postgres"),
    }  # fmt: skip
    try:
        done = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        rows = postgres_server.ask("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'composed%%' ORDER BY 1")
        assert rows == [(name, False, False) for name in ("composed", "composed_app", "composed_owner")]
        address = f"host=127.0.0.1 port={postgres_server.port} dbname=composed user=composed"
        with psycopg.connect(address, password="its records_password") as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("composed",)
    finally:
        statements = [
            "DROP DATABASE IF EXISTS composed",
            *(f"DROP ROLE IF EXISTS {name}" for name in ("composed", "composed_owner", "composed_app")),
        ]
        with psycopg.connect(
            f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres", password=postgres_server.secret("postgres"), autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement.encode())
