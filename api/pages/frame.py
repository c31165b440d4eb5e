"""What every page has: its style, its headers, and templates that escape whatever they are given."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.pages.parts import SHOWN_REASONS

TEMPLATES: Final = Path(__file__).parent / "templates"


def _focus() -> str:
    """Style by which following a reason's link, or pointing at it, leaves only what it rests on bright."""
    return "\n".join(
        f"{held} svg.drawing :is(.card, .line, .onto):not(.r{number}):not(.central) {{ opacity: .17; }}"
        for number in range(1, SHOWN_REASONS + 1)
        for held in (f"#why-{number}:target ~ figure", f"main:has(#reason-{number}:hover)")
    )


STYLE: Final = (TEMPLATES / "page.css").read_text(encoding="utf-8") + _focus()

HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; img-src data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every page: nothing runs, nothing is fetched, nobody frames it, no cache keeps it.

No address goes to other sites. `no-referrer` would do that, too, but browsers then call the origin of a form `null`, and a form of ours
could not be told from one of elsewhere (Fetch, "append a request Origin header").
"""

_templates: Final = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """The template filled in, with the headers of every page. All values are escaped but `Markup`."""
    text = _templates.get_template(template).render(style=Markup(STYLE), **values)  # noqa: S704 - our own file
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def message(heading: str, text: str, status: int) -> HTMLResponse:
    """A page of one sentence."""
    return page("message.html", status, heading=heading, text=text)
