"""The token endpoint, revocation, the public keys and `/v1/me`. Law: replies are OAuth 2.0's own,
just as its clients expect them.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from app.identity import service
from app.identity.deps import IdentityDep, SignedIn
from app.identity.model import GRANTS, SignIn
from app.identity.schemas import (
    MAX_FORM,
    JwksOut,
    MeOut,
    OAuthErrorCode,
    OAuthErrorOut,
    RevocationIn,
    TokenIn,
    TokenOut,
)
from app.identity.service import Credentials, Declined, Granted, Identity, Visit
from app.platform.db import Session
from app.platform.problems import replies
from app.platform.web import CallDep, Public, StrictRoute, media_type_of

MAX_FIELDS: Final = 32
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PUBLIC_KEYS: Final = {"Cache-Control": "public, max-age=300"}

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "password": ("username", "password"),
    "refresh_token": ("refresh_token",),
    "client_credentials": (),
}
_WORDS: Final[Mapping[str, str]] = {
    "invalid_client": "the client is not known by this id and secret",
    "invalid_grant": (
        "the username or password, or the refresh token, is not right or holds no longer"
    ),
    "unauthorized_client": "the token belongs to another client",
    "unsupported_grant_type": "grant_type is one of password, client_credentials, refresh_token",
}


def _form_body(form: type[BaseModel]) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {_FORM: {"schema": form.model_json_schema()}}}
    }


def _oauth_replies(*statuses: int) -> dict[int | str, dict[str, Any]]:
    meanings = {
        400: "The form is incomplete, or what it offers does not hold.",
        401: "The client did not prove who it is.",
    }
    documented: dict[int | str, dict[str, Any]] = {
        status: {"model": OAuthErrorOut, "description": meanings[status]} for status in statuses
    }
    return documented | replies(413, 415, 429)


router: Final = APIRouter(tags=["identity"], route_class=StrictRoute)


@router.post(
    "/v1/token",
    operation_id="issue_token",
    summary="Get an access token",
    response_model=TokenOut,
    response_model_exclude_none=True,
    responses=_oauth_replies(400, 401),
    openapi_extra=_form_body(TokenIn),
)
async def issue_token(request: Request, identity: IdentityDep, call: CallDep) -> Response:
    """OAuth 2.0 token endpoint: `password` for people, `client_credentials` for machines,
    `refresh_token` to stay signed in.

    Access tokens last 15 minutes. A refresh token works once; using it a second time ends the
    session for all who hold it.
    """
    try:
        form = await _form(request)
        grant = _grant(form)
        credentials = _credentials(request, form)
    except _Unreadable as fault:
        return _declined(fault.error, fault.words)

    visit = _visit(request, identity, call.now, call.trace)
    application = (
        None if credentials is None else await service.authenticate(visit, credentials, grant)
    )
    if isinstance(application, Declined):
        return _declined(application.error)
    outcome: Granted | Declined
    if grant == "password":
        outcome = await service.sign_in(visit, form["username"], form["password"], application)
    elif grant == "refresh_token":
        outcome = await service.refresh(visit, form["refresh_token"], application)
    else:
        outcome = (
            Declined("invalid_client")
            if application is None
            else await service.admit(visit, application)
        )

    if isinstance(outcome, Declined):
        return _declined(outcome.error)
    tokens = TokenOut(
        access_token=outcome.access_token,
        token_type="Bearer",  # noqa: S106 - RFC 6749's word
        expires_in=outcome.expires_in,
        refresh_token=outcome.refresh_token,
    )
    return Response(
        tokens.model_dump_json(exclude_none=True), media_type="application/json", headers=_NO_STORE
    )


@router.post(
    "/v1/token/revocation",
    operation_id="revoke_token",
    summary="Sign out",
    responses=_oauth_replies(400, 401),
    response_description="The session is over, or was already.",
    response_class=Response,
    openapi_extra=_form_body(RevocationIn),
)
async def revoke_token(request: Request, identity: IdentityDep, call: CallDep) -> Response:
    """Ends the session that a token belongs to (RFC 7009) at once, with its access tokens. An
    unknown token is not an error.
    """
    try:
        form = await _form(request)
        _need(form, "token")
        credentials = _credentials(request, form)
    except _Unreadable as fault:
        return _declined(fault.error, fault.words)

    visit = _visit(request, identity, call.now, call.trace)
    application = (
        None
        if credentials is None
        else await service.authenticate(visit, credentials, "revocation")
    )
    if isinstance(application, Declined):
        return _declined(application.error)
    refused = await service.revoke(visit, form["token"], application)

    return Response(headers=_NO_STORE) if refused is None else _declined(refused.error)


@router.get(
    "/.well-known/jwks.json",
    operation_id="list_signing_keys",
    summary="List the public signing keys",
    response_model=JwksOut,
    responses=replies(422),
    dependencies=[Public],
)
async def list_signing_keys(identity: IdentityDep, response: Response) -> JwksOut:
    """The public keys that verify access tokens, for services that check tokens themselves."""
    response.headers.update(_PUBLIC_KEYS)
    return JwksOut.model_validate(identity.keyring.jwks())


@router.get(
    "/v1/me",
    operation_id="read_me",
    summary="Read your own account",
    response_model=MeOut,
    responses=replies(401, 422),
)
async def read_me(actor: SignedIn) -> MeOut:
    """The caller's id, role and school as they are now, and the permissions of the role."""
    return MeOut(
        subject=actor.id,
        role=actor.role,
        school=actor.school,
        permissions=sorted(GRANTS[actor.role]),
    )


