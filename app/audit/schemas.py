"""Define the replies of the audit operations.

Invariant: no field holds personal data. Persons are random ids that lose their meaning when the
request is disposed of.
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
            "Random id of the account or client; null for the operator, the service, and a"
            " caller who failed to sign in."
        )
    )
    role: str = Field(
        description=(
            "The role at that time; `operator`, `service` or `anonymous` if no account acted."
        )
    )
    client_id: str = Field(description="The application through which the account acted.")


class AuditEntryOut(BaseModel):
    """An audit entry: an act, or a read of personal data."""

    index: int | None = Field(
        description=(
            "Place in the school's log, counted from 0; null until the entry is sealed, about a"
            " second."
        )
    )
    id: UUID = Field(description="Id of the entry; ids sort by time.")
    occurred_at: Instant = Field(description="The time of the act, UTC.")
    actor: AuditActorOut
    action: str = Field(description="The action: `package.noun.past_participle`.")
    sharing_request_id: UUID | None = Field(description="Id of the sharing request.")
    target: str | None = Field(description="Id or code of another object of the act.")
    outcome: str = Field(description="`success`, `denied` or `failure`.")
    reason_code: str | None = Field(
        description="The lawful reason, or the reason for a denial, as a code."
    )
    policy_digest: str | None = Field(description="Digest of the policy version that was applied.")
    request_id: str = Field(description="`X-Request-Id` of the HTTP request.")
    details: dict[str, Any] = Field(description="Codes and field names; never personal data.")
    leaf_hash: str = Field(description="base64 of SHA-256(0x00 ‖ leaf bytes), as in RFC 9162.")


class AuditEntryWithLeafOut(AuditEntryOut):
    """An audit entry with the bytes that its leaf hash is over."""

    leaf: str = Field(
        description=(
            "base64 of the exact leaf bytes: the canonical JSON (RFC 8785) of the whole entry."
        )
    )


class AuditEntriesOut(BaseModel):
    """A page of audit entries, newest first."""

    items: list[AuditEntryOut]
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page."
    )


class InclusionProofOut(BaseModel):
    """A proof that an entry is in the log: hashing `leaf_hash` with `path` as in RFC 9162, section
    2.1.3.2, gives the root hash of the checkpoint.
    """

    index: int = Field(description="Place of the entry in the log.")
    size: int = Field(description="Size of the tree that the proof is for.")
    leaf_hash: str = Field(description="base64.")
    path: list[str] = Field(description="base64 hashes, from the leaf's sibling upwards.")
    checkpoint: str | None = Field(
        description=("The signed checkpoint of this size; null if none was signed.")
    )


class ConsistencyProofOut(BaseModel):
    """A proof that a log begins with an earlier one, to be checked by RFC 9162, section 2.1.4.2."""

    from_size: int = Field(description="The smaller size.")
    to_size: int = Field(description="The larger size.")
    path: list[str] = Field(description="base64 hashes; empty if the sizes are equal.")
    checkpoint: str | None = Field(
        description=("The signed checkpoint of the larger size; null if none was signed.")
    )
