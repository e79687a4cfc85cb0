"""Which of the media types an operation offers the caller likes best (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from app.kernel.errors import Kind, ServiceError


class NotAcceptable(ServiceError):
    """No media type that the caller accepts is one that the operation gives."""

    kind = Kind.NOT_ACCEPTABLE
    code = "not-acceptable"
    title = "No acceptable media type"


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The offered type with the highest quality; of equals, the one offered first. A caller without
    `Accept` takes anything.

    Raises `NotAcceptable` with what is offered. A range that cannot be read counts as absent.
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
    wide = media.partition("/")[0] + "/*"
    for wanted in (media, wide, "*/*"):
        for given, quality in ranges:
            if given == wanted:
                return quality
    return 0.0
