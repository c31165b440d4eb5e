"""Tables of what `api` keeps in the records: who may ask, keys of idempotency, the audit chain and jobs.

Moments are milliseconds since 1970 (`graph.model.Instant`). Secrets are kept as SHA-256 of 256 random bits, passwords as Argon2id.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()

deployment = Table(
    "deployment",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="What must not change from start to start: the check value of the key file",
)

institutions = Table(
    "institutions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("sandbox", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("suspended_at", BigInteger),
    comment="Lenders: the tenants",
)

principals = Table(
    "principals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("institution", Text, ForeignKey("institutions.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("service", Boolean, nullable=False),
    Column("roles", Text, nullable=False, comment="Names separated by commas, sorted"),
    Column("password", Text, comment="Argon2id; null for services"),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    UniqueConstraint("institution", "name", name="principals_by_name"),
    comment="Staff and services of institutions",
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of the key, which is 256 random bits"),
    Column("id", Text, nullable=False, unique=True),
    Column("principal", Text, ForeignKey("principals.id"), nullable=False),
    Column("roles", Text, nullable=False, comment="What the key may do; the principal's roles bound it"),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("api_keys_by_principal", "principal"),
    comment="API keys, shown once",
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of the cookie's value, which is 256 random bits"),
    Column("principal", Text, ForeignKey("principals.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("sessions_by_principal", "principal"),
    Index("sessions_by_end", "expires_at"),
    comment="Sessions of staff in browsers",
)

links = Table(
    "links",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of the token, which is 256 random bits"),
    Column("principal", Text, ForeignKey("principals.id"), nullable=False),
    Column("path", Text, nullable=False, comment="The page that it opens"),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("links_by_end", "expires_at"),
    comment="One-time links that open a page with a session",
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="Keyed hash of who was tried and from where"),
    Column("tries", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index("sign_in_tries_by_age", "since"),
    comment="Wrong passwords of the last minutes",
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("mutation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("input_hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False, comment="The moment of the first call; its retries use the same"),
    Column("first_used_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False, comment="Until then the first call is running; past when answered"),
    Column("fence", Integer, nullable=False, comment="Rises with each claim: only the latest may answer"),
    Column("answer", Text, comment="What the call made, as JSON; null until it succeeded"),
    Index("idempotency_keys_by_age", "first_used_at"),
    comment="One key, one effect",
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    comment="The end of each institution's audit chain",
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("principal", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subjects", Text, nullable=False, comment="Ids, separated by spaces"),
    Column("digest", Text, nullable=False, comment="SHA-256 of what was answered, hexadecimal, or empty"),
    Column("hash", LargeBinary, nullable=False, comment="HMAC-SHA256 over the entry before and this one"),
    comment="Who asked what and what was answered: ids and hashes only",
)

events = Table(
    "events",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="Of its transaction's audit entry: it only rises"),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, comment="decision made"),
    Column("subject", Text, nullable=False, comment="Id of what it happened to"),
    Column("cause", Text, comment="Why it happened again; null for the first time"),
    Index("events_by_age", "institution", "at"),
    comment="The outbox: what subscriptions and webhooks tell, written with what it tells of",
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("institution", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False, comment="Signing key, sealed by the institution's key"),
    Column("place", BigInteger, nullable=False, comment="Number of the last event that was made deliveries of"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("institution", "url", name="webhooks_by_url"),
    comment="Where institutions are told of events",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("webhook", Text, ForeignKey("webhooks.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="Of the event"),
    Column("at", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("cause", Text),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False, comment="Rises each time that a worker takes it"),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", BigInteger),
    Column("dead_at", BigInteger, comment="When it was given up"),
    Column("problem", Text, comment="Why the last try failed: a status or an error's name"),
    Index("deliveries_due", "institution", "webhook", "delivered_at", "dead_at", "due_at"),
    comment="Events on their way to webhooks",
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("institution", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False, comment="Sealed by the institution's key"),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False, comment="Rises each time that a worker takes it"),
    Column("attempts", Integer, nullable=False),
    Column("done_at", BigInteger),
    Column("problem", Text, comment="Why the last attempt failed: an error's name"),
    Index("jobs_due", "done_at", "due_at"),
    Index("jobs_waiting", "institution", "done_at"),
    comment="Work to be done later, leased to one worker at a time",
)

work_items = Table(
    "work_items",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("item", Text, primary_key=True, comment="Id of a verification, hit or proposal that waits for a person"),
    Column("kind", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False, comment="9223372036854775807 without a bound"),
    Column("opened_at", BigInteger, nullable=False),
    Column("assignee", Text, comment="Principal"),
    Index("work_items_by_urgency", "institution", "due_at", "opened_at", "item"),
    comment="What waits for people; an item is removed when it is done",
)

proposals = Table(
    "proposals",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="Id of what it would change"),
    Column("version", Integer, nullable=False, comment="Of the subject when it was proposed: a change since makes it lapse"),
    Column("accepts", Boolean, nullable=False, comment="What would be decided"),
    Column("sentence", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False, comment="Sealed by the institution's key"),
    Column("opened_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered_at", BigInteger),
    Index("proposals_by_subject", "institution", "subject"),
    comment="What takes effect when a second person agrees",
)

rings = Table(
    "rings",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="Rises with each change of members, state or judgement"),
    Column("weights", Text, nullable=False, comment="Version of the weights that it was found by"),
    Column("score", Integer, nullable=False, comment="Millionths"),
    Column("content", LargeBinary, nullable=False, comment="Parts of the score, JSON"),
    Column("shapes", Text, nullable=False, comment="Words with spaces around each"),
    Column("merchants", Integer, nullable=False),
    Column("members", Integer, nullable=False),
    Column("exposure", BigInteger, nullable=False),
    Column("loss", BigInteger, nullable=False),
    Column("ended", Integer, nullable=False, comment="Loans of its members that ended"),
    Column("bad", Integer, nullable=False, comment="Of these that defaulted"),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("merged_into", Text),
    Column("judged", Text, comment="CONFIRMED or DISMISSED by a person, whatever became of it"),
    Column("judged_members", LargeBinary, comment="Who was in it then, JSON"),
    Column("judged_by", Text),
    Column("judged_at", BigInteger),
    Column("reason", LargeBinary, comment="Sealed by the institution's key"),
    Index("rings_by_score", "institution", "state", "score"),
    comment="People and merchants who act as one",
)

ring_members = Table(
    "ring_members",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("ring", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("weight", Integer, nullable=False, comment="Thousandths of a bit"),
    Column("because", LargeBinary, nullable=False, comment="Kinds of evidence, JSON"),
    Column("since", BigInteger, nullable=False, comment="When what ties it to the others became known"),
    Column("seen_at", BigInteger, nullable=False, comment="When it was found to be in the ring"),
    Column("left_at", BigInteger),
    Index("ring_members_by_entity", "institution", "entity", "seen_at"),
    Index("ring_members_by_ring", "institution", "ring", "left_at", "weight"),
    comment="Who is in a ring, and was",
)

ring_events = Table(
    "ring_events",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True, comment="Rises with time"),
    Column("ring", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("members", Integer, nullable=False, comment="After it"),
    Column("other", Text, comment="The other ring, of MERGED and SPLIT"),
    Index("ring_events_by_ring", "institution", "ring", "at", "id"),
    comment="What happened to rings",
)

pair_judgements = Table(
    "pair_judgements",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first", Text, nullable=False, comment="The lesser id"),
    Column("second", Text, nullable=False),
    Column("judgement", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", LargeBinary, nullable=False, comment="Sealed by the institution's key"),
    Index("pair_judgements_by_pair", "institution", "first", "second"),
    comment="What people said of two entities; the last one of a pair holds",
)

ring_looks = Table(
    "ring_looks",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("place", BigInteger, nullable=False, comment="Of the newest fact when rings were last looked for"),
    Column("judged", Integer, nullable=False, comment="Number of the newest judgement then"),
    Column("at", BigInteger, nullable=False),
    Column("took", Integer, nullable=False, comment="Milliseconds"),
    Column("wide", Integer, nullable=False, comment="Components too wide to be refined"),
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False, comment="Rises each time that a process takes it"),
    comment="How far rings are kept up; leased to one process at a time",
)

erasures = Table(
    "erasures",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("proposal", Text, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
    Column("keys", Integer, nullable=False),
    Column("face_templates", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    Column("entry", BigInteger, nullable=False, comment="Number of the audit entry that proves it"),
    comment="People who were forgotten, and what was destroyed",
)
