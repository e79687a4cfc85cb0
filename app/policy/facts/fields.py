"""Types for the fields of request bodies: normalised texts, references, days and instants."""

import unicodedata
from collections.abc import Container
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from app.kernel.references import pupil_number_fault
from app.platform import instants, references

KNOWN: Final = "known"
"""The key of the validation context for stored references, which are not checked again."""


class _Any(Container[str]):
    def __contains__(self, _: object) -> bool:
        return True


ANY: Final = _Any()
"""The value for `KNOWN` that accepts every reference."""

INVALID_UPN: Final = "invalid-upn"
"""The code of the fault in a pupil number."""


def _normal(text: str) -> str:
    # Digests need one form of each character, whichever form the client sent.
    if "\x00" in text:
        raise PydanticCustomError("nul-character", "contains a NUL character; remove it")
    return unicodedata.normalize("NFC", text)


def _not_blank(text: str) -> str:
    if all(character.isspace() or not character.isprintable() for character in text):
        raise PydanticCustomError("missing", "required, but blank; enter text")
    return text


def _valid_reference(reference: str, info: ValidationInfo) -> str:
    fault = (
        None if info.context and reference in info.context[KNOWN] else pupil_number_fault(reference)
    )
    if fault is not None:
        raise PydanticCustomError(INVALID_UPN, "{fault}", {"fault": fault})
    return reference


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_normal)]
Short = Annotated[str, StringConstraints(max_length=300), AfterValidator(_normal)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_not_blank)]
"""A required text, such as a reason, which must not be blank."""
SaidShort = Annotated[
    str, StringConstraints(min_length=1, max_length=300), AfterValidator(_not_blank)
]
Reference = references.Reference
PersonRef = Annotated[Reference, AfterValidator(_valid_reference)]
"""A reference to a person; one of the scheme `upn` needs a valid check letter."""
Day = instants.Day
Instant = instants.When


class Body(BaseModel):
    """A part of a request body; unknown fields are rejected."""

    model_config = ConfigDict(extra="forbid")
