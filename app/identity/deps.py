"""Dependencies that authenticate the caller and check permissions.

Invariant: no valid token is a 401 and no permission a 403, both before the body is validated.
`Require(Permission.X)` comes first in a signature, so that an unauthenticated call never opens a
transaction.
"""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2

from app.identity import store
from app.identity.errors import Forbidden, KeyUnknown, Unauthenticated
from app.identity.model import Actor, Permission
from app.identity.service import Identity
from app.identity.tokens import Claims
from app.platform.web import call_of, raise_fault

_scheme = OAuth2(
    flows={
        "password": {"tokenUrl": "/v1/token", "refreshUrl": "/v1/token", "scopes": {}},
        "clientCredentials": {"tokenUrl": "/v1/token", "refreshUrl": "/v1/token", "scopes": {}},
    },
    scheme_name="access_token",
    description=(
        "An access token from `POST /v1/token` or from a configured OpenID Connect issuer, as"
        " `Authorization: Bearer …`. Tokens are JWTs, verified as RFC8725 advises: the issuer, the"
        " audience, the expiry and one algorithm per key are fixed."
    ),
    auto_error=False,
)


def identity_of(request: Request) -> Identity:
    """The identity service of the application, made by `main`."""
    identity: Identity = request.app.state.identity
    return identity


IdentityDep = Annotated[Identity, Depends(identity_of)]


async def _claims(request: Request) -> Claims:
    identity = identity_of(request)
    values = request.headers.getlist("authorization")
    try:
        claims = identity.verifier.verify(values)
    except KeyUnknown as unknown:
        if not await identity.external.refresh(unknown.issuer):
            raise
        claims = identity.verifier.verify(values)
    if claims.session is None:
        identity.external.renew(claims.issuer)
    return claims


async def _actor(request: Request) -> Actor:
    claims = await _claims(request)
    if claims.session is None:
        actor = Actor(claims.subject, claims.role, claims.school, claims.client)
    else:
        session = call_of(request).session
        role = await store.role_of(session, claims.school, claims.subject, claims.session)
        if role is None:
            raise Unauthenticated
        actor = Actor(claims.subject, role, claims.school, claims.client, claims.session)
    # `main` records denials in the audit log; it reads here who was denied.
    request.state.actor = actor
    return actor


async def _signed_in(request: Request, _documented: Annotated[object, Depends(_scheme)]) -> Actor:
    actor = await _actor(request)
    raise_fault(request)
    return actor


def Require(*permissions: Permission) -> Any:  # noqa: N802 - reads as a type in a signature
    """Require a caller with at least one of these permissions, as an `Annotated[Actor, …]` in a
    signature.

    Raises `Unauthenticated`, then `Forbidden`, then the fault in the JSON of the body.
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
