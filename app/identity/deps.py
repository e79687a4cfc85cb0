"""Who is calling, as a route's signature asks for it. Law: no token, 401; no permission, 403; and
both before the body is judged.

`Require(Permission.X)` stands first in a signature, so that a stranger never opens a transaction.
"""

from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import OAuth2

from app.identity.accounts import PRINCIPAL
from app.identity.errors import Forbidden, KeyUnknown, Unauthenticated
from app.identity.model import Actor, Permission, Role
from app.identity.service import Identity
from app.identity.tokens import Claims
from app.platform.dataloader import Lookup
from app.platform.web import call_of, raise_fault

_PRINCIPAL: Final = Lookup(PRINCIPAL)

_scheme = OAuth2(
    flows={
        "password": {"tokenUrl": "/v1/token", "refreshUrl": "/v1/token", "scopes": {}},
        "clientCredentials": {"tokenUrl": "/v1/token", "refreshUrl": "/v1/token", "scopes": {}},
    },
    scheme_name="access_token",
    description=(
        "An access token from `POST /v1/token` or from a configured OpenID Connect issuer, as"
        " `Authorization: Bearer …`."
    ),
    auto_error=False,
)


def identity_of(request: Request) -> Identity:
    """What `main` began and put on the application."""
    identity: Identity = request.app.state.identity
    return identity


IdentityDep = Annotated[Identity, Depends(identity_of)]


async def _claims(request: Request) -> Claims:
    identity = identity_of(request)
    values = request.headers.getlist("authorization")
    try:
        claims = identity.verifier.verify(values)
    except KeyUnknown as unknown:
        if not await identity.outside.refresh(unknown.issuer):
            raise
        claims = identity.verifier.verify(values)
    if claims.session is None:
        identity.outside.renew(claims.issuer)
    return claims


async def _actor(request: Request) -> Actor:
    claims = await _claims(request)
    if claims.session is None:
        actor = Actor(claims.subject, claims.role, claims.school, claims.client)
    else:
        session = call_of(request).session
        row = await session.look_up(
            _PRINCIPAL, principal_subject=claims.subject, principal_session=claims.session
        )
        if row is None:
            raise Unauthenticated
        actor = Actor(
            claims.subject, Role(row["role"]), row["school"], claims.client, claims.session
        )
    # Denials are audited by main, which is told here whom it denied.
    request.state.actor = actor
    return actor


async def _signed_in(request: Request, _documented: Annotated[object, Depends(_scheme)]) -> Actor:
    actor = await _actor(request)
    raise_fault(request)
    return actor


def Require(*permissions: Permission) -> Any:  # noqa: N802 - reads as a type in a signature
    """Ask for a caller who has at least one of these permissions. Written in a signature as an
    `Annotated[Actor, …]`.

    Raises `Unauthenticated`, then `Forbidden`, then whatever was wrong with the JSON of the body.
    """
    if not permissions:
        raise ValueError("a route requires a permission; SignedIn is for the one that needs none")

    async def permitted(
        request: Request, _documented: Annotated[object, Depends(_scheme)]
    ) -> Actor:
        actor = await _actor(request)
        if not any(actor.may(permission) for permission in permissions):
            raise Forbidden
        raise_fault(request)
        return actor

    permitted.permissions = frozenset(permissions)  # type: ignore[attr-defined]
    return Depends(permitted)


SignedIn = Annotated[Actor, Depends(_signed_in)]
"""The caller, whatever their role permits."""
