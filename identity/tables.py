"""Tables of verifications: what was given, what the checks said, who decided. Whatever is personal is sealed under its subject's key.

Moments are milliseconds UTC. All of it is an institution's and, on PostgreSQL, stands behind the wall between institutions.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()

identity_keys = Table(
    "identity_keys",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("subject", Text, primary_key=True, comment="Entity id of a merchant or person"),
    Column("key", LargeBinary, comment="Wrapped by the institution's key; null once erased: all that is sealed under it is then lost"),
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
    comment="A key for each subject",
)

verifications = Table(
    "verifications",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="PERSON or MERCHANT"),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="Rises with each change"),
    Column("policy", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("asked", Text, nullable=False, comment="JSON: steps that staff asked for anew, each with the moment"),
    Column("checks", Text, nullable=False, comment="JSON: what each check said; nothing personal"),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, comment="When it expires without evidence, or must be renewed"),
    Column("due_at", BigInteger, comment="When a person should have decided; null while nobody must"),
    Column("verified_at", BigInteger),
    Column("faces", Integer, comment="People with this face, the subject included; null without a face"),
    Column("conclusion", LargeBinary, comment="Sealed: accepted, reason, when, by whom"),
    Index("verifications_by_subject", "institution", "subject", "opened_at"),
    Index("verifications_by_age", "institution", "opened_at", "id"),
    Index("verifications_by_end", "institution", "state", "expires_at"),
    comment="Verifications of merchants and people",
)

evidence = Table(
    "evidence",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("verification", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, comment="Of a consent"),
    Column("positive", Boolean, comment="Whether a visit found the business as declared, or a code came back"),
    Column("content", LargeBinary, comment="Sealed JSON: what was declared, seen or read; null until read, and once erased"),
    Column("image", LargeBinary, comment="Sealed JPEG; frames of a challenge one after the other; null without one, and once erased"),
    Column("width", Integer),
    Column("height", Integer),
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False, comment="Principal"),
    Column("retained_until", BigInteger),
    Index("evidence_by_verification", "institution", "verification", "added_at"),
    Index("evidence_by_subject", "institution", "subject"),
    Index("evidence_by_end", "institution", "retained_until"),
    comment="What was given to prove an identity",
)

identity_tickets = Table(
    "identity_tickets",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("verification", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="UPLOAD, LIVENESS or CODE"),
    Column("about", Text, nullable=False, comment="Kind of evidence, the challenge's actions, or a token of the contact"),
    Column("principal", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("secret", LargeBinary, comment="Keyed hash of a code"),
    Column("image", LargeBinary, comment="Sealed JPEG that was sent"),
    Column("width", Integer),
    Column("height", Integer),
    Index("identity_tickets_by_verification", "institution", "verification", "kind", "created_at"),
    Index("identity_tickets_by_end", "institution", "expires_at"),
    comment="Leave to send an image, to answer a challenge, to enter a code",
)

face_templates = Table(
    "face_templates",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="Rises with each change of the institution"),
    Column("subject", Text, nullable=False),
    Column("template", LargeBinary, comment="Sealed; null for one that was erased"),
    Column("at", BigInteger, nullable=False),
    Index("face_templates_by_subject", "institution", "subject"),
    comment="Changes to the faces that are kept: the search follows them",
)

screening_hits = Table(
    "screening_hits",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("list", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("entry", LargeBinary, nullable=False, comment="JSON: the entry as it was matched"),
    Column("score", Float, nullable=False),
    Column("sentence", LargeBinary, nullable=False, comment="Sealed under the subject's key"),
    Column("version", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("judgement", Text, comment="TRUE_MATCH or FALSE_MATCH"),
    Column("reason", LargeBinary, comment="Sealed under the subject's key"),
    Column("judged_by", Text),
    Column("judged_at", BigInteger),
    UniqueConstraint("institution", "subject", "list", "key", name="screening_hits_by_entry"),
    comment="Possible matches of subjects with lists",
)
