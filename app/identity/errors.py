"""How signing in, or asking without leave, fails. Law: not authenticated is one error with one
fixed body, whatever the reason was.
"""

from typing import ClassVar

from app.kernel.errors import Kind, ServiceError


class Unauthenticated(ServiceError):
    """There is no valid access token. Why is in the log, by code, and never in the reply."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "unauthenticated"
    title: ClassVar[str] = "Authentication required"

    def __init__(self) -> None:
        super().__init__(
            "a valid access token is needed; get one from /v1/token",
            headers={"WWW-Authenticate": "Bearer"},
        )


class KeyUnknown(Unauthenticated):
    """The token names an outside issuer that is trusted and a key of it that is not here (yet): its
    keys may be worth reading again.
    """

    def __init__(self, issuer: str) -> None:
        super().__init__()
        self.issuer = issuer


class Forbidden(ServiceError):
    """The caller is known, and their role does not permit this."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "forbidden"
    title: ClassVar[str] = "Operation not permitted for your role"

    def __init__(self) -> None:
        super().__init__("the role of this account does not permit this operation")


class TooManyAttempts(ServiceError):
    """Sign-ins for this account, or from this address, failed too often; live sessions go on
    working.
    """

    kind: ClassVar[Kind] = Kind.TOO_MANY
    code: ClassVar[str] = "too-many-attempts"
    title: ClassVar[str] = "Too many sign-in attempts"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} seconds", headers={"Retry-After": str(seconds)})
        self.seconds = seconds


class AccountNotFound(ServiceError):
    """No such account."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "account-not-found"
    title: ClassVar[str] = "Account not found"


class AccountExists(ServiceError):
    """The email address or the client's name is taken."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "account-exists"
    title: ClassVar[str] = "Account exists"


class InvalidAccount(ServiceError):
    """An account cannot be made with these values."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "invalid-account"
    title: ClassVar[str] = "Invalid account"


class InvalidSigningKeys(ServiceError):
    """The signing keys are absent, weak or open to others; the detail says which and what to do.
    Stops the start.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "invalid-signing-keys"
    title: ClassVar[str] = "Invalid signing keys"


class InvalidIssuer(ServiceError):
    """An outside issuer's settings or published keys cannot be used; the detail says why."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "invalid-issuer"
    title: ClassVar[str] = "Invalid issuer"
