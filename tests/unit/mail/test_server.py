"""Messages are handed in to a mail server on the loopback interface."""

import contextlib
import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.mail.server import Server, deliver
from app.platform.settings import InvalidSettings


class Inbox:
    """Stores the messages that it receives; `answer` is its reply to each."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.mail: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.mail.append(envelope)
        return self.answer


@contextlib.contextmanager
def mail_server(handler: Inbox, **options: Any) -> Iterator[int]:
    """Run a mail server; gives its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "a@school.example",
        "dsl@school.example",
        "A notice",
    )
    message.set_content("Something waits.")
    return message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.school.example")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    return file


def offered(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusted(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def only_the_school(
    _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (
        b"school",
        b"p@ss:word",
    )
    return AuthResult(success=right)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587, tls=False)),
        ("smtps://mail.example", Server("mail.example", 465, tls=True)),
        (
            "smtp://school:p%40ss%3Aword@mail.example:25",
            Server("mail.example", 25, False, "school", "p@ss:word"),
        ),
    ],
)
def test_a_url_names_the_server(url: str, server: Server):
    assert Server.of(url) == server
    assert "word" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:x",
        "smtp://mail.example/inbox",
    ],
)
def test_an_invalid_url_is_refused_without_repeating_it(url: str):
    with pytest.raises(InvalidSettings) as refused:
        Server.of(url)
    assert "inbox" not in str(refused.value)


def test_messages_are_delivered():
    inbox = Inbox()
    with mail_server(inbox) as port:
        assert deliver(Server("127.0.0.1", port, tls=False), [a_message(), a_message()]) == [
            None,
            None,
        ]
    assert [envelope.rcpt_tos for envelope in inbox.mail] == [["dsl@school.example"]] * 2


def test_encryption_is_used_if_offered_and_certificates_are_checked(certificate: Path):
    inbox = Inbox()
    with mail_server(inbox, tls_context=offered(certificate), require_starttls=True) as port:
        server = Server("127.0.0.1", port, tls=False)
        assert deliver(server, [a_message()], trusted(certificate)) == [None]
        assert deliver(server, [a_message()]) == ["SSLCertVerificationError"]
    assert len(inbox.mail) == 1


def test_a_password_is_sent_over_tls(certificate: Path):
    inbox = Inbox()
    options = {
        "authenticator": only_the_school,
        "auth_required": True,
        "tls_context": offered(certificate),
    }
    with mail_server(inbox, **options) as port:
        right = Server("127.0.0.1", port, False, "school", "p@ss:word")
        wrong = Server("127.0.0.1", port, False, "school", "guess")
        assert deliver(right, [a_message()], trusted(certificate)) == [None]
        assert deliver(wrong, [a_message()], trusted(certificate)) != [None]
    assert len(inbox.mail) == 1


def test_implicit_tls(certificate: Path):
    inbox = Inbox()
    with mail_server(inbox, ssl_context=offered(certificate)) as port:
        # aiosmtpd's own check of its start speaks no TLS with a certificate that it does not know.
        assert deliver(
            Server("127.0.0.1", port, tls=True), [a_message()], trusted(certificate)
        ) == [None]
    assert len(inbox.mail) == 1


def test_no_password_is_sent_unencrypted():
    inbox = Inbox()
    with mail_server(inbox, authenticator=only_the_school, auth_require_tls=False) as port:
        # This address leads here as well, and is none that stands for this machine alone.
        elsewhere, here = (
            Server(host, port, False, "school", "p@ss:word")
            for host in ("0.0.0.0", "127.0.0.1")  # noqa: S104
        )
        assert deliver(elsewhere, [a_message()]) == ["PasswordInTheClear"]
        assert deliver(here, [a_message()]) == [None]
    assert len(inbox.mail) == 1


@pytest.mark.parametrize("answer", ["451 later", "550 no"])
def test_a_refusal_is_reported_by_its_code(answer: str):
    with mail_server(Inbox(answer)) as port:
        assert deliver(Server("127.0.0.1", port, tls=False), [a_message()]) == [
            f"SMTPDataError {answer[:3]}"
        ]


def test_an_unreachable_server_is_reported_for_every_message():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    assert (
        deliver(Server("127.0.0.1", port, tls=False), [a_message(), a_message()])
        == ["ConnectionRefusedError"] * 2
    )
