"""`/sign-in`: the form by which a member of staff gets a session, and comes to the page that was asked for."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from api.pages.frame import page


def show(to: str = "/", institution: str = "", name: str = "", problem: str = "", status: int = 200) -> HTMLResponse:
    """The form; after a try that failed with what was given, but the password, and what was wrong. `to` is a page of ours."""
    return page("sign_in.html", status, to=to, institution_id=institution, name=name, problem=problem)
