"""What comes in and goes out over HTTP for the directory. Bodies refuse fields that they do not
know.
"""

import unicodedata
from dataclasses import fields
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic.json_schema import SkipJsonSchema

from app.kernel.classification import Personal, Structural
from app.platform.instants import Day
from app.recipients.model import (
    CheckMethod,
    Details,
    Listing,
    RecipientRoute,
    RecipientType,
    Verified,
    VerifiedWhy,
)

_ID: Final = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a control character or a line break; write it on one line")
    return unicodedata.normalize("NFC", text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _given(value: Any) -> Any:
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
Routes = Annotated[set[RecipientRoute], Field(max_length=len(RecipientRoute))]

_ORGANISATION: Final = "The organisation's name. Never a person's: people are contacts."
_NUMBER: Final = (
    "Number on which the school calls back: one that the organisation publishes, never one that a"
    " caller gave."
)
_SOURCE: Final = "Where that number is published."
_ROUTES: Final = "Secure ways of reaching it."
_NAME: Final = "The person's name."
_TITLE: Final = "What they are there."
_EMAIL: Final = "Their address at work."
_PHONE: Final = (
    "Their number at work. It is no published number: to check who they are, call the"
    " organisation's."
)
_ACTIVE: Final = "False retires it: it stays on record and is no longer used."


def _members(kind: type[Listing | Details]) -> set[str]:
    return {field.name for field in fields(kind)}


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one never goes silently
    missing.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class OrganisationIn(Body):
    """An organisation for the directory."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "organisation": "Anytown MASH",
                    "organisation_type": "mash",
                    "call_back_number": "01632 960123",
                    "call_back_source": "the council's website, page of the hub",
                    "secure_routes": ["secure_email", "phone_verified"],
                }
            ]
        }
    )

    organisation: Annotated[Personal[Line], Field(description=_ORGANISATION)]
    organisation_type: Annotated[
        Structural[RecipientType],
        Field(description="What it is; `GET /v1/recipients/types` explains each."),
    ]
    call_back_number: Annotated[Personal[Phone | None], Field(description=_NUMBER)] = None
    call_back_source: Annotated[Personal[Source | None], Field(description=_SOURCE)] = None
    secure_routes: Annotated[Structural[Routes], Field(description=_ROUTES)] = set()

    def listing(self) -> Listing:
        """As the directory keeps it."""
        return Listing(
            organisation=self.organisation,
            organisation_type=self.organisation_type,
            call_back_number=self.call_back_number,
            call_back_source=self.call_back_source,
            secure_routes=in_order(self.secure_routes),
        )


class OrganisationPatch(Body):
    """The members to change; what is left out stays as it is. Another name, type or number makes an
    earlier check count no longer.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"call_back_number": "01632 960987"}, {"active": False}]}
    )

    organisation: Annotated[
        Personal[Line | SkipJsonSchema[None]], Field(description=_ORGANISATION)
    ] = None
    organisation_type: Annotated[
        Structural[RecipientType | SkipJsonSchema[None]], Field(description="What it is.")
    ] = None
    call_back_number: Annotated[
        Personal[Phone | None], Field(description=_NUMBER + " Null removes it.")
    ] = None
    call_back_source: Annotated[
        Personal[Source | None], Field(description=_SOURCE + " Null removes it.")
    ] = None
    secure_routes: Annotated[
        Structural[Routes | SkipJsonSchema[None]], Field(description=_ROUTES)
    ] = None
    active: Annotated[Structural[bool | SkipJsonSchema[None]], Field(description=_ACTIVE)] = None

    _never_null = field_validator(
        "organisation", "organisation_type", "secure_routes", "active", mode="before"
    )(_given)

    def changes(self) -> dict[str, Any]:
        """The members that were sent."""
        sent = self.model_dump(exclude_unset=True, include={"active", *_members(Listing)})
        if self.secure_routes is not None:
            sent["secure_routes"] = in_order(self.secure_routes)
        return sent


