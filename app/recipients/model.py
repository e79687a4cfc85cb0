"""Organisations and people that information may go to, as the directory lists them. Pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.kernel.vocabulary import OrganisationType, SecureRoute

SORT_KEY: Final = 50
"""How many characters of a name the directory sorts and searches by."""


class CheckMethod(StrEnum):
    """How an identity was checked, in the words of the policy, without `none`. Stored values: add
    members, never rename or reuse one.
    """

    KNOWN_PERSONALLY = "known_personally"
    CALL_BACK_PUBLISHED_NUMBER = "call_back_published_number"
    SECURE_DOMAIN = "secure_domain"
    WARRANT_CARD = "warrant_card"
    COURT_SEAL = "court_seal"
    API_CREDENTIAL = "api_credential"


class RecordKind(StrEnum):
    """The kinds of record in the directory. Stored values: add members, never rename or reuse
    one.
    """

    DETAILS = "details"
    VERIFICATION = "verification"


class RecipientNotFound(ServiceError):
    """The directory of the caller's school has no organisation with this id."""

    kind = Kind.NOT_FOUND
    code = "recipient-not-found"
    title = "Recipient not found"

    def __init__(self) -> None:
        super().__init__("check the id; GET /v1/recipients lists the directory")


class ContactNotFound(ServiceError):
    """The organisation has no contact with this id."""

    kind = Kind.NOT_FOUND
    code = "contact-not-found"
    title = "Contact not found"

    def __init__(self) -> None:
        super().__init__(
            "check the id; GET /v1/recipients/{id}/contacts lists the organisation's contacts"
        )


class RecipientRetired(ServiceError):
    """The organisation or the contact is retired."""

    kind = Kind.CONFLICT
    code = "recipient-retired"
    title = "Recipient retired"

    def __init__(self) -> None:
        super().__init__("if it is in use again, set active to true first")


class ContactNameMissing(ServiceError):
    """A contact whose details were destroyed is given new ones without a name."""

    kind = Kind.INVALID
    code = "contact-name-missing"
    title = "Contact name missing"

    def __init__(self) -> None:
        super().__init__(
            "send the name",
            faults=(
                Fault("/name", "the details of this contact were erased; send the name", "missing"),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationDetails:
    """What the directory says about an organisation."""

    organisation: str
    organisation_type: OrganisationType
    call_back_number: str | None = None
    call_back_source: str | None = None
    secure_routes: tuple[SecureRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """What the directory says about a contact. Personal data, in a table of its own."""

    name: str
    role_title: str | None = None
    email: str | None = None
    phone: str | None = None


_IDENTIFYING: Final = frozenset(
    {"organisation", "organisation_type", "call_back_number", "name", "email", "phone"}
)
"""Fields that identify an organisation or a contact: a check made before one of them changed does
not count any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An organisation as it is listed now. `identity_version` counts the changes of the fields that
    identify it.
    """

    id: UUID
    school: str
    version: int
    identity_version: int
    details: OrganisationDetails
    active: bool
    recorded_at: datetime
    changed_at: datetime

    def with_changes(
        self, changes: Mapping[str, Any], at: datetime
    ) -> tuple["Recipient", tuple[str, ...]]:
        """The organisation after these changes, and the names of the fields that differ."""
        given, active = _without_active(changes, active=self.active)
        after = replace(self, details=replace(self.details, **given), active=active)
        return _next_version(self, after, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at an organisation. `details` is None once they have been destroyed."""

    id: UUID
    school: str
    recipient_id: UUID
    version: int
    identity_version: int
    active: bool
    details_id: UUID
    details: ContactDetails | None
    recorded_at: datetime
    changed_at: datetime

    def with_changes(
        self, changes: Mapping[str, Any], at: datetime
    ) -> tuple["Contact", tuple[str, ...]]:
        """The contact after these changes, and the names of the fields that differ. Raises
        `ContactNameMissing` for new details without a name in place of destroyed ones.
        """
        given, active = _without_active(changes, active=self.active)
        details = self.details
        if details is not None:
            details = replace(details, **given)
        elif any(value is not None for value in given.values()):
            if given.get("name") is None:
                raise ContactNameMissing
            details = ContactDetails(**given)
        return _next_version(self, replace(self, details=details, active=active), at)


Head = TypeVar("Head", Recipient, Contact)


def _without_active(changes: Mapping[str, Any], *, active: bool) -> tuple[dict[str, Any], bool]:
    given = dict(changes)
    return given, bool(given.pop("active", active))


def _next_version(before: Head, after: Head, at: datetime) -> tuple[Head, tuple[str, ...]]:
    names = ContactDetails if after.details is None else after.details
    changed = {
        field.name
        for field in fields(names)
        if getattr(before.details, field.name, None) != getattr(after.details, field.name, None)
    }
    if before.active != after.active:
        changed.add("active")
    if not changed:
        return before, ()
    identity = before.identity_version + bool(_IDENTIFYING & changed)
    after = replace(after, version=before.version + 1, identity_version=identity, changed_at=at)
    return after, tuple(sorted(changed))


def fold(text: str) -> str:
    """A name in the form in which names are compared: without case, width and repeated spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def sort_key(name: str) -> str:
    """The folded beginning of a name, by which the directory sorts and searches."""
    return fold(name)[:SORT_KEY]
