"""What a decision is compared with: a bare Starlette endpoint on the same server that returns the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    """`python -m tests.bench.bare PORT FILE`: answer every POST with the bytes of FILE."""
    body = Path(sys.argv[2]).read_bytes()

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(body, media_type="application/json")

    async def ready(_: Request) -> Response:
        return Response(b"ok")

    app = Starlette(routes=[Route("/graphql", answer, methods=["POST"]), Route("/readyz", ready)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
