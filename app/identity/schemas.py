"""Bodies and replies of sign-in. The names are those of OAuth 2.0."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.identity.model import Permission, Role

_ACCESS_TOKEN: Final = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IuKApiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiLigKYifQ.c2lnbmF0dXJl"  # noqa: S105 - an example
)
_REFRESH_TOKEN: Final = "Zr0m2hXoVb1tV5c3u0dJq8w7yKx4n6pLsTgAeRiUoYk"  # noqa: S105 - an example


MAX_FORM: Final = 16 * 1024
"""Bytes of a form, and so of each field."""

FormField = Annotated[str, Field(max_length=MAX_FORM)]


class TokenIn(BaseModel):
    """The form that the token endpoint takes (RFC 6749). Which fields are needed depends on
    `grant_type`; others are ignored.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "password",
                    "username": "dsl@school.example",
                    "password": "correct horse battery",
                }
            ]
        }
    )

    grant_type: Literal["password", "client_credentials", "refresh_token"] = Field(
        description="The OAuth 2.0 grant type."
    )
    username: FormField | None = Field(None, description="`password`: the account's email address.")
    password: FormField | None = Field(
        None,
        description="`password`: the account's password.",
        json_schema_extra={"format": "password"},
    )
    refresh_token: FormField | None = Field(
        None,
        description="`refresh_token`: the newest refresh token of the session; each works once.",
    )
    client_id: FormField | None = Field(
        None, description="The machine client's id, unless it is sent by HTTP Basic."
    )
    client_secret: FormField | None = Field(
        None,
        description="The machine client's secret, unless it is sent by HTTP Basic.",
        json_schema_extra={"format": "password"},
    )
    scope: FormField | None = Field(None, description="Ignored: permissions follow from the role.")


class RevocationIn(BaseModel):
    """The form that the revocation endpoint takes (RFC 7009)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"token": _REFRESH_TOKEN, "token_type_hint": "refresh_token"}]
        }
    )

    token: FormField = Field(description="An access or refresh token of the session to end.")
    token_type_hint: FormField | None = Field(
        None, description="`access_token` or `refresh_token`; not needed."
    )
    client_id: FormField | None = Field(
        None, description="The machine client's id, unless it is sent by HTTP Basic."
    )
    client_secret: FormField | None = Field(
        None,
        description="The machine client's secret, unless it is sent by HTTP Basic.",
        json_schema_extra={"format": "password"},
    )


class TokenOut(BaseModel):
    """Tokens (RFC 6749, section 5.1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": _ACCESS_TOKEN,
                    "token_type": "Bearer",
                    "expires_in": 900,
                    "refresh_token": _REFRESH_TOKEN,
                }
            ]
        }
    )

    access_token: str = Field(
        description=(
            "Send it as `Authorization: Bearer …`. A JWT (RFC 9068); its content may change without"
            " notice."
        )
    )
    token_type: Literal["Bearer"] = Field(description="Always `Bearer`.")
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[900])
    refresh_token: str | None = Field(
        None,
        description=(
            "Exchange it once for new tokens; absent for machine clients. Using one twice ends the"
            " session."
        ),
    )


OAuthErrorCode = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
]


class OAuthErrorOut(BaseModel):
    """Why no token was given (RFC 6749, section 5.2)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": "invalid_grant",
                    "error_description": "the username or password is not right",
                }
            ]
        }
    )

    error: OAuthErrorCode = Field(description="Stable code.")
    error_description: str = Field(description="What is wrong, for people to read.")


class JwkOut(BaseModel):
    """One public key (RFC 7517): P-256, for ES256."""

    kty: Literal["EC"] = Field(description="Key type.")
    crv: Literal["P-256"] = Field(description="Curve.")
    x: str = Field(
        description="X coordinate, base64url.",
        examples=["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"],
    )
    y: str = Field(
        description="Y coordinate, base64url.",
        examples=["x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"],
    )
    kid: str = Field(
        description="The key's RFC 7638 thumbprint.",
        examples=["oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"],
    )
    alg: Literal["ES256"] = Field(description="The only algorithm it is used with.")
    use: Literal["sig"] = Field(description="Signatures only.")


class JwksOut(BaseModel):
    """The keys that access tokens are signed with: the current one first, then the previous one."""

    keys: list[JwkOut] = Field(description="Public keys.")


class MeOut(BaseModel):
    """The account or machine client of the caller."""

    subject: UUID = Field(
        description="The account's or machine client's id, as in the token's `sub`."
    )
    role: Role = Field(description="The role as stored now, not as in the token.")
    school: Annotated[str, Field(pattern=r"^[0-9]{6}$")] = Field(
        description="The school's URN.", examples=["123456"]
    )
    permissions: list[Permission] = Field(description="The permissions of the role, sorted.")
