"""A page to write queries on, in development alone: a document, its variables and a key on one side, the answer on the other."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from starlette.responses import HTMLResponse

from api.pages.frame import HEADERS, TEMPLATES


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _between(text: str, tag: str) -> str:
    """What stands in the page's only element of this name."""
    return text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


PAGE: Final = (TEMPLATES / "ide.html").read_text(encoding="utf-8")

POLICY: Final = (
    f"default-src 'none'; script-src {_hash(_between(PAGE, 'script'))}; style-src {_hash(_between(PAGE, 'style'))}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Its own script and style and nothing else; it talks to this server alone."""


def show() -> HTMLResponse:
    """The page."""
    return HTMLResponse(PAGE, headers={**HEADERS, "Content-Security-Policy": POLICY})
