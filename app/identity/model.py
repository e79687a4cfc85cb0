"""Roles, permissions and the one literal that grants them; who is calling, and what happened at the
door.

Law: nothing else in the service grants anything.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID


class Role(StrEnum):
    """Stored for ever: add members, never rename or reuse one."""

    STAFF = "staff"
    DSL = "dsl"
    IG_LEAD = "ig_lead"
    INTEGRATION = "integration"


class Permission(StrEnum):
    """What an operation asks for. `noun:verb`."""

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
    """The authenticated caller: role and school come from the database, never from the request.

    `id` is the account's or client's random id (the token's `sub`); `client` names the application
    that holds the token; `session` is the refresh family the token belongs to, if any.
    """

    id: UUID
    role: Role
    school: str
    client: str
    session: UUID | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the grants give this caller's role the permission."""
        return permission in GRANTS[self.role]


class SignInResult(StrEnum):
    """What became of a session. Stored for ever: add members, never rename or reuse one."""

    OPENED = "opened"
    REFRESHED = "refreshed"
    REFUSED = "refused"
    REVOKED = "revoked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One event at the door, for the audit trail: no email address, no network address, no token.

    `REVOKED` is the service's own act (a refresh token came back a second time), `CLOSED` the
    caller's. `actor` is None when nobody goes by the name that was given; `grant` is the OAuth
    grant type, or `revocation`; `reason_code` says why, where it was refused or revoked.
    """

    result: SignInResult
    grant: str
    actor: Actor | None
    reason_code: str | None = None


class AccountAct(StrEnum):
    """What an operator did to an account or a client. Stored for ever: add members, never rename or
    reuse one.
    """

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    CLIENT_CREATED = "client_created"
    CLIENT_ROTATED = "client_rotated"
    CLIENT_DISABLED = "client_disabled"
