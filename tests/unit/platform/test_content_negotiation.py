"""The choice of the media type by the header `Accept`."""

import pytest

from app.platform.content_negotiation import NotAcceptable, choose

OFFERED = ("application/json", "text/html", "application/pdf")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML; charset=utf-8", "text/html"),
        ("text/*", "text/html"),
        ("application/pdf, application/json;q=0.5", "application/pdf"),
        ("application/json;q=0, */*;q=0.1", "text/html"),
        ("text/html;q=0.4, application/*;q=0.5, application/json;q=0.1", "application/pdf"),
        ("image/png, text/html;q=0.001", "text/html"),
        ("text/html;q=high, application/pdf", "application/pdf"),
    ],
)
def test_the_type_with_the_highest_quality_is_chosen(accept: str | None, chosen: str) -> None:
    assert choose(accept, OFFERED) == chosen


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", ",", "nonsense", "text/html;q=2"])
def test_an_unacceptable_type_is_rejected_with_the_offered_ones(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="application/pdf"):
        choose(accept, OFFERED)
