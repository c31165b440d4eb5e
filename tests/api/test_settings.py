"""Settings come from the environment, typed, and what cannot be read is named."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from api.settings import InvalidSetting, Settings


def test_nothing_set_gives_the_defaults():
    assert Settings.from_environ({"PATH": "/bin"}) == Settings()


def test_each_type_is_read():
    found = Settings.from_environ(
        {"RINGFENCE_DATA": "/srv/x", "RINGFENCE_PORT": "9", "RINGFENCE_DEVELOPMENT": "yes", "RINGFENCE_SESSION_HOURS": "1.5"}
    )
    assert (found.data, found.port, found.development, found.session_hours) == (Path("/srv/x"), 9, True, 1.5)


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("RINGFENCE_PORT", "many", "a whole number"),
        ("RINGFENCE_SESSION_HOURS", "long", "a number"),
        ("RINGFENCE_DEVELOPMENT", "maybe", "1 or 0"),
        ("RINGFENCE_PORTT", "1", "not a setting"),
        ("RINGFENCE_WORKERS", "-1", "0 or more"),
        ("RINGFENCE_DECISION_SECONDS", "0.95", "below 1"),
        ("RINGFENCE_DECISION_SECONDS", "nan", "give a number"),
        ("RINGFENCE_GRAPH_SECONDS", "inf", "give a number"),
        ("RINGFENCE_CLAIM_SECONDS", "0.9", "more than that"),
        ("RINGFENCE_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR"),
        ("RINGFENCE_RECORDS_URL", "mysql://x", "postgresql://ROLE@HOST:PORT/DATABASE"),
        ("RINGFENCE_RECORDS_OWNER_URL", "postgresql://x", "give both"),
        ("RINGFENCE_GRAPH_URL", "http://x:7474", "bolt://HOST:PORT"),
        ("RINGFENCE_GRAPH_URL", "bolt://neo4j:secret@x:7687", "without user and password"),
    ],
)
def test_what_cannot_be_read_is_named(variable, text, says):
    with pytest.raises(InvalidSetting, match=says) as caught:
        Settings.from_environ({variable: text})
    assert variable in str(caught.value)


def test_the_key_of_the_query_command_is_no_unknown_setting():
    assert Settings.from_environ({"RINGFENCE_KEY": "rf_x"}) == Settings()


def test_settings_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_a_password_is_read_from_the_first_line_of_its_file_before_the_environment(tmp_path):
    (tmp_path / "password").write_text("from the file\nsecond line\n")
    given = {"RINGFENCE_RECORDS_URL": "postgresql://a@b/c", "RINGFENCE_RECORDS_PASSWORD": "from the environment"}
    assert Settings.from_environ(given).records_secret() == "from the environment"
    assert (
        Settings.from_environ({**given, "RINGFENCE_RECORDS_PASSWORD_FILE": str(tmp_path / "password")}).records_secret() == "from the file"
    )
    given = {"RINGFENCE_RECORDS_OWNER_PASSWORD_FILE": str(tmp_path / "password")}
    assert Settings.from_environ(given).records_owner_secret() == "from the file"
    given = {"RINGFENCE_GRAPH_PASSWORD": "from the environment"}
    assert Settings.from_environ(given).graph_secret() == "from the environment"
    assert Settings.from_environ({**given, "RINGFENCE_GRAPH_PASSWORD_FILE": str(tmp_path / "password")}).graph_secret() == "from the file"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_password_file_without_a_password_is_a_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "password").write_bytes(content)
    with pytest.raises(InvalidSetting, match="RINGFENCE_RECORDS_PASSWORD_FILE"):
        Settings.from_environ({"RINGFENCE_RECORDS_PASSWORD_FILE": str(tmp_path / "password")}).records_secret()


def test_no_password_is_in_the_text_of_settings_or_of_what_is_wrong_with_them():
    secret = "correct horse"
    given = {"RINGFENCE_RECORDS_URL": f"postgresql://a:{secret}@b/c", "RINGFENCE_RECORDS_PASSWORD": secret}
    owner = {"RINGFENCE_RECORDS_OWNER_URL": f"postgresql://a:{secret}@b/c", "RINGFENCE_RECORDS_OWNER_PASSWORD": secret}
    graph = {"RINGFENCE_GRAPH_URL": "bolt://b:7687", "RINGFENCE_GRAPH_PASSWORD": secret}
    assert secret not in repr(Settings.from_environ({**given, **owner, **graph}))
    with pytest.raises(InvalidSetting) as caught:
        Settings.from_environ({"RINGFENCE_RECORDS_URL": f"mysql://a:{secret}@b/c"})
    assert secret not in str(caught.value)
