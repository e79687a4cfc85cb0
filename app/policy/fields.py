"""What the fields of a body are made of: texts in one form of each character, days and instants in one notation each."""

import unicodedata
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError


def _normal(text: str) -> str:
    # Hashing needs one form of each character; which form a keyboard sent is no business of the caller's.
    if "\x00" in text:
        raise PydanticCustomError("nul-character", "holds a NUL character; remove it")
    return unicodedata.normalize("NFC", text)


def _day(value: object) -> object:
    if value is not None and not (isinstance(value, str) and len(value) == len("2026-11-23")) and type(value) is not date:
        raise PydanticCustomError("date_parsing", "not an ISO 8601 date")
    return value


def _instant(value: object) -> object:
    if value is not None and not isinstance(value, str | datetime):
        raise PydanticCustomError("datetime_parsing", "not an RFC 3339 instant")
    return value


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_normal)]
Short = Annotated[str, StringConstraints(max_length=300), AfterValidator(_normal)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_normal)]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]


class Body(BaseModel):
    """A part of a body."""

    model_config = ConfigDict(extra="forbid")
