"""The use cases of verifications: open one, give evidence, run the checks, decide, and what needs two people.

Each write is one transaction under an idempotency key (`api.once`), with its audit entry and what subscriptions are told. Images are
opened in the pool's processes before; checks are run by a job, since they take seconds.
"""
