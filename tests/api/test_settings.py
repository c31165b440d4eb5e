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
