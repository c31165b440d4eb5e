"""Hypothesis runs with the counts of `tests.settings` and prints how to repeat a failure."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.settings import EXAMPLES

settings.register_profile("ringfence", max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringfence")
