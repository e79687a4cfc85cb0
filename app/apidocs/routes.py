"""Serves the documentation page and its files. Law: a closed list of files, and a policy that runs
no script but them.
"""

from pathlib import Path as File
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import FileResponse, Response

from app.kernel.errors import Kind, ServiceError

ASSETS: Final = File(__file__).parent / "assets"

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

router = APIRouter(include_in_schema=False)


class PageNotFound(ServiceError):
    """The page has no such file."""

    kind = Kind.NOT_FOUND
    code = "not-found"
    title = "Not found"


@router.get("/docs")
async def read_documentation() -> Response:
    """The documentation page."""
    return FileResponse(
        ASSETS / "index.html", media_type="text/html", headers={"Content-Security-Policy": CSP}
    )


@router.get("/docs/{name}")
async def read_documentation_file(name: Annotated[str, Path()]) -> Response:
    """A file of the page."""
    if name not in TYPES:
        raise PageNotFound
    return FileResponse(
        ASSETS / name, media_type=TYPES[name], headers={"Cache-Control": "public, max-age=86400"}
    )
