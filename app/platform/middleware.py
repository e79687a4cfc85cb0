"""ASGI middleware around every request: request id, security headers, one log line, Prometheus
metrics, the reply to an unexpected error, and HEAD.
"""

import re
import secrets
import time
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.problems import reply_to_unexpected

_ACCEPTED_ID: Final = re.compile(rb"^[A-Za-z0-9._:-]{1,64}$")

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
_CSP: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NO_STORE: Final = (b"cache-control", b"no-store")


class Metrics:
    """The metrics that `/metrics` shows. Each application has its own registry, so that a process
    can have several.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "sharing_http_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "sharing_http_request_seconds",
            "Seconds from the first byte in to the last byte out.",
            ["method", "route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.unsealed = Gauge(
            "sharing_audit_unsealed_entries",
            "Audit entries that are not sealed yet.",
            registry=self.registry,
        )
        self.seal_refused = Gauge(
            "sharing_audit_seal_refused",
            "1 when the sealer has stopped.",
            registry=self.registry,
        )

    def text(self) -> tuple[bytes, str]:
        """The metrics in the text format, and its media type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class RequestMiddleware:
    """Gives each request an id, logs and counts it, and adds security headers to its reply.

    Plain ASGI, because the framework's base class for middleware costs a tenth of the throughput.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given if _ACCEPTED_ID.match(given) else secrets.token_hex(16).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        started = time.perf_counter()
        status: int | None = None

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                names = {name.lower() for name, _ in headers}
                headers.append((b"x-request-id", request_id))
                headers.extend(_HEADERS)
                headers.extend(pair for pair in (_CSP, _NO_STORE) if pair[0] not in names)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            reply = reply_to_unexpected(error, request_id.decode())
            if status is None:
                await reply(scope, receive, sending)
            raise
        finally:
            status = status or 500
            seconds = time.perf_counter() - started
            route = _route_of(scope)
            self._metrics.requests.labels(scope["method"], route, str(status)).inc()
            self._metrics.seconds.labels(scope["method"], route).observe(seconds)
            self._log.info(
                "request.served",
                request_id=request_id.decode(),
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )


class HeadAsGet:
    """Answers HEAD as GET without the body (RFC 9110, section 9.3.2). Pure ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


def _route_of(scope: Scope) -> str:
    """The path of the matched route with its placeholders, never with the values."""
    effective = scope.get("fastapi", {}).get("effective_route_context")
    matched = getattr(effective, "path_format", None) or getattr(scope.get("route"), "path", None)
    return str(matched or "unmatched")
