"""The operator's settings, read from environment variables `SHARING_*` or from files. An unknown
variable `SHARING_*` stops the start.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kernel.errors import Kind, ServiceError

PREFIX: Final = "SHARING_"

Urn = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
"""A school's Unique Reference Number: six digits."""


class InvalidSettings(ServiceError):
    """A setting is unknown or has an invalid value; the detail names it and says what to do."""

    kind = Kind.INTERNAL
    code = "invalid-settings"
    title = "Invalid settings"


class IssuerSettings(BaseModel):
    """An external OpenID Connect issuer whose access tokens are accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(
        description="The issuer's identifier, an https URL; discovery starts from it."
    )
    audience: str = Field(description="The required `aud` of a token.")
    role_claim: str = Field("role", description="The claim that contains the role.")
    role_map: dict[str, Literal["staff", "dsl", "ig_lead", "integration"]] = Field(
        description="The role for each value of the claim."
    )
    school: Urn | None = Field(
        None,
        description="The school of all users of this issuer; empty: read from `school_claim`.",
    )
    school_claim: str = Field(
        "school", description="The claim with the school's URN, used when `school` is empty."
    )
    token_type: str = Field("at+jwt", description="The required `typ` of a token.")


class Settings(BaseSettings):
    """The operator's settings. Each field is one variable: `data_dir` is `SHARING_DATA_DIR`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    data_dir: Path = Field(
        Path("data"),
        description="Folder for the SQLite file `sharing.db`, `keys/` and `checkpoints/`.",
    )
    database_url: str = Field(
        "",
        description="PostgreSQL URL (`postgresql://…`). Empty: SQLite in the data folder.",
        repr=False,
    )
    database_pool: int = Field(
        5,
        ge=1,
        le=100,
        description=(
            "Size of the connection pool of each process, without the connections for batches."
        ),
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description=(
            "Public address of the service. It is the issuer of tokens, and its host is part"
            " of the audit log's origin."
        ),
    )
    school: Urn = Field(
        "123456", description="URN of the school that new accounts belong to by default."
    )
    keys_required: bool = Field(
        default=False,
        description="Refuse to start without keys in `keys/`, instead of creating them.",
    )
    embedded_worker: bool = Field(
        default=True,
        description=(
            "Seal the audit log, send e-mail and clean up in the serving process. Set to"
            " `false` when `worker` runs."
        ),
    )
    issuers: tuple[IssuerSettings, ...] = Field((), description="External OpenID Connect issuers.")
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins of browser front ends that may call the service."
    )
    allowed_hosts: tuple[str, ...] = Field(
        (),
        description=(
            "Host names that the service accepts, besides `127.0.0.1` and `localhost`. Empty: any."
        ),
    )
    smtp_url: str = Field(
        "",
        description=(
            "`smtp://user:password@host:port` or `smtps://…` for e-mail to the DSL. Empty: no"
            " e-mail is sent."
        ),
        repr=False,
    )
    mail_from: str = Field(
        "information-sharing@school.example", description="Sender of the e-mail."
    )
    mail_dsl: str = Field("", description="E-mail address of the DSL.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level of log lines: `debug`, `info`, `warning` or `error`."
    )
    docs: bool = Field(default=True, description="Serve `/docs`, `/problems` and `/openapi.json`.")
    metrics: bool = Field(default=True, description="Serve `/metrics`.")

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must be an http or https URL")
        return value.rstrip("/")

    @property
    def sqlite_file(self) -> Path:
        """The file of the embedded database."""
        return self.data_dir / "sharing.db"

    @property
    def keys_dir(self) -> Path:
        """The folder of the private keys, one PEM file each, mode 0600."""
        return self.data_dir / "keys"

    @property
    def checkpoints_dir(self) -> Path:
        """The folder in which signed checkpoints of the audit log are published."""
        return self.data_dir / "checkpoints"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from the environment and from files in `SHARING_SECRETS_DIR`. Raises
    `InvalidSettings`, which lists every fault.
    """
    environ = os.environ if environ is None else environ
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {f"{PREFIX}SECRETS_DIR"}
    faults = []
    for name in sorted(
        n for n in environ if n.upper().startswith(PREFIX) and n.upper() not in known
    ):
        close = difflib.get_close_matches(name.upper(), known, n=1)
        faults.append(f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else ""))
    if faults:
        raise InvalidSettings("; ".join(faults))
    secrets_dir = environ.get(f"{PREFIX}SECRETS_DIR")
    if secrets_dir and not Path(secrets_dir).is_dir():
        raise InvalidSettings(f"{PREFIX}SECRETS_DIR is not a folder")
    try:
        return Settings(_secrets_dir=secrets_dir or None)
    except ValueError as error:
        raise InvalidSettings(_faults_of(error)) from None


def _faults_of(error: ValueError) -> str:
    listed = getattr(error, "errors", None)
    if listed is None:
        return "a setting that is a list or an object must be JSON"
    return "; ".join(
        f"{PREFIX}{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg'].lower()}"
        for fault in listed()
    )
