"""Chooses the media type of a reply from the header `Accept` (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from app.kernel.errors import Kind, ServiceError


class NotAcceptable(ServiceError):
    """The client accepts none of the media types that the operation offers."""

    kind = Kind.NOT_ACCEPTABLE
    code = "not-acceptable"
    title = "No acceptable media type"


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The offered media type with the highest quality; the first of equal ones, and without
    `Accept`.

    A range that cannot be parsed is ignored. Raises `NotAcceptable`, which lists the offered types.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [found for part in accept.split(",") if (found := _range(part)) is not None]
    best = max(offered, key=lambda media: _quality(media, ranges))
    if _quality(best, ranges) <= 0:
        raise NotAcceptable(f"ask for one of: {', '.join(offered)}")
    return best


def _range(part: str) -> tuple[str, float] | None:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
    return (media, quality) if media.count("/") == 1 and 0 <= quality <= 1 else None


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    subtypes = media.partition("/")[0] + "/*"
    for pattern in (media, subtypes, "*/*"):
        for accepted, quality in ranges:
            if accepted == pattern:
                return quality
    return 0.0
