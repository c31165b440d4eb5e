"""The last days over HTTP: facts in batches and applications in the order of time, a few at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from api.cli.options import Failure

BATCH: Final = 1_000
"""Facts of one request: as many as the schema takes."""

CONCURRENCY: Final = 2
"""Applications on the way at once: as many as the server has workers."""

APART: Final = 3_600_000
"""Applications made less than this many milliseconds after one that is on its way wait for it, as they would in the world."""

TRIES: Final = 5

RECORD_FACTS: Final = """mutation ($input: RecordFactsInput!) { recordFacts(input: $input) { __typename
  ... on RecordFactsSuccess { recorded repeated refused outcomes(first: 5) { ... on FactRefused { factId problem { message } } } }
  ... on UserError { code message path } } }"""

ASSESS_LOAN: Final = """mutation ($input: AssessLoanInput!, $idempotencyKey: String!) {
  assessLoan(input: $input, idempotencyKey: $idempotencyKey) { __typename
    ... on AssessLoanSuccess { decision { id verdict score approved { amount } merchant { key } reasons { code points sentence }
      evidence { entities { distance } } degraded { source } timing { total } cost { cpu currency } } }
    ... on UserError { code message path } } }"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came back for one application."""

    id: str
    merchant: str
    """Its key."""
    verdict: str
    score: int
    reasons: tuple[str, ...]
    """Codes, the gravest first."""
    sentence: str
    """The first reason's."""
    entities: int
    """In its evidence."""
    degraded: bool
    at: str
    """The application's moment."""
    seen: float
    """Milliseconds from sending to the answer, as the client saw it."""
    total: float
    """Milliseconds as the server says."""
    cpu: float
    """Milliseconds of processor time."""
    currency: str


@dataclass(slots=True)
class Sent:
    """What was sent, and what came of it."""

    decisions: list[Decided] = field(default_factory=list)
    facts: int = 0
    batches: int = 0
    refused: list[str] = field(default_factory=list)
    """Sentences for facts that were not taken; at most a few of each batch."""
    deciding: float = 0.0
    """Seconds in which at least one application was on its way."""


class Refused(Failure):
    """The server did not take what a demonstration sends: the message says what."""


def read_live(path: Path) -> Iterator[Mapping[str, Any]]:
    """The lines of a simulation's live file, one at a time."""
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


async def send(
    url: str, key: str, source: str, lines: Iterator[Mapping[str, Any]], tell: Callable[[int], None], at_once: int = CONCURRENCY
) -> Sent:
    """Send all lines in order; `tell` is given how many are done. Raises `Failure` when the server stops answering."""
    limits = httpx.Limits(max_connections=at_once + 1)
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, limits=limits, timeout=30.0) as client:
        sender = _Sender(client, source, tell, at_once)
        for line in lines:
            if "fact" in line:
                await sender.fact(line["fact"])
            else:
                await sender.application(line)
        await sender.finish()
        return sender.sent


