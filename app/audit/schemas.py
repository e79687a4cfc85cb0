"""The trail on the wire. No field holds personal data: people are random ids whose meaning is
destroyed with their record.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, PlainSerializer

from app.kernel import clock

Instant = Annotated[datetime, PlainSerializer(clock.to_text, return_type=str)]


class AuditActorOut(BaseModel):
    """Who acted."""

    subject: UUID | None = Field(
        description=(
            "The account's or client's random id; null for the operator, the service, or a"
            " stranger."
        )
    )
    role: str = Field(
        description=(
            "The role at that time; `operator`, `service` or `anonymous` where no account acted."
        )
    )
    client_id: str = Field(description="The application through which they acted.")


class AuditEntryOut(BaseModel):
    """One entry of the audit trail: an act, or a look at personal data."""

    index: int | None = Field(
        description=(
            "Place in the school's log, counted from 0; null until it is sealed, for up to a"
            " second."
        )
    )
    id: UUID = Field(description="The entry's id; it sorts by time.")
    occurred_at: Instant = Field(description="When it happened, UTC.")
    actor: AuditActorOut
    action: str = Field(description="What was done: `room.noun.past_participle`.")
    sharing_request_id: UUID | None = Field(description="The sharing request it was about.")
    target: str | None = Field(description="What else was acted on, by id or code.")
    outcome: str = Field(description="`success`, `denied` or `failure`.")
    reason_code: str | None = Field(
        description="The lawful reason, or why it was denied, as a code."
    )
    policy_digest: str | None = Field(description="The policy version that was applied.")
    request_id: str = Field(description="`X-Request-Id` of the call.")
    details: dict[str, Any] = Field(description="Codes and field names; never personal data.")
    leaf_hash: str = Field(description="base64 of SHA-256(0x00 ‖ leaf bytes), as RFC 9162 has it.")


class AuditEntryWithLeafOut(AuditEntryOut):
    """One entry with the bytes that were hashed."""

    leaf: str = Field(
        description=(
            "base64 of the exact leaf bytes: canonical JSON (RFC 8785) of everything the entry"
            " says."
        )
    )


class AuditEntriesOut(BaseModel):
    """A page of the trail, newest first."""

    items: list[AuditEntryOut]
    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null on the last one."
    )


class InclusionProofOut(BaseModel):
    """That an entry is in the log: hashing `leaf_hash` with `path`, as RFC 9162 section 2.1.3.2
    says, gives the checkpoint's root.
    """

    index: int = Field(description="The entry's place in the log.")
    size: int = Field(description="The size of the tree that the proof is for.")
    leaf_hash: str = Field(description="base64.")
    path: list[str] = Field(description="base64 hashes, from the leaf's sibling upwards.")
    checkpoint: str | None = Field(
        description=(
            "The signed checkpoint of this size; null where none of just this size was signed."
        )
    )


class ConsistencyProofOut(BaseModel):
    """That the log only grew between two sizes, to be checked as RFC 9162 section 2.1.4.2 says."""

    from_size: int
    to_size: int
    path: list[str] = Field(description="base64 hashes; empty where nothing needs proof.")
    checkpoint: str | None = Field(
        description=(
            "The signed checkpoint of the larger size; null where none of just this size was"
            " signed."
        )
    )
