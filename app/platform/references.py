"""The type of a reference in bodies, paths and queries: validated, and brought into the form in
which references are stored and compared.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from app.kernel import references


def _normalised(text: str) -> str:
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
    AfterValidator(_normalised),
]
"""A reference, 1 to 200 characters without the spaces around it."""
