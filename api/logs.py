"""Structured logs, one JSON object a line, with nothing personal: no variables, no document, no message of an error, no full address.

What is logged is a closed set of fields. Of a fault the log has its id, the exception's class and where it was raised, but not
its message, which may quote what a caller sent. Records of libraries are cut to logger, level and place for the same reason.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Final, TextIO

import orjson

FIELDS: Final = frozenset(
    {
        "request", "operation", "field", "principal", "institution", "status", "code", "ms", "cost", "network", "error", "exception",
        "where", "bound", "worker", "job", "attempt", "count", "signal", "port", "version",
    }
)  # fmt: skip
"""What an event may say; anything else is refused, so that nothing personal slips in."""

LONGEST: Final = 200
"""Characters of one text in the log."""

FRAMES: Final = 12
"""Innermost frames of a fault that are logged."""

TRACEBACK: Final = "Traceback (most recent call last)"
"""How the text of a traceback begins."""

_FRAME: Final = re.compile(r'^ +File "(.+)", line (\d+), in (.+)$', re.MULTILINE)
_RAISED: Final = re.compile(r"^([A-Za-z_][\w.]{0,199})(?::|$)", re.MULTILINE)
"""The line of the error itself, the first below the frames that is not indented."""

_OURS: Final = "ringfence"


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs of the process to one stream (standard error), as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # it logs full addresses and paths with one-time tokens


def event(name: str, /, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Log what happened, in the words of `FIELDS`; those that are None are left out."""
    unknown = fields.keys() - FIELDS
    assert not unknown, f"the log has no field {', '.join(sorted(unknown))}: add it to FIELDS if it can hold nothing personal"
    logger = logging.getLogger(_OURS)
    if logger.isEnabledFor(level):
        logger.log(level, name, extra={"fields": {key: value for key, value in fields.items() if value is not None}})


def fault(error: BaseException, /, **fields: str | float | None) -> str:
    """Log an unexpected error without its message; its id, which the answer carries as `extensions.errorId`."""
    error_id = f"err_{token_hex(8)}"
    event("fault", logging.ERROR, error=error_id, exception=_kind(error), where=place(error), **fields)
    return error_id


def place(error: BaseException) -> str:
    """Where an error was raised: file, line and function of its innermost frames, innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " < ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames))


def _said(text: str) -> dict[str, str]:
    """What a library's text is logged as. Of a traceback, which some pass on as a text, the tail says what failed and where; its head would
    be all that fits otherwise. The error's own message may quote what a caller sent, and is left out."""
    if not text.startswith(TRACEBACK):
        return {"says": text[:LONGEST]}
    found = list(_FRAME.finditer(text))
    frames = [f"{_short(one[1])}:{one[2]} {one[3]}" for one in found[-FRAMES:]]
    kind = _RAISED.search(text, found[-1].end() if found else 0)
    return {"says": TRACEBACK, "exception": kind[1] if kind else "unknown", "where": " < ".join(reversed(frames))}


def network(address: str | None) -> str | None:
    """An address without the part that is a person's: IPv4 to /24, IPv6 to /48."""
    if address is None:
        return None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def _kind(error: BaseException) -> str:
    """The classes of an error and its causes, outermost first."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 5:
        kinds.append(type(cause).__qualname__)
        cause = cause.__cause__
    return " from ".join(kinds)


def _short(filename: str) -> str:
    """The last three parts of a path."""
    return "/".join(filename.replace("\\", "/").split("/")[-3:])


class _Lines(logging.Formatter):
    """One JSON object a record. What libraries say is not trusted to be free of personal data: only ours is written out."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {"at": f"{moment:%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03}Z", "level": record.levelname}
        if record.name == _OURS:
            fields: Mapping[str, object] = getattr(record, "fields", {})
            line["event"] = record.msg
            line.update((key, value[: LONGEST * 5] if isinstance(value, str) else value) for key, value in fields.items())
        else:
            line.update(event="library", logger=record.name, where=f"{_short(record.pathname)}:{record.lineno}")
            if record.name.startswith("uvicorn"):
                line.update(_said(str(record.msg)))  # the text without its arguments
            if record.exc_info and record.exc_info[1] is not None:
                line.update(exception=_kind(record.exc_info[1]), where=place(record.exc_info[1]))
        return orjson.dumps(line).decode()
