"""Bounds what a caller may send. A body is counted as it arrives, whatever the headers say; its
refusal is a problem like any other.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.errors import Kind, ServiceError

MAX_BODY: Final = 256 * 1024
_MOST_DIGITS: Final = 18


class BodyTooLarge(ServiceError):
    """The body is larger than anything that the service has a use for."""

    kind = Kind.TOO_LARGE
    code = "body-too-large"
    title = "Request body too large"

    def __init__(self) -> None:
        # What is not read any more cannot be told from the next request on the connection.
        super().__init__(headers={"Connection": "close"})


class BodyLimit:
    """Stops reading a body at the limit: whoever reads it is given `BodyTooLarge`. The framework's
    own limit answers in plain text.
    """

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        # An absurd number of digits is counted by its length: no integer is made of it.
        hopeless = announced.isdecimal() and (
            len(announced) > _MOST_DIGITS or int(announced) > self._most
        )
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            if hopeless or taken > self._most:
                raise BodyTooLarge
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise BodyTooLarge
            return message

        await self._app(scope, receiving, send)
