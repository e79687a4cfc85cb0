"""Strong entity tags and the preconditions on them (RFC 9110, section 13), so that no client
overwrites a change that it has not read.
"""

from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from starlette.responses import Response

from app.kernel.errors import Kind, ServiceError

LONGEST_TAGS: Final = 8192
"""Characters of a list of entity tags."""


class PreconditionRequired(ServiceError):
    """An operation that changes a resource was called without `If-Match`."""

    kind = Kind.PRECONDITION_REQUIRED
    code = "precondition-required"
    title = "If-Match header required"

    def __init__(self) -> None:
        super().__init__("send If-Match with the ETag of the resource")


class PreconditionFailed(ServiceError):
    """The resource changed after the client read it."""

    kind = Kind.STALE
    code = "precondition-failed"
    title = "Resource changed since it was read"

    def __init__(self) -> None:
        super().__init__(
            "read the resource again, look at what changed, and send If-Match with the new ETag"
        )


class IfMatch:
    """The client's `If-Match`; `check` compares it with the entity tag of the stored version."""

    def __init__(self, given: str | None) -> None:
        self._given = given

    def check(self, etag: str) -> None:
        """Raise `PreconditionRequired` without the header, and `PreconditionFailed` unless it
        contains `etag` or is `*`.
        """
        if self._given is None:
            raise PreconditionRequired
        tags = [tag.strip() for tag in self._given.split(",")]
        if "*" not in tags and etag not in tags:
            raise PreconditionFailed

    def check_if_given(self, etag: str) -> None:
        """As `check`, but optional: for a resource that is identified by its content."""
        if self._given is not None:
            self.check(etag)


async def _if_match(
    if_match: Annotated[
        str | None, Header(max_length=LONGEST_TAGS, description="The ETag of what was read.")
    ] = None,
) -> IfMatch:
    return IfMatch(if_match)


IfMatchDep = Annotated[IfMatch, Depends(_if_match)]
"""The precondition of operations that change a resource."""


def etag_of(*parts: object) -> str:
    """A strong entity tag made of the parts of a version."""
    return '"' + ".".join(str(part) for part in parts) + '"'


def header(name: str) -> dict[str, str]:
    """The OpenAPI header of that name; `app.openapi` describes each once."""
    return {"$ref": f"#/components/headers/{name}"}


def sends(*names: str, status: int = 201) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI `responses` of an operation: the headers that its reply of that status
    carries.
    """
    return {status: {"headers": {name: header(name) for name in names}}}


CREATED: Final = sends("ETag", "Location")
"""For the OpenAPI `responses` of an operation that creates a resource, or adds to one."""

UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Unchanged since the ETag in `If-None-Match`; there is no body."}
}
"""OpenAPI `responses` of an operation that uses `unchanged`; `app.openapi` adds both headers."""


def unchanged(
    request: Request, etag: str, headers: dict[str, str] | None = None
) -> Response | None:
    """A reply with status 304 if `If-None-Match` contains the entity tag or is `*`, else None. The
    comparison is weak (RFC 9110, section 13.1.2).
    """
    given = request.headers.get("if-none-match")
    if given is None:
        return None
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    if etag in tags or "*" in tags:
        return Response(status_code=304, headers={"ETag": etag, **(headers or {})})
    return None
