"""Every operation but the public ones rejects an unauthenticated request before validation."""

import httpx
import sqlalchemy as sa
from sqlmodel import SQLModel

from tests.architecture.operations import (
    Operation,
    all_operations,
    documented_operations,
    served_routes,
)
from tests.service import Service

PUBLIC = {
    "issue_token": "authenticates the caller",
    "revoke_token": "the token is the proof",
    "list_signing_keys": "public keys",
    "check_alive": "operations",
    "check_ready": "operations",
    "read_metrics": "operations; can be bound elsewhere",
}
"""Operations without authentication, and why."""

HIDDEN = {
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/{name}"),
    ("GET", "/problems"),
    ("GET", "/problems/{code}"),
}
"""Routes outside the OpenAPI document. All are public."""

INVALID_CREDENTIALS: tuple[dict[str, str], ...] = (
    {},
    {"Authorization": "Bearer not-a-token"},
    {"Authorization": "Basic c3RhZmY6c2VjcmV0"},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
)
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"direction": "received"'),
    ("application/json", b'{"nonsense": NaN}'),
    ("application/json", b"[" * 5000),
    ("application/json", b""),
    ("application/xml", b"<facts/>"),
    ("text/plain", b"\xff\xfe"),
)


def is_public(operation: Operation) -> bool:
    return operation.id in PUBLIC or (operation.method, operation.path) in HIDDEN


async def counts(service: Service) -> dict[str, int]:
    async with service.database.reading() as session:
        return {
            name: int((await session.all(sa.select(sa.func.count()).select_from(table)))[0][0])
            for name, table in SQLModel.metadata.tables.items()
        }


async def test_the_document_shows_every_route(service: Service) -> None:
    shown = {(operation.method, operation.path) for operation in documented_operations(service.app)}
    assert len(shown) > 40
    assert shown <= served_routes(service.app)
    assert served_routes(service.app) - shown <= HIDDEN


async def test_an_unauthenticated_request_is_rejected_before_validation(service: Service) -> None:
    anonymous = await service.anonymous()
    guarded = [operation for operation in all_operations(service.app) if not is_public(operation)]
    assert len(guarded) > 35
    before = await counts(service)

    for operation in guarded:
        url = operation.url()
        replies = [
            await anonymous.request(operation.method, url, headers=headers)
            for headers in INVALID_CREDENTIALS
        ]
        replies.append(
            await anonymous.request(
                operation.method,
                url.replace(url.rsplit("/", 1)[1], "%00"),
                headers=INVALID_CREDENTIALS[1],
            )
        )
        if operation.method in {"POST", "PUT", "PATCH", "DELETE"}:
            replies += [
                await anonymous.request(
                    operation.method, operation.url(), content=body, headers={"Content-Type": media}
                )
                for media, body in BODIES
            ]
        for reply in replies:
            if reply.status_code == httpx.codes.NOT_FOUND and "%00" in str(reply.request.url):
                continue  # without its last part it is not a path of the service
            assert reply.status_code == httpx.codes.UNAUTHORIZED, (
                operation,
                reply.request.content,
                reply.text,
            )
            assert reply.headers["Content-Type"] == "application/problem+json", operation
            assert reply.headers["WWW-Authenticate"].startswith("Bearer"), operation
            assert reply.json()["code"] == "unauthenticated", operation

    assert await counts(service) == before


async def test_public_operations_need_no_token(service: Service) -> None:
    anonymous = await service.anonymous()
    public = [operation for operation in all_operations(service.app) if is_public(operation)]
    assert len(public) >= 7
    for operation in public:
        reply = await anonymous.request(operation.method, operation.url())
        assert reply.status_code not in {401, 403, 405, 500}, operation