class ContactIn(Body):
    """A person at an organisation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "A. Khan",
                    "role_title": "Social worker",
                    "email": "a.khan@mash.example",
                    "phone": "01632 960124",
                }
            ]
        }
    )

    name: Annotated[Personal[Line], Field(description=_NAME)]
    role_title: Annotated[Personal[Line | None], Field(description=_TITLE)] = None
    email: Annotated[Personal[Email | None], Field(description=_EMAIL)] = None
    phone: Annotated[Personal[Phone | None], Field(description=_PHONE)] = None

    def details(self) -> Details:
        """As the directory keeps them."""
        return Details(
            name=self.name, role_title=self.role_title, email=self.email, phone=self.phone
        )


class ContactPatch(Body):
    """The members to change; what is left out stays as it is. Another name, address or number makes
    an earlier check count no longer.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role_title": "Team manager"}, {"active": False}]}
    )

    name: Annotated[Personal[Line | SkipJsonSchema[None]], Field(description=_NAME)] = None
    role_title: Annotated[
        Personal[Line | None], Field(description=_TITLE + " Null removes it.")
    ] = None
    email: Annotated[Personal[Email | None], Field(description=_EMAIL + " Null removes it.")] = None
    phone: Annotated[Personal[Phone | None], Field(description=_PHONE + " Null removes it.")] = None
    active: Annotated[Structural[bool | SkipJsonSchema[None]], Field(description=_ACTIVE)] = None

    _never_null = field_validator("name", "active", mode="before")(_given)

    def changes(self) -> dict[str, Any]:
        """The members that were sent."""
        return self.model_dump(exclude_unset=True, include={"active", *_members(Details)})