class _Sender:
    """Keeps the batch of facts and the applications that are on their way."""

    def __init__(self, client: httpx.AsyncClient, source: str, tell: Callable[[int], None], at_once: int) -> None:
        self.sent = Sent()
        self._at_once = at_once
        self._client = client
        self._source = source
        self._tell = tell
        self._facts: list[Mapping[str, Any]] = []
        self._under_way: dict[asyncio.Task[Decided], float] = {}
        self._busy_since = 0.0
        self._done = 0

    async def fact(self, fact: Mapping[str, Any]) -> None:
        self._facts.append(fact)
        if len(self._facts) >= BATCH:
            await self._flush()

    async def application(self, line: Mapping[str, Any]) -> None:
        """Send an application after all that was known before it."""
        await self._flush()
        at = _milliseconds(line["at"])
        while len(self._under_way) >= self._at_once or any(at - earlier < APART for earlier in self._under_way.values()):
            await self._some()
        if not self._under_way:
            self._busy_since = time.perf_counter()
        self._under_way[asyncio.create_task(self._assess(line))] = at

    async def finish(self) -> None:
        await self._flush()
        while self._under_way:
            await self._some()

    async def _some(self) -> None:
        """Wait until at least one application is decided."""
        done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del self._under_way[task]
            self.sent.decisions.append(task.result())
            self._progress(1)
        if not self._under_way:
            self.sent.deciding += time.perf_counter() - self._busy_since

    async def _flush(self) -> None:
        if not self._facts:
            return
        facts, self._facts = self._facts, []
        while self._under_way:
            await self._some()
        answer = await self._post(RECORD_FACTS, {"input": {"source": self._source, "facts": facts}})
        result = answer["recordFacts"]
        if result["__typename"] != "RecordFactsSuccess":
            raise Refused(f"The server did not take a batch of facts: {result['message']}")
        self.sent.facts += len(facts)
        self.sent.batches += 1
        self.sent.refused += [f"{one['factId']}: {one['problem']['message']}" for one in result["outcomes"] if one]
        self._progress(len(facts))

    async def _assess(self, line: Mapping[str, Any]) -> Decided:
        begun = time.perf_counter()
        answer = await self._post(ASSESS_LOAN, line["assess"])
        seen = (time.perf_counter() - begun) * 1000
        result = answer["assessLoan"]
        if result["__typename"] != "AssessLoanSuccess":
            key = line["assess"]["input"]["application"]["key"]
            raise Refused(f"The server did not decide the application {key}: {result['message']}")
        decision = result["decision"]
        reasons = decision["reasons"]
        return Decided(
            id=decision["id"],
            merchant=line["assess"]["input"]["application"]["merchant"]["key"],  # while the graph is down a decision knows no key
            verdict=decision["verdict"],
            score=decision["score"],
            reasons=tuple(reason["code"] for reason in reasons),
            sentence=reasons[0]["sentence"] if reasons else "",
            entities=len(decision["evidence"]["entities"]),
            degraded=bool(decision["degraded"]),
            at=line["at"],
            seen=seen,
            total=float(decision["timing"]["total"]),
            cpu=float(decision["cost"]["cpu"]),
            currency=decision["cost"]["currency"],
        )

    async def _post(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's data; what may be sent again is, with the same keys. Raises `Refused` and `Failure`."""
        wait, body = 0.2, orjson.dumps({"query": query, "variables": variables})
        for attempt in range(TRIES):
            try:
                response = await self._client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
                answer = orjson.loads(response.content)
            except (httpx.TransportError, orjson.JSONDecodeError) as error:
                if attempt == TRIES - 1:
                    raise Failure(
                        f"The server stopped answering ({type(error).__name__}): see its lines above, and run this again."
                    ) from error
                await asyncio.sleep(wait * 2**attempt)
                continue
            code, message = _problem(answer)
            if code in {"UNAVAILABLE", "RATE_LIMITED", "IDEMPOTENCY_IN_PROGRESS"} and attempt < TRIES - 1:
                await asyncio.sleep(float(response.headers.get("Retry-After", wait * 2**attempt)))
                continue
            if answer.get("data") is None:
                raise Refused(f"The server refused a request of the demonstration: {message}")
            data = answer["data"]
            assert isinstance(data, dict), "GraphQL data is an object"
            return data
        raise AssertionError("the last try returns or raises")

    def _progress(self, lines: int) -> None:
        self._done += lines
        self._tell(self._done)


def _problem(answer: Mapping[str, Any]) -> tuple[str | None, str]:
    """Code and message of what is wrong with an answer, of a payload or of the whole; (None, "") for none."""
    for error in answer.get("errors") or ():
        return (error.get("extensions") or {}).get("code"), str(error.get("message", ""))
    for result in (answer.get("data") or {}).values():
        if isinstance(result, Mapping) and "code" in result:
            return result["code"], str(result["message"])
    return None, ""


def _milliseconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000
