"""Types of fields that the bodies and replies of the directory share."""

import dataclasses
import unicodedata
from datetime import date
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticKnownError

from app.kernel.vocabulary import Answer, SecureRoute
from app.recipients.model import CheckMethod, ContactDetails, OrganisationDetails
from app.recipients.verification import VerificationReason

ACTIVE: Final = "False retires it: it stays in the directory and is no longer used."
ROUTES: Final = tuple(route.value for route in SecureRoute if route is not SecureRoute.NONE)
"""The routes that the directory can record for an organisation."""

DATE_TIME: Final[dict[str, Any]] = {"format": "date-time"}


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a control character or a line break; write it on one line")
    return unicodedata.normalize("NFC", text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _route(value: Any) -> Any:
    if value not in ROUTES:
        expected = ", ".join(f"'{route}'" for route in ROUTES)
        raise PydanticKnownError("enum", {"expected": expected})
    return value


def not_null(value: Any) -> Any:
    """Validate that a field of a patch is not null; raises ValueError."""
    if value is None:
        raise ValueError("cannot be null; leave it out to keep it as it is")
    return value


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_line),
]
Source = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(_line),
]
Phone = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=43,
        pattern=r"^\+?[0-9][0-9 ()-]{1,28}[0-9]( ?(x|ext\.?) ?[0-9]{1,6})?$",
    ),
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]{1,188}$"
    ),
    AfterValidator(_line),
]
Note = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_nfc)]
Route = Annotated[
    SecureRoute,
    BeforeValidator(_route),
    WithJsonSchema({"type": "string", "enum": list(ROUTES)}),
]
Routes = Annotated[set[Route], Field(max_length=len(ROUTES))]


def field_names(details: type[OrganisationDetails | ContactDetails]) -> set[str]:
    """The names of the details that a patch changes."""
    return {field.name for field in dataclasses.fields(details)}


class Body(BaseModel):
    """A request body. Unknown fields are rejected so that typos surface."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class VerificationStatusOut(BaseModel):
    """Whether the organisation or contact counts as verified today."""

    verified: Answer = Field(
        description=(
            "`yes` needs a check of the present details that is not too old; without a check it is"
            " `unsure`."
        )
    )
    why: VerificationReason = Field(description="The reason.")
    method: CheckMethod | None = Field(description="How it was last checked.")
    verified_on: date | None = Field(description="The day of the last check.")
    valid_until: date | None = Field(description="The last day on which that check counts.")
