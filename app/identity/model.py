"""Roles, permissions and grants; the authenticated caller; sign-in events. Pure.

Invariant: `GRANTS` is the only place where a permission is granted.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID


class Role(StrEnum):
    """Stored values: add members, never rename or reuse one."""

    STAFF = "staff"
    DSL = "dsl"
    IG_LEAD = "ig_lead"
    INTEGRATION = "integration"


class Permission(StrEnum):
    """A permission that an operation requires, as `noun:verb`."""

    POLICY_READ = "policy:read"
    POLICY_DRAFT = "policy:draft"
    POLICY_APPROVE = "policy:approve"
    POLICY_IMPACT = "policy:impact"
    EVALUATION_RUN = "evaluation:run"
    EVALUATION_REPEAT = "evaluation:repeat"
    REQUEST_SUBMIT = "request:submit"
    REQUEST_READ_OWN = "request:read_own"
    REQUEST_READ_ALL = "request:read_all"
    REQUEST_READ_DEIDENTIFIED = "request:read_deidentified"
    REQUEST_AMEND = "request:amend"
    REQUEST_DECIDE = "request:decide"
    REQUEST_DISCLOSE = "request:disclose"
    REQUEST_NOTIFY = "request:notify"
    REQUEST_CONSENT = "request:consent"
    REQUEST_RECONSIDER = "request:reconsider"
    REQUEST_WITHDRAW = "request:withdraw"
    EMERGENCY_RECORD = "emergency:record"
    ADVICE_SEEK = "advice:seek"
    ADVICE_ANSWER = "advice:answer"
    SUBJECT_ACCOUNT = "subject:account"
    RECIPIENT_READ = "recipient:read"
    RECIPIENT_WRITE = "recipient:write"
    AUDIT_READ_OWN = "audit:read_own"
    AUDIT_READ_SAFEGUARDING = "audit:read_safeguarding"
    AUDIT_READ_ALL = "audit:read_all"
    AUDIT_EXPORT = "audit:export"
    CHECKPOINT_READ = "checkpoint:read"
    RETENTION_READ = "retention:read"
    RETENTION_REVIEW = "retention:review"
    RETENTION_DISPOSE = "retention:dispose"
    REPORT_READ = "report:read"


P = Permission

_ANYONE: Final = frozenset(
    {
        P.POLICY_READ,
        P.EVALUATION_RUN,
        P.RECIPIENT_READ,
        P.CHECKPOINT_READ,
        P.REQUEST_SUBMIT,
        P.ADVICE_SEEK,
    }
)
_SUBMITTER: Final = frozenset(
    {
        P.REQUEST_AMEND,
        P.REQUEST_DISCLOSE,
        P.REQUEST_NOTIFY,
        P.REQUEST_CONSENT,
        P.REQUEST_RECONSIDER,
        P.REQUEST_WITHDRAW,
        P.EVALUATION_REPEAT,
    }
)

GRANTS: Final = MappingProxyType(
    {
        Role.STAFF: (
            _ANYONE
            | _SUBMITTER
            | {P.REQUEST_READ_OWN, P.REQUEST_DECIDE, P.EMERGENCY_RECORD, P.AUDIT_READ_OWN}
        ),
        Role.DSL: (
            _ANYONE
            | _SUBMITTER
            | {
                P.REQUEST_READ_ALL,
                P.REQUEST_DECIDE,
                P.EMERGENCY_RECORD,
                P.ADVICE_ANSWER,
                P.SUBJECT_ACCOUNT,
                P.RECIPIENT_WRITE,
                P.AUDIT_READ_SAFEGUARDING,
                P.REPORT_READ,
            }
        ),
        Role.IG_LEAD: (
            _ANYONE
            | _SUBMITTER
            | {
                P.REQUEST_READ_DEIDENTIFIED,
                P.REQUEST_DECIDE,
                P.EMERGENCY_RECORD,
                P.ADVICE_ANSWER,
                P.SUBJECT_ACCOUNT,
                P.RECIPIENT_WRITE,
                P.POLICY_DRAFT,
                P.POLICY_APPROVE,
                P.POLICY_IMPACT,
                P.AUDIT_READ_ALL,
                P.AUDIT_EXPORT,
                P.RETENTION_READ,
                P.RETENTION_REVIEW,
                P.RETENTION_DISPOSE,
                P.REPORT_READ,
            }
        ),
        Role.INTEGRATION: _ANYONE | _SUBMITTER | {P.REQUEST_READ_OWN, P.AUDIT_READ_OWN},
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """The authenticated caller. Of a local account or client, the role comes from the database and
    the school is that of its session.

    `id` is the random id of the account or client (the token's `sub`); `client` names the client
    that holds the token; `session` is the session of the token, None for an external issuer's.
    """

    id: UUID
    role: Role
    school: str
    client: str
    session: UUID | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the caller's role has the permission."""
        return permission in GRANTS[self.role]


class SignInResult(StrEnum):
    """What happened to a session. Stored values: add members, never rename or reuse one."""

    OPENED = "opened"
    REFRESHED = "refreshed"
    REFUSED = "refused"
    REVOKED = "revoked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in event for the audit log, without email address, network address or token.

    `REVOKED` is the service's own act, after a second use of a refresh token; `CLOSED` is the
    caller's. `actor` is None for an unknown account or client; `grant` is the OAuth grant type or
    `revocation`; `reason_code` is the reason for a refusal or revocation.
    """

    result: SignInResult
    grant: str
    actor: Actor | None
    reason_code: str | None = None


class AccountAct(StrEnum):
    """A change of an account or client by the operator. Stored values: add members, never rename or
    reuse one.
    """

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    CLIENT_CREATED = "client_created"
    CLIENT_ROTATED = "client_rotated"
    CLIENT_DISABLED = "client_disabled"
