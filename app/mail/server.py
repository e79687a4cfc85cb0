"""Read the URL of the mail server and hand messages in to it. The functions block: call them in a
thread.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from app.platform.settings import InvalidSettings

PATIENCE_S: Final = 15
_PORTS: Final = {"smtp": 587, "smtps": 465}


class PasswordInTheClear(smtplib.SMTPException):
    """The server offers no encryption, so the password would be sent unprotected."""


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a mail server and the credentials for it."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> "Server":
        """Read `smtp://user:password@host:port` (with STARTTLS if offered) or `smtps://…`; raises
        `InvalidSettings`.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        known = parts.scheme in _PORTS and parts.hostname and port != -1
        if not known or parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise InvalidSettings(
                "SHARING_SMTP_URL must be smtp://host:port or smtps://host:port, with"
                " user:password@ before the host"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(
            str(parts.hostname),
            port or _PORTS[parts.scheme],
            parts.scheme == "smtps",
            user,
            password,
        )

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that no password leaves it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"


def deliver(
    server: Server, messages: Sequence[EmailMessage], trust: ssl.SSLContext | None = None
) -> list[str | None]:
    """Hand in each message; gives None for an accepted message, otherwise the kind of failure or an
    SMTP code, which reveal nothing about a person.
    """
    outcome: list[str | None] = []
    try:
        with _connected(server, trust or ssl.create_default_context()) as connection:
            for message in messages:
                outcome.append(_hand_in(connection, message))  # noqa: PERF401 - messages before a failure were accepted
    except (smtplib.SMTPException, OSError) as error:
        outcome += [_why(error)] * (len(messages) - len(outcome))
    return outcome


def _connected(server: Server, trust: ssl.SSLContext) -> smtplib.SMTP:
    connection = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE_S, context=trust)
        if server.tls
        else smtplib.SMTP(server.host, server.port, timeout=PATIENCE_S)
    )
    try:
        _sign_in(connection, server, trust)
    except BaseException:
        connection.close()
        raise
    return connection


def _sign_in(connection: smtplib.SMTP, server: Server, trust: ssl.SSLContext) -> None:
    connection.ehlo()
    if not server.tls and connection.has_extn("starttls"):
        connection.starttls(context=trust)
        connection.ehlo()
    elif not server.tls and server.user and not server.is_local:
        raise PasswordInTheClear
    if server.user:
        connection.login(server.user, server.password)


def _hand_in(connection: smtplib.SMTP, message: EmailMessage) -> str | None:
    try:
        connection.send_message(message)
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        return _why(error)
    return None


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"recipient refused {' '.join(str(code) for code in codes)}"
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
