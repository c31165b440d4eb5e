"""A closed-loop HTTP client light enough to share two cores with the server that it measures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """What came back: milliseconds of each call, and the first body of each status."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    last: bytes = b""
    seconds: float = 0.0


def request(path: str, body: bytes, key: str | None = None, method: str = "POST") -> bytes:
    """The bytes of one HTTP/1.1 request on a connection that is kept."""
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    line = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{line}{authorization}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return status, b"".join(parts)
    length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
    return status, await reader.readexactly(length)


async def drive(port: int, requests: Iterator[bytes], concurrency: int) -> Answers:
    """Send the requests over `concurrency` connections, each waiting for its answer before the next; a connection a worker."""
    answers = Answers()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for data in requests:
                begin = time.perf_counter()
                writer.write(data)
                status, body = await read_answer(reader)
                answers.milliseconds.append((time.perf_counter() - begin) * 1000)
                answers.statuses[status] = answers.statuses.get(status, 0) + 1
                answers.bodies.setdefault(status, body)
                answers.last = body
        finally:
            writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(concurrency)))
    answers.seconds = time.perf_counter() - begin
    return answers
