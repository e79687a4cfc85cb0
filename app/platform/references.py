"""References as callers send them, in bodies, paths and queries alike: brought into the one form in
which they are kept.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from app.kernel import references


def _one_form(text: str) -> str:
    reference = references.one_form(text)
    if not reference.isprintable():
        raise PydanticCustomError(
            "invisible-character",
            "contains a character that cannot be seen, such as a tab; remove it",
        )
    return reference


Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_one_form),
]
"""A reference that a caller sends. Blanks round it are no part of it, and blanks alone are none."""