class VerificationIn(Body):
    """How an identity was checked, and what came of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "method": "call_back_published_number",
                    "result": "yes",
                    "contact_id": _ID,
                    "note": "Switchboard put us through to her.",
                },
                {
                    "method": "secure_domain",
                    "result": "unsure",
                    "note": "The domain was registered last week.",
                },
            ]
        }
    )

    method: Annotated[Structural[CheckMethod], Field(description="How it was checked.")]
    result: Annotated[
        Structural[Verified],
        Field(description="Whether they are who they say. A later check replaces an earlier one."),
    ]
    contact_id: Annotated[
        Structural[UUID | None],
        Field(description="The contact who was checked; empty: the organisation."),
    ] = None
    note: Annotated[
        Personal[Note | None], Field(description="What is worth knowing about the check.")
    ] = None
    verified_on: Annotated[
        Structural[Day | None],
        Field(
            description="The day on which it was checked; empty: today.", examples=["2026-11-23"]
        ),
    ] = None


class StandingOut(BaseModel):
    """Whether somebody counts as verified today."""

    verified: Verified = Field(
        description=(
            "`yes` only by a check of these very details that is not too old; never by silence."
        )
    )
    why: VerifiedWhy = Field(description="What that rests on.")
    method: CheckMethod | None = Field(description="How it was last checked.")
    verified_on: date | None = Field(description="When it was last checked.")
    valid_until: date | None = Field(description="The last day on which that check counts.")


class RecorderOut(BaseModel):
    """Who recorded it."""

    subject: UUID = Field(description="The account's id.")
    role: str = Field(description="The role it had.")


class VerificationOut(BaseModel):
    """One check of an identity. It is never edited: a later one replaces it."""

    id: UUID = Field(description="The check's id.")
    contact_id: UUID | None = Field(
        description="The contact who was checked; null: the organisation."
    )
    method: CheckMethod = Field(description="How it was checked.")
    result: Verified = Field(description="Whether they are who they say.")
    verified_on: date = Field(description="The day on which it was checked.")
    note: str | None = Field(description="What is worth knowing about the check.")
    recorded_at: str = Field(
        description="When it was recorded.", json_schema_extra={"format": "date-time"}
    )
    recorded_by: RecorderOut = Field(description="Who recorded it.")


class OrganisationSummaryOut(BaseModel):
    """An organisation as the directory lists it."""

    id: UUID = Field(description="The organisation's id; a sharing request may cite it.")
    version: int = Field(description="How often it was written.")
    organisation: str = Field(description=_ORGANISATION)
    organisation_type: RecipientType = Field(description="What it is.")
    section_11: bool = Field(
        description=(
            "Whether such an organisation has the duty of section 11 of the Children Act 2004."
        )
    )
    safeguarding_partner: bool = Field(
        description="Whether it is, or acts for, a safeguarding partner."
    )
    protective: bool = Field(
        description="Whether it has a protective function under the default policy."
    )
    call_back_number: str | None = Field(description=_NUMBER)
    call_back_source: str | None = Field(description=_SOURCE)
    secure_routes: list[RecipientRoute] = Field(description=_ROUTES)
    active: bool = Field(description=_ACTIVE)
    verification: StandingOut = Field(description="Whether it counts as verified today.")
    recorded_at: str = Field(
        description="When it was put into the directory.", json_schema_extra={"format": "date-time"}
    )
    changed_at: str = Field(
        description="When it was last changed.", json_schema_extra={"format": "date-time"}
    )


class OrganisationOut(OrganisationSummaryOut):
    """An organisation with its newest checks, and those of its contacts."""

    verifications: list[VerificationOut] = Field(
        description="The newest fifty, last recorded first; `/verifications` has them all."
    )


class OrganisationsOut(BaseModel):
    """A page of the directory."""

    items: list[OrganisationSummaryOut] = Field(description="Organisations by name.")
    next_cursor: str | None = Field(description="Where the next page begins; null on the last.")


class ContactOut(BaseModel):
    """A person at an organisation."""

    id: UUID = Field(description="The contact's id; a sharing request may cite it.")
    recipient_id: UUID = Field(description="The organisation.")
    version: int = Field(description="How often it was written.")
    name: str | None = Field(description=_NAME + " Null once the personal data has been destroyed.")
    role_title: str | None = Field(description=_TITLE)
    email: str | None = Field(description=_EMAIL)
    phone: str | None = Field(description=_PHONE)
    active: bool = Field(description=_ACTIVE)
    verification: StandingOut = Field(
        description=(
            "Whether they count as verified today: a refuted organisation refutes its contacts."
        )
    )
    recorded_at: str = Field(
        description="When they were put into the directory.",
        json_schema_extra={"format": "date-time"},
    )
    changed_at: str = Field(
        description="When they were last changed.", json_schema_extra={"format": "date-time"}
    )


class ContactsOut(BaseModel):
    """A page of an organisation's contacts."""

    items: list[ContactOut] = Field(description="Contacts, oldest first.")
    next_cursor: str | None = Field(description="Where the next page begins; null on the last.")


class VerificationsOut(BaseModel):
    """A page of checks."""

    items: list[VerificationOut] = Field(description="Checks, last recorded first.")
    next_cursor: str | None = Field(description="Where the next page begins; null on the last.")


class TypeOut(BaseModel):
    """A type of organisation, and what it is to a school."""

    organisation_type: RecipientType = Field(description="The word that stands in requests.")
    label: str = Field(description="Its name for people.")
    section_11: bool = Field(
        description=(
            "Whether such an organisation has the duty of section 11 of the Children Act 2004."
        )
    )
    safeguarding_partner: bool = Field(
        description="Whether it is, or acts for, a safeguarding partner (section 16E)."
    )
    protective: bool = Field(
        description=(
            "Whether it has a protective function under the default policy. The policy in force"
            " decides."
        )
    )
    words: str = Field(description="What to know about it.")


class TypesOut(BaseModel):
    """Every type of organisation; one page, always."""

    items: list[TypeOut] = Field(description="The types.")
    next_cursor: None = Field(description="Always null.")


def in_order(routes: set[RecipientRoute]) -> tuple[RecipientRoute, ...]:
    """The routes in the order of the vocabulary."""
    return tuple(route for route in RecipientRoute if route in routes)
