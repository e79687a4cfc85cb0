"""Define the actions, authors and events of the audit log, and the digests that tie stored records
to their entries. Pure.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol
from uuid import UUID

from app.kernel import canonical
from app.kernel.canonical import Json


class Action(StrEnum):
    """What was done: `package.noun.past_participle`.

    Invariant: members are stored for ever. Add members; never rename or reuse one.
    """

    SESSION_OPENED = "identity.session.opened"
    SESSION_REFRESHED = "identity.session.refreshed"
    SESSION_REFUSED = "identity.session.refused"
    SESSION_CLOSED = "identity.session.closed"
    SESSION_REVOKED = "identity.session.revoked"
    ACCOUNT_CREATED = "identity.account.created"
    ACCOUNT_CHANGED = "identity.account.changed"
    ACCOUNT_DISABLED = "identity.account.disabled"
    ACCOUNTS_LISTED = "identity.accounts.listed"
    CLIENT_CREATED = "identity.client.created"
    CLIENT_ROTATED = "identity.client.rotated"
    CLIENT_DISABLED = "identity.client.disabled"

    ACCESS_DENIED = "access.denied"

    EVALUATION_TRIED = "policy.evaluation.tried"
    POLICY_DRAFTED = "policy.version.drafted"
    POLICY_APPROVED = "policy.version.approved"
    POLICY_WITHDRAWN = "policy.version.withdrawn"
    POLICY_ADOPTED = "policy.version.adopted"
    POLICY_IMPACT_ASSESSED = "policy.impact.assessed"
    POLICY_IMPACT_READ = "policy.impact.read"

    REQUEST_SUBMITTED = "sharing.request.submitted"
    REQUEST_AMENDED = "sharing.request.amended"
    REQUEST_EVALUATED = "sharing.request.evaluated"
    REQUEST_READ = "sharing.request.read"
    REQUESTS_LISTED = "sharing.requests.listed"
    REQUEST_WITHDRAWN = "sharing.request.withdrawn"
    REQUEST_RECONSIDERED = "sharing.request.reconsidered"
    REQUEST_CLOSED = "sharing.request.closed"
    INFORMATION_REQUESTED = "sharing.information.requested"
    DECISION_RECORDED = "sharing.decision.recorded"
    DISCLOSURE_RECORDED = "sharing.disclosure.recorded"
    EMERGENCY_RECORDED = "sharing.emergency.recorded"
    ADVICE_SOUGHT = "sharing.advice.sought"
    ADVICE_ANSWERED = "sharing.advice.answered"
    NOTICE_RECORDED = "sharing.notice.recorded"
    CONSENT_RECORDED = "sharing.consent.recorded"
    CONSENT_WITHDRAWN = "sharing.consent.withdrawn"
    RECORD_READ = "sharing.record.read"
    FLOWCHART_READ = "sharing.flowchart.read"
    LETTER_RELEASED = "sharing.letter.released"
    LETTER_READ = "sharing.letter.read"
    SUBJECT_ACCOUNTED = "sharing.subject.accounted"
    ATTENTION_LISTED = "sharing.attention.listed"

    RECIPIENT_CREATED = "recipients.recipient.created"
    RECIPIENT_CHANGED = "recipients.recipient.changed"
    RECIPIENT_READ = "recipients.recipient.read"
    RECIPIENTS_LISTED = "recipients.recipients.listed"
    CONTACT_CREATED = "recipients.contact.created"
    CONTACT_CHANGED = "recipients.contact.changed"
    CONTACTS_READ = "recipients.contacts.read"
    VERIFICATION_RECORDED = "recipients.verification.recorded"
    VERIFICATIONS_READ = "recipients.verifications.read"

    RETENTION_LISTED = "retention.due.listed"
    RETENTION_REVIEWED = "retention.review.recorded"
    REQUEST_DISPOSED = "retention.request.disposed"

    REPORT_READ = "reports.summary.read"

    TRAIL_SEARCHED = "audit.trail.searched"
    TRAIL_EXPORTED = "audit.trail.exported"
    ENTRY_READ = "audit.entry.read"
    PROOF_READ = "audit.proof.read"
    BUNDLE_EXPORTED = "audit.bundle.exported"
    LOG_REOPENED = "audit.log.reopened"


IDENTITY_ACTIONS: Final = frozenset(action for action in Action if action.startswith("identity."))
"""Actions on sessions and accounts. Their entries name neither a sharing request nor a person
concerned; `log.append` refuses both."""


class EntryOutcome(StrEnum):
    """Whether the act succeeded. Invariant: as for `Action`."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILURE = "failure"


class Author(Protocol):
    """Who acted: an `Actor`, or an `Agent` if no account acted."""

    @property
    def id(self) -> UUID | None: ...

    @property
    def role(self) -> str: ...

    @property
    def school(self) -> str: ...

    @property
    def client(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An author without an account: the operator, the service itself, or a caller without a
    token.
    """

    school: str
    role: str
    client: str
    id: UUID | None = None


def operator(school: str) -> Agent:
    """The operator at the command line."""
    return Agent(school=school, role="operator", client="cli")


def service(school: str) -> Agent:
    """The service, in a background task."""
    return Agent(school=school, role="service", client="service")


def anonymous(school: str) -> Agent:
    """A caller who is not authenticated."""
    return Agent(school=school, role="anonymous", client="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, without who acted and when.

    `request` is the id of the sharing request, `subjects` are the random ids of the persons
    concerned (a decision or disclosure has one event for each child), `recipient` is the
    recipient's id or organisation type, `target` the id or code of anything else that was acted on,
    `policy` the digest of the policy that was applied, `content` the value of `content()` over the
    records that this act stored.

    Invariant: an event holds codes, field names and random ids, and no personal data.
    """

    action: Action
    request: UUID | None = None
    subjects: tuple[UUID, ...] = ()
    recipient: str | None = None
    target: str | None = None
    outcome: EntryOutcome = EntryOutcome.SUCCESS
    reason_code: str | None = None
    policy: str | None = None
    data: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The digest of a record as it is stored now, for verification.

    `audit_id` is the entry that it cites. The `digest` of an immutable record is its
    `record_digest`, over which the entry's `content` is; that of a mutable head is its
    `state_digest`, under its id in the entry's `data.states`.
    """

    id: str
    audit_id: UUID
    digest: bytes
    mutable: bool


SALT_BYTES: Final = 16


def record_digest(salt: bytes, record: Json) -> bytes:
    """SHA-256 of the record's salt followed by its canonical JSON; reveals nothing about the record
    once the salt is destroyed.
    """
    return hashlib.sha256(salt + canonical.encode(record)).digest()


def content(digests: Sequence[bytes]) -> str:
    """The member `content` of an entry: base64url of SHA-256 over the digests of the records that
    it stored, joined in the order of the records' ids.
    """
    return _base64url(hashlib.sha256(b"".join(digests)).digest())


def state_digest(head: Json) -> bytes:
    """SHA-256 of the canonical JSON of a mutable head row."""
    return hashlib.sha256(canonical.encode(head)).digest()


def state(head: Json) -> str:
    """The text of `state_digest` in an entry's `data.states`: base64url."""
    return _base64url(state_digest(head))


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
