"""Progress where the output is no terminal: short lines, now and then."""

from __future__ import annotations

import io

from rich.console import Console

from api.cli.progress import EVERY, Lines, progress


def test_lines_come_now_and_then_with_the_share_and_the_time_left() -> None:
    clock, said = [0.0], list[str]()
    lines = Lines("importing", 200.0, said.append, lambda: clock[0])
    for second in range(42):
        clock[0] = float(second)
        lines(second * 4.0, f"{second} facts")
    assert said == [
        "importing: 20%, 10 facts, about 40 s left",
        "importing: 40%, 20 facts, about 30 s left",
        "importing: 60%, 30 facts, about 20 s left",
        "importing: 80%, 40 facts, about 10 s left",
    ]
    assert EVERY == 10


def test_nothing_done_yet_says_no_time_left_and_more_than_all_is_all() -> None:
    clock, said = [0.0], list[str]()
    lines = Lines("importing", 10.0, said.append, lambda: clock[0])
    for done in (0.0, 25.0):
        clock[0] += EVERY
        lines(done)
    assert said == ["importing: 0%", "importing: 100%, about 0 s left"]


def test_what_is_over_in_seconds_leaves_a_line_only_where_it_is_announced() -> None:
    for announced, text in ((True, "importing ...\n"), (False, "")):
        file = io.StringIO()
        with progress("importing", 1.0, Console(file=file), announced=announced) as tell:
            tell(0.5)
        assert file.getvalue() == text


def test_a_terminal_gets_a_bar_that_ends_whole() -> None:
    file = io.StringIO()
    with progress("importing", 10.0, Console(file=file, force_terminal=True, width=100), announced=True) as tell:
        tell(3.0, "12 facts")
    assert "importing" in file.getvalue() and "100%" in file.getvalue()
