"""Errors of authentication, authorisation and account management.

Invariant: a caller who is not authenticated always gets the same body, whatever the reason.
"""

from typing import ClassVar

from app.kernel.errors import Kind, ServiceError


class Unauthenticated(ServiceError):
    """The request has no valid access token. The reason is in the application log, as a code, and
    never in the reply.
    """

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "unauthenticated"
    title: ClassVar[str] = "Authentication required"

    def __init__(self) -> None:
        super().__init__(
            "send a valid access token; POST /v1/token issues one",
            headers={"WWW-Authenticate": "Bearer"},
        )


class KeyUnknown(Unauthenticated):
    """The token is from an external issuer and signed with a key that is not known yet. Reading the
    issuer's keys again may help.
    """

    def __init__(self, issuer: str) -> None:
        super().__init__()
        self.issuer = issuer


class Forbidden(ServiceError):
    """The caller is authenticated, but the role does not permit the operation."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "forbidden"
    title: ClassVar[str] = "Operation not permitted for your role"

    def __init__(self) -> None:
        super().__init__("GET /v1/me lists what the role of this account permits")


class TooManyAttempts(ServiceError):
    """Sign-in for this account, or from this address, failed too often. Open sessions go on."""

    kind: ClassVar[Kind] = Kind.TOO_MANY
    code: ClassVar[str] = "too-many-attempts"
    title: ClassVar[str] = "Too many sign-in attempts"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} seconds", headers={"Retry-After": str(seconds)})
        self.seconds = seconds


class AccountNotFound(ServiceError):
    """No account or client has this email address or id."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "account-not-found"
    title: ClassVar[str] = "Account not found"


class AccountExists(ServiceError):
    """The email address or the name of the client is in use."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "account-exists"
    title: ClassVar[str] = "Account exists"


class InvalidAccount(ServiceError):
    """An account cannot be created with these values."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "invalid-account"
    title: ClassVar[str] = "Invalid account"


class InvalidSigningKeys(ServiceError):
    """A signing key is missing, weak or readable by other users; the detail says which and what to
    do. The service does not start.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "invalid-signing-keys"
    title: ClassVar[str] = "Invalid signing keys"


class InvalidIssuer(ServiceError):
    """The settings or the published keys of an external issuer are invalid; the detail says why."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "invalid-issuer"
    title: ClassVar[str] = "Invalid issuer"
