"""The whole web application in a test's folder, asked over its own ASGI interface by a real HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from tests.api.running import settings_of

ORIGIN = "http://127.0.0.1:8310"


@asynccontextmanager
async def asked(folder: Path, address: str = "127.0.0.1", **changes: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    """A client of a running application, and its `Services`, into whose parts tests reach."""
    app = create_app(settings_of(folder, **{"run_jobs": False, "log_level": "ERROR", **changes}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, client=(address, 50_000), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield client, app.state.services