class _Unreadable(Exception):
    """The form cannot be used; the words are safe to show."""

    def __init__(self, words: str, error: OAuthErrorCode = "invalid_request") -> None:
        super().__init__(words)
        self.words = words
        self.error = error


def _grant(form: Mapping[str, str]) -> str:
    _need(form, "grant_type")
    grant = form["grant_type"]
    if grant not in _NEEDED:
        raise _Unreadable(_WORDS["unsupported_grant_type"], "unsupported_grant_type")
    _need(form, *_NEEDED[grant])
    return grant


def _need(form: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if name not in form]
    if missing:
        raise _Unreadable(f"{' and '.join(missing)} missing")


async def _form(request: Request) -> dict[str, str]:
    media_type_of(request, _FORM)
    body = await request.body()
    if len(body) > MAX_FORM:
        raise _Unreadable("the form is too long")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise _Unreadable("the form is not URL-encoded UTF-8") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _Unreadable("a field is sent more than once")
    if any("\0" in value for value in form.values()):
        raise _Unreadable("a field holds a NUL character")
    # RFC 6749, section 3.1: a field without a value is as good as absent.
    return {name: value for name, value in form.items() if value}


def _credentials(request: Request, form: Mapping[str, str]) -> Credentials | None:
    basic = [
        value for value in request.headers.getlist("authorization") if value[:6].lower() == "basic "
    ]
    offered = form.get("client_id"), form.get("client_secret")
    if not basic:
        return None if offered == (None, None) else Credentials(offered[0] or "", offered[1] or "")
    if len(basic) > 1 or offered[1] is not None:
        raise _Unreadable("the client proves who it is in more than one way")
    try:
        name, colon, secret = (
            b64decode(basic[0][6:].encode("ascii"), validate=True).decode("utf-8").partition(":")
        )
    except (binascii.Error, ValueError):
        raise _Unreadable("the Authorization header cannot be read") from None
    # RFC 6749, section 2.3.1: both are URL-encoded before they are joined.
    credentials = Credentials(unquote_plus(name), unquote_plus(secret))
    if not colon or offered[0] not in (None, credentials.id):
        raise _Unreadable("the Authorization header names another client, or none")
    # Tools that were given no client still send an empty one.
    return None if not credentials.id and not credentials.secret else credentials


def _declined(error: OAuthErrorCode, words: str | None = None) -> Response:
    body = OAuthErrorOut(error=error, error_description=words or _WORDS[error])
    is_client = error == "invalid_client"
    headers = _NO_STORE | (
        {"WWW-Authenticate": 'Basic realm="token", charset="UTF-8"'} if is_client else {}
    )
    return Response(body.model_dump_json(), 401 if is_client else 400, headers, "application/json")


def _visit(request: Request, identity: Identity, now: datetime, request_id: str) -> Visit:
    def witness(session: Session, event: SignIn) -> None:
        # Main's own function: the audit room lies above this one.
        request.app.state.witness(session, event, now, request_id)

    return Visit(
        identity,
        request.app.state.database,
        request.client.host if request.client else None,
        now,
        witness,
    )
