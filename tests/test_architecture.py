"""The house's rules of style, checked by an ordinary test: sizes, names, orphans, locks, and tests that can fail."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import COMMANDS

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "graph", "identity", "rules")
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
ENTRY_POINTS = {"api.cli", "api.schema.__main__", "api.migrations.env", "tests.bench.__main__"}
TOP_LEVEL = {"pyproject.toml", "api", "graph", "identity", "rules", "tests", "docker"}
BESIDE = {"README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "NOTICE", "Makefile", "requirements.lock"}
FLOORS = {"strawberry-graphql": (0, 315, 7), "starlette": (1, 3, 1), "cryptography": (46, 0, 0), "jinja2": (3, 1, 6)}
"""Versions below which a hole is known."""


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


def modules(*folders: str) -> Iterator[tuple[Path, str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield path.relative_to(ROOT), text, ast.parse(text)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names() -> set[str]:
    """What the packages themselves import, commands by their names included; what tests alone import serves nobody."""
    names: set[str] = set(COMMANDS.values())
    for _, _, tree in modules(*PACKAGES):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{path}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1}"
        for path, _, tree in modules(*PACKAGES, "tests")
        for node in functions(tree)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    long = [f"{path} has {text.count(chr(10))}" for path, text, _ in modules(*PACKAGES, "tests") if text.count("\n") > LONGEST_MODULE]
    assert long == []


def test_every_module_is_imported_by_somebody_other_than_tests() -> None:
    names = imported_names()
    orphans = [
        str(path)
        for path, _, _ in modules(*PACKAGES)
        if dotted(path) not in names and dotted(path) not in ENTRY_POINTS and path.name != "__init__.py" and "versions" not in path.parts
    ]
    assert orphans == []


def test_no_module_is_called_by_a_word_that_says_nothing() -> None:
    banned = {"utils", "util", "helpers", "helper", "service", "common", "misc", "manager", "base"}
    assert [str(path) for path, _, _ in modules(*PACKAGES, "tests") if path.stem in banned] == []


def test_the_top_level_is_the_fixed_one() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL | BESIDE


def test_every_test_can_fail() -> None:
    silent = []
    for path, _, tree in modules("tests"):
        for node in functions(tree):
            if not node.name.startswith("test_"):
                continue
            body = ast.unparse(node)
            if not any(isinstance(inner, ast.Assert) for inner in ast.walk(node)) and not re.search(r"raises|assert_|check|expect", body):
                silent.append(f"{path}:{node.lineno} {node.name}")
    assert silent == []


def test_no_test_is_skipped_and_nothing_is_mocked() -> None:
    pattern = re.compile(r"pytest\.skip|mark\.skip|mark\.xfail|importorskip|MagicMock|AsyncMock|mock\.patch|monkeypatch\.setattr")
    here = Path(__file__).name
    found = [
        f"{path}:{number}"
        for path, text, _ in modules("tests")
        if path.name != here
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "docker/requirements.lock"])
def test_the_lock_pins_everything_with_hashes_and_holds_no_address(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z])", lock.strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert re.search(r"https?://|--index-url|--find-links", lock) is None


@pytest.mark.parametrize(("package", "floor"), sorted(FLOORS.items()))
def test_the_lock_is_above_the_floor_of_known_holes(package: str, floor: tuple[int, int, int]) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{package}==(\d+)\.(\d+)\.(\d+)", lock, re.MULTILINE)
    assert found is not None
    assert tuple(int(part) for part in found.groups()) >= floor


def test_no_file_holds_a_path_of_a_machine_or_the_address_of_a_registry() -> None:
    pattern = re.compile(
        "|".join(
            (
                "/" + "work/(main|shared)",
                "/" + "root/",
                "/" + "home/[a-z]",
                "index" + "-url",
                "pypi" + r"\.org/simple",
                '"resolved": "' + "http",
            )
        )
    )
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if pattern.search(text) and path.name != Path(__file__).name:
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_every_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    there = {node.name for _, _, tree in modules("tests") for node in functions(tree)}
    assert named - there == set()
    assert len(named) > 30
