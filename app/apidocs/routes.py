"""Serves the page of the API and the pages of error codes.

Invariant: only the files listed in `TYPES` are served, and only these scripts can run.
"""

from pathlib import Path as File
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import FileResponse, HTMLResponse, Response

from app.apidocs import errors_page
from app.kernel.errors import Kind, ServiceError
from app.platform.documents import html

ASSETS: Final = File(__file__).parent / "assets"
ERRORS: Final = File(__file__).parents[2] / "docs" / "errors.md"

TYPES: Final = MappingProxyType(
    {
        "swagger-ui.css": "text/css",
        "swagger-ui-bundle.js": "text/javascript",
        "init.js": "text/javascript",
        "favicon-32x32.png": "image/png",
    }
)

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SOURCE_MISSING: Final = "docs/errors.md is not part of this installation"

router = APIRouter(include_in_schema=False)


class PageNotFound(ServiceError):
    """The documentation has no such page or file."""

    kind = Kind.NOT_FOUND
    code = "not-found"
    title = "Not found"


@router.get("/docs")
async def read_api_page() -> Response:
    """The page of the API."""
    return FileResponse(
        ASSETS / "index.html", media_type="text/html", headers={"Content-Security-Policy": CSP}
    )


@router.get("/docs/{name}")
async def read_api_page_file(name: Annotated[str, Path()]) -> Response:
    """A file of the page of the API."""
    if name not in TYPES:
        raise PageNotFound
    return FileResponse(
        ASSETS / name, media_type=TYPES[name], headers={"Cache-Control": "public, max-age=86400"}
    )


@router.get("/problems")
async def read_errors_page() -> Response:
    """The page of all error codes."""
    try:
        return _html(errors_page.all_codes(ERRORS))
    except FileNotFoundError as error:
        raise PageNotFound(SOURCE_MISSING) from error


@router.get("/problems/{code}")
async def read_error_page(code: Annotated[str, Path()]) -> Response:
    """The page of one error code: the address in `type` of a problem document."""
    try:
        return _html(errors_page.one_code(ERRORS, code))
    except KeyError as error:
        raise PageNotFound("the service has no such error code; /problems lists all") from error
    except FileNotFoundError as error:
        raise PageNotFound(SOURCE_MISSING) from error


def _html(text: str) -> Response:
    return HTMLResponse(text, headers={"Content-Security-Policy": html.CSP})
