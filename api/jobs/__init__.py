"""Work done later, one file a job; `api.queue` leases it, `working` runs it in every server process.

To add a job: one file here with a coroutine of services and job, one line in `JOBS`, one test that kills its worker between any two steps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from api.assessing import DECIDE_AGAIN
from api.context import Services
from api.erasing import FORGET, forget_person
from api.jobs.check_verification import check_verification
from api.jobs.decide_again import decide_again
from api.queue import Job
from api.rings.judging import TELL_STANDINGS, tell_standings
from api.verifying.changing import CHECK

JOBS: Final[dict[str, Callable[[Services, Job], Awaitable[None]]]] = {
    DECIDE_AGAIN: decide_again,
    CHECK: check_verification,
    TELL_STANDINGS: tell_standings,
    FORGET: forget_person,
}
"""Every kind of job by name."""
