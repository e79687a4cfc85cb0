"""Limits the size of request bodies. The bytes are counted as they arrive, whatever the headers
say, and a body that is too large is answered with a problem document.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.errors import Kind, ServiceError

MAX_BODY: Final = 256 * 1024
_MOST_DIGITS: Final = 18


class BodyTooLarge(ServiceError):
    """The body is larger than the limit."""

    kind = Kind.TOO_LARGE
    code = "body-too-large"
    title = "Request body too large"

    def __init__(self) -> None:
        # The rest of the body is not read, so the connection cannot carry another request.
        super().__init__(
            "the limit is 256 KiB; send less in one request", headers={"Connection": "close"}
        )


class BodyLimit:
    """ASGI middleware that raises `BodyTooLarge` to the reader of a body at the limit. The
    framework's own limit replies in plain text.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        # A number with too many digits is not converted: that would take too long.
        too_large = announced.isdecimal() and (
            len(announced) > _MOST_DIGITS or int(announced) > self._limit
        )
        received = 0

        async def receiving() -> Message:
            nonlocal received
            if too_large or received > self._limit:
                raise BodyTooLarge
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge
            return message

        await self._app(scope, receiving, send)
