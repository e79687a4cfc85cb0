"""An OpenID provider on the loopback interface. A test sets what it publishes, and it records the
requests.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app.identity.keys import base64url

DISCOVERY = "/.well-known/openid-configuration"


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    n, e = (
        base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        for value in (numbers.n, numbers.e)
    )
    return {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": n, "e": e}


def sign_token(
    key: rsa.RSAPrivateKey, kid: str, claims: dict[str, Any], typ: str = "at+jwt"
) -> str:
    header = {"alg": "RS256", "kid": kid, "typ": typ}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{base64url(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Provider:
    """The replies of the provider by path: status, headers and body."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.patience = threading.Event()
        self.is_slow = False

    def answer(self, path: str, document: object, status: int = 200, **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers[path] = (
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
            body,
        )

    def publish(self, *keys: dict[str, Any], **headers: str) -> None:
        self.answer(DISCOVERY, {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"})
        self.answer("/jwks", {"keys": list(keys)}, 200, **headers)


@contextlib.contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider during the block."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(self.path)
            if running.is_slow:
                running.patience.wait(30)
            status, headers, body = running.answers.get(self.path, (404, {}, b""))
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    running = Provider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        running.patience.set()
        server.shutdown()
        thread.join()
        server.server_close()
