"""Entity tags and preconditions (RFC 9110, section 13)."""

import pytest
from starlette.requests import Request

from app.platform.preconditions import (
    IfMatch,
    PreconditionFailed,
    PreconditionRequired,
    etag_of,
    unchanged,
)

TAG = etag_of(3, "full")


def asking(value: str | None) -> Request:
    headers = [] if value is None else [(b"if-none-match", value.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


def test_a_tag_is_strong_and_quoted() -> None:
    assert TAG == '"3.full"'


@pytest.mark.parametrize("given", [TAG, "*", f'"0.full", {TAG}', f"  {TAG}  ", f'"x",{TAG},"y"'])
def test_the_current_entity_tag_matches(given: str) -> None:
    IfMatch(given).check(TAG)


@pytest.mark.parametrize(
    "given", ["", '"2.full"', f"W/{TAG}", TAG.strip('"'), TAG[:-1], f"{TAG}x", "**", TAG.upper()]
)
def test_another_entity_tag_fails(given: str) -> None:
    with pytest.raises(PreconditionFailed):
        IfMatch(given).check(TAG)


def test_a_missing_if_match_fails() -> None:
    with pytest.raises(PreconditionRequired):
        IfMatch(None).check(TAG)


@pytest.mark.parametrize("given", [TAG, f"W/{TAG}", "*", f'"0.full", {TAG}'])
def test_an_unchanged_resource_is_304(given: str) -> None:
    reply = unchanged(asking(given), TAG, {"Cache-Control": "public"})
    assert reply is not None
    assert (
        reply.status_code,
        reply.body,
        reply.headers["etag"],
        reply.headers["cache-control"],
    ) == (304, b"", TAG, "public")


@pytest.mark.parametrize("given", [None, "", '"2.full"', TAG.strip('"')])
def test_a_changed_resource_is_sent(given: str | None) -> None:
    assert unchanged(asking(given), TAG) is None
