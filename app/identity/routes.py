"""The token endpoint, token revocation, the public keys and `/v1/me`, with the replies of OAuth
2.0.
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
from app.identity.service import Credentials, Declined, Granted, Identity, TokenCall
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
    "invalid_client": "the client id or secret is wrong",
    "invalid_grant": ("the username, password or refresh token is wrong, or no longer valid"),
    "unauthorized_client": "the token was issued to another client",
    "unsupported_grant_type": "grant_type is one of password, client_credentials, refresh_token",
}


def _form_body(form: type[BaseModel]) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {_FORM: {"schema": form.model_json_schema()}}}
    }


def _oauth_replies(*statuses: int) -> dict[int | str, dict[str, Any]]:
    meanings = {
        400: "The form is incomplete, or its credentials are wrong.",
        401: "The client did not authenticate.",
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

    An access token is valid for 15 minutes. A refresh token works once; a second use ends the
    session.
    """
    try:
        form = await _form(request)
        grant = _grant(form)
        credentials = _credentials(request, form)
    except _InvalidForm as fault:
        return _error(fault.error, fault.words)

    token_call = _token_call(request, identity, call.now, call.trace)
    client = (
        None if credentials is None else await service.authenticate(token_call, credentials, grant)
    )
    if isinstance(client, Declined):
        return _error(client.error)
    outcome: Granted | Declined
    if grant == "password":
        outcome = await service.sign_in(token_call, form["username"], form["password"], client)
    elif grant == "refresh_token":
        outcome = await service.refresh(token_call, form["refresh_token"], client)
    else:
        outcome = (
            Declined("invalid_client")
            if client is None
            else await service.open_client_session(token_call, client)
        )

    if isinstance(outcome, Declined):
        return _error(outcome.error)
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
    response_description="The session has ended.",
    response_class=Response,
    openapi_extra=_form_body(RevocationIn),
)
async def revoke_token(request: Request, identity: IdentityDep, call: CallDep) -> Response:
    """End the session that a token belongs to (RFC 7009). Its access tokens stop working at once.
    An unknown token is no error.
    """
    try:
        form = await _form(request)
        _need(form, "token")
        credentials = _credentials(request, form)
    except _InvalidForm as fault:
        return _error(fault.error, fault.words)

    token_call = _token_call(request, identity, call.now, call.trace)
    client = (
        None
        if credentials is None
        else await service.authenticate(token_call, credentials, "revocation")
    )
    if isinstance(client, Declined):
        return _error(client.error)
    refused = await service.revoke(token_call, form["token"], client)

    return Response(headers=_NO_STORE) if refused is None else _error(refused.error)


@router.get(
    "/.well-known/jwks.json",
    operation_id="list_signing_keys",
    summary="List the public signing keys",
    response_model=JwksOut,
    responses=replies(422),
    dependencies=[Public],
)
async def list_signing_keys(identity: IdentityDep, response: Response) -> JwksOut:
    """The public keys of access tokens, for services that verify tokens themselves."""
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


class _InvalidForm(Exception):
    """The form is invalid; the message is safe to show."""

    def __init__(self, words: str, error: OAuthErrorCode = "invalid_request") -> None:
        super().__init__(words)
        self.words = words
        self.error = error


def _grant(form: Mapping[str, str]) -> str:
    _need(form, "grant_type")
    grant = form["grant_type"]
    if grant not in _NEEDED:
        raise _InvalidForm(_WORDS["unsupported_grant_type"], "unsupported_grant_type")
    _need(form, *_NEEDED[grant])
    return grant


def _need(form: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if name not in form]
    if missing:
        raise _InvalidForm(f"{' and '.join(missing)} missing")


async def _form(request: Request) -> dict[str, str]:
    media_type_of(request, _FORM)
    body = await request.body()
    if len(body) > MAX_FORM:
        raise _InvalidForm("the form is too long")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise _InvalidForm("the form is not URL-encoded UTF-8") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _InvalidForm("a field is sent more than once")
    if any("\0" in value for value in form.values()):
        raise _InvalidForm("a field holds a NUL character")
    # RFC 6749, section 3.1: a field without a value counts as omitted.
    return {name: value for name, value in form.items() if value}


def _credentials(request: Request, form: Mapping[str, str]) -> Credentials | None:
    basic = [
        value for value in request.headers.getlist("authorization") if value[:6].lower() == "basic "
    ]
    offered = form.get("client_id"), form.get("client_secret")
    if not basic:
        return None if offered == (None, None) else Credentials(offered[0] or "", offered[1] or "")
    if len(basic) > 1 or offered[1] is not None:
        raise _InvalidForm("the client authenticates in more than one way")
    try:
        name, colon, secret = (
            b64decode(basic[0][6:].encode("ascii"), validate=True).decode("utf-8").partition(":")
        )
    except (binascii.Error, ValueError):
        raise _InvalidForm("the Authorization header cannot be read") from None
    # RFC 6749, section 2.3.1: both are URL-encoded before they are joined.
    credentials = Credentials(unquote_plus(name), unquote_plus(secret))
    if not colon or offered[0] not in (None, credentials.id):
        raise _InvalidForm("the Authorization header names another client, or none")
    # Tools that have no client configured send an empty one.
    return None if not credentials.id and not credentials.secret else credentials


def _error(error: OAuthErrorCode, words: str | None = None) -> Response:
    body = OAuthErrorOut(error=error, error_description=words or _WORDS[error])
    is_client = error == "invalid_client"
    headers = _NO_STORE | (
        {"WWW-Authenticate": 'Basic realm="token", charset="UTF-8"'} if is_client else {}
    )
    return Response(body.model_dump_json(), 401 if is_client else 400, headers, "application/json")


def _token_call(request: Request, identity: Identity, now: datetime, request_id: str) -> TokenCall:
    def record(session: Session, event: SignIn) -> None:
        # A function of `main`: the audit package lies above this one.
        request.app.state.record_sign_in(session, event, now, request_id)

    return TokenCall(
        identity,
        request.app.state.database,
        request.client.host if request.client else None,
        now,
        record,
    )
