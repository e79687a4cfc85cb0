"""What the fields of a body are made of: texts in one form of each character, days and instants in
one notation each.
"""

import unicodedata
from collections.abc import Container
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from app.kernel.references import pupil_number_fault
from app.platform import instants, references

KNOWN: Final = "known"
"""In the context of a validation: references that were recorded before and are taken as they
are."""


class _Any(Container[str]):
    def __contains__(self, _: object) -> bool:
        return True


ANY: Final = _Any()
"""For `KNOWN`, where nothing is to be refused for a reference."""

INVALID_UPN: Final = "invalid-upn"
"""The code of the fault in a pupil number."""


def _normal(text: str) -> str:
    # Hashing needs one form of each character; which form a keyboard sent is no business of the
    # caller's.
    if "\x00" in text:
        raise PydanticCustomError("nul-character", "contains a NUL character; remove it")
    return unicodedata.normalize("NFC", text)


def _said(text: str) -> str:
    if all(character.isspace() or not character.isprintable() for character in text):
        raise PydanticCustomError("missing", "required, and blank; write a text")
    return text


def _sound(reference: str, info: ValidationInfo) -> str:
    fault = (
        None if info.context and reference in info.context[KNOWN] else pupil_number_fault(reference)
    )
    if fault is not None:
        raise PydanticCustomError(INVALID_UPN, "{fault}", {"fault": fault})
    return reference


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_normal)]
Short = Annotated[str, StringConstraints(max_length=300), AfterValidator(_normal)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_said)]
"""A text without which nothing would be said, such as a reason: blanks alone are none."""
SaidShort = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_said)]
Reference = references.Reference
PersonRef = Annotated[Reference, AfterValidator(_sound)]
"""A reference of a person; of the scheme `upn` only with a sound check letter."""
Day = instants.Day
Instant = instants.When


class Body(BaseModel):
    """A part of a body."""

    model_config = ConfigDict(extra="forbid")
