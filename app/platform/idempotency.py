"""Idempotent requests: the reply to an `Idempotency-Key` is stored in the transaction of its
change, and a repeated request gets the stored reply.
"""

import functools
import hashlib
import inspect
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
from fastapi import Depends, Header, Request
from sqlmodel import Field, SQLModel
from starlette.responses import Response

from app.kernel import canonical
from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.db import RowTaken, Session
from app.platform.types import Instant
from app.platform.web import call_of

RETENTION: Final = timedelta(hours=48)
_REQUEST: Final = re.compile(r"/v1/sharing-requests/([0-9a-f-]{36})(?:/|$)")


class IdempotencyRow(SQLModel, table=True):
    """A stored reply to one caller on one route."""

    __tablename__ = "idempotency"

    school: str = Field(primary_key=True)
    caller: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    route: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: bytes = Field(sa_type=sa.LargeBinary)
    status: int
    headers: str
    body: str
    request: UUID | None = Field(sa_type=sa.Uuid)
    made_at: datetime = Field(sa_type=Instant)
    used_at: datetime = Field(sa_type=Instant)


TABLE: Final[sa.Table] = IdempotencyRow.__table__  # type: ignore[attr-defined]


class IdempotencyKeyReused(ServiceError):
    """The key was used before with another body."""

    kind = Kind.INVALID
    code = "idempotency-key-reused"
    title = "Idempotency-Key already used"

    def __init__(self) -> None:
        super().__init__(
            "send a new key for a new request; to repeat a request, send the same body",
            faults=(
                Fault(
                    "/header/idempotency-key",
                    "used before with another body",
                    "idempotency-key-reused",
                ),
            ),
        )


class RequestInProgress(ServiceError):
    """The same call is still being worked on."""

    kind = Kind.CONFLICT
    code = "request-in-progress"
    title = "Request in progress"

    def __init__(self) -> None:
        super().__init__(
            "an identical request is still running; wait a second and send it again with the"
            " same key",
            headers={"Retry-After": "1"},
        )


class Caller(Protocol):
    """The authenticated actor who sends the key."""

    @property
    def id(self) -> UUID: ...

    @property
    def school(self) -> str: ...


class Once:
    """Does the work of a call at most once for its key."""

    def __init__(self, request: Request, key: str | None) -> None:
        call = call_of(request)
        self._request = request
        self._session = call.session
        self._now = call.now
        self._key = key

    async def __call__(
        self,
        work: Callable[[], Awaitable[Response]],
        *,
        only_adds: bool = False,
    ) -> Response:
        """Give the stored reply of an earlier call, or do the work and store its reply.

        Work that `only_adds` rows is done before the look-up of an earlier call: if there was one,
        none of its rows are written. Raises `IdempotencyKeyReused` and `RequestInProgress`.
        """
        if self._key is None:
            return await work()
        caller: Caller = self._request.state.actor
        route = f"{self._request.method} {self._request.url.path}"
        request_hash = await self._hash()
        hopeful = only_adds and self._session.dialect == "postgresql"
        if not hopeful:
            await self._take_turns(caller, route)
            stored = await self._find(caller, route)
            if stored is not None:
                return await self._again(caller, route, stored, request_hash)
        reply = await work()
        row = {
            "school": caller.school,
            "caller": caller.id,
            "route": route,
            "key": self._key,
            "request_hash": request_hash,
            "status": reply.status_code,
            "headers": "\n".join(
                f"{name}: {value}"
                for name, value in reply.headers.items()
                if name != "content-length"
            ),
            "body": bytes(reply.body).decode(),
            "request": _request_of(reply),
            "made_at": self._now,
            "used_at": self._now,
        }
        self._session.add(TABLE, row)
        try:
            await self._session.settle()
        except RowTaken as taken:
            if taken.table != TABLE.name:
                raise
            stored = await self._find(caller, route) if hopeful else None
            if stored is None:
                raise RequestInProgress from taken
            return await self._again(caller, route, stored, request_hash)
        return reply

    async def _hash(self) -> bytes:
        """What the body says, in whatever order and spacing; a body that is not JSON, byte for
        byte.
        """
        parsed = getattr(self._request.state, "parsed", None)
        said = (
            await self._request.body()
            if parsed is None
            else canonical.to_sorted_json(parsed).encode()
        )
        return hashlib.sha256(said).digest()

    async def _take_turns(self, caller: Caller, route: str) -> None:
        # SQLite has one writer at a time, so there an earlier call with the key has ended by now.
        if self._session.dialect == "postgresql":
            await self._session.begin()
            name = f"{caller.id}|{route}|{self._key}"
            found = await self._session.first(
                sa.select(
                    sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(name, 0)).label(
                        "got"
                    )
                )
            )
            if found is None or not found.got:
                raise RequestInProgress

    async def _find(self, caller: Caller, route: str) -> sa.Row[tuple[object, ...]] | None:
        return await self._session.first(sa.select(TABLE).where(*self._same_call(caller, route)))

    def _same_call(self, caller: Caller, route: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            TABLE.c.school == caller.school,
            TABLE.c.caller == caller.id,
            TABLE.c.route == route,
            TABLE.c.key == self._key,
        )

    async def _again(
        self, caller: Caller, route: str, stored: sa.Row[tuple[object, ...]], request_hash: bytes
    ) -> Response:
        if stored.request_hash != request_hash:
            raise IdempotencyKeyReused
        return await self._replay(caller, route, stored)

    async def _replay(
        self, caller: Caller, route: str, stored: sa.Row[tuple[object, ...]]
    ) -> Response:
        # Writing makes this commit wait for the standby as the first one did, so that a replay
        # never acknowledges what a failover can lose.
        await self._session.execute(
            sa.update(TABLE).where(*self._same_call(caller, route)).values(used_at=self._now)
        )
        headers = dict(line.split(": ", 1) for line in stored.headers.splitlines())
        return Response(stored.body, stored.status, headers | {"Idempotency-Replayed": "true"})


def _request_of(reply: Response) -> UUID | None:
    """The id of the sharing request in the reply's `Location`, also in that of a child resource."""
    found = _REQUEST.match(reply.headers.get("location", ""))
    return UUID(found[1]) if found else None


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description=(
                "Makes the call safe to repeat: the same key with the same body gives the first"
                " reply again."
            ),
        ),
    ] = None,
) -> Once:
    return Once(request, idempotency_key)


Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])


def idempotent(*, only_adds: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Decorate an endpoint so that it does its work at most once per `Idempotency-Key`.

    The header becomes a parameter of the operation. An endpoint that `only_adds` rows (it neither
    locks nor changes any) is cheaper on PostgreSQL; see `Once`.
    """

    def decorate(endpoint: Endpoint) -> Endpoint:
        signature = inspect.signature(endpoint)
        once = inspect.Parameter(
            "once", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Once, Depends(_once)]
        )

        @functools.wraps(endpoint)
        async def answered(*, once: Once, **arguments: object) -> Response:
            return await once(functools.partial(endpoint, **arguments), only_adds=only_adds)

        parameters = [*signature.parameters.values(), once]
        answered.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return cast("Endpoint", answered)

    return decorate


async def purge(session: Session, now: datetime) -> int:
    """Delete the replies whose retention has ended since their last use; returns their number."""
    return await session.execute(sa.delete(TABLE).where(TABLE.c.used_at < now - RETENTION))


async def forget(session: Session, school: str, request: UUID) -> int:
    """Destroy the stored replies that describe one sharing request; gives how many."""
    return await session.execute(
        sa.delete(TABLE).where(TABLE.c.school == school, TABLE.c.request == request)
    )
