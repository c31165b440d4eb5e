"""Sends one-time codes: a port, and the adapter that ships, which writes them to a file for whoever carries them on."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import orjson

from graph.errors import RingfenceError

FILE: Final = "outgoing-codes.jsonl"
"""In the data folder, for its owner alone: one message a line. A gateway reads and truncates it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A code on its way to somebody."""

    institution: str
    contact: str
    """Phone number (E.164) or e-mail address."""
    code: str


class NotSent(RingfenceError):
    """The message could not be handed over: nothing was sent."""


class Sender(Protocol):
    """Hands messages to whoever delivers them."""

    async def send(self, message: Message) -> None:
        """Return when the message was handed over. Raises `NotSent`."""


class FileSender:
    """Appends messages to a file. It is no gateway: an operator's script or a test reads them from there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    async def send(self, message: Message) -> None:
        """Append the message. Raises `NotSent`."""
        line = orjson.dumps({"institution": message.institution, "contact": message.contact, "code": message.code}) + b"\n"
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            raise NotSent("The code could not be handed over: send again.") from error

    def _append(self, line: bytes) -> None:
        opened = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(opened, line)
        finally:
            os.close(opened)
