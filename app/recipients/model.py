"""Organisations and people that information may go to, and how far the school has made sure of
them. Pure.

Law: somebody is verified only by a check that was made of these very details and is not too old;
silence is `unsure`, never `yes`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from app.kernel.clock import LONDON
from app.kernel.errors import Fault, Kind, ServiceError

VALID_DAYS: Final = 365
"""How many days a check counts, the day on which it was made not among them."""

SORT_KEY: Final = 50
"""How many characters of a name the directory sorts and searches by."""


class Verified(StrEnum):
    """The three answers. Stored for ever: add members, never rename or reuse one."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class RecipientType(StrEnum):
    """What an organisation is. The same words as the policy's; stored for ever: add members, never
    rename or reuse one.
    """

    POLICE = "police"
    AMBULANCE_OR_EMERGENCY_SERVICE = "ambulance_or_emergency_service"
    CHILDRENS_SOCIAL_CARE = "childrens_social_care"
    MASH = "mash"
    NSPCC = "nspcc"
    ADULT_SOCIAL_CARE = "adult_social_care"
    LADO = "lado"
    SAFEGUARDING_PARTNERS = "safeguarding_partners"
    HEALTH_PROVIDER = "health_provider"
    EDUCATIONAL_PSYCHOLOGIST = "educational_psychologist"
    SCHOOL = "school"
    COURT = "court"
    CAFCASS = "cafcass"
    PREVENT_TEAM = "prevent_team"
    MARAC = "marac"
    PROBATION = "probation"
    PRISON = "prison"
    YOUTH_OFFENDING_TEAM = "youth_offending_team"
    IMMIGRATION_ENFORCEMENT = "immigration_enforcement"
    LOCAL_AUTHORITY_OTHER = "local_authority_other"
    CHARITY = "charity"
    RESEARCHER = "researcher"
    VENDOR = "vendor"
    PARENT = "parent"
    SOLICITOR = "solicitor"
    LANDLORD = "landlord"
    GOVERNOR = "governor"
    INTERNAL_STAFF = "internal_staff"
    OTHER = "other"


class RecipientRoute(StrEnum):
    """A secure way of reaching an organisation: the policy's words without `none`, which is no way
    at all. Stored for ever.
    """

    SECURE_EMAIL = "secure_email"
    ENCRYPTED_PORTAL = "encrypted_portal"
    IN_PERSON = "in_person"
    PHONE_VERIFIED = "phone_verified"
    POST_TRACKED = "post_tracked"
    API = "api"


class CheckMethod(StrEnum):
    """How an identity was checked: the policy's words without `none`, which is no check at all.
    Stored for ever.
    """

    KNOWN_PERSONALLY = "known_personally"
    CALL_BACK_PUBLISHED_NUMBER = "call_back_published_number"
    SECURE_DOMAIN = "secure_domain"
    WARRANT_CARD = "warrant_card"
    COURT_SEAL = "court_seal"
    API_CREDENTIAL = "api_credential"


class RecordKind(StrEnum):
    """The kinds of record that the directory collects. Stored for ever: add members, never rename
    or reuse one.
    """

    DETAILS = "details"
    VERIFICATION = "verification"


class VerifiedWhy(StrEnum):
    """What an answer about somebody's identity rests on."""

    CHECKED = "checked"
    REFUTED = "refuted"
    DOUBTED = "doubted"
    NEVER_CHECKED = "never_checked"
    DETAILS_CHANGED = "details_changed"
    EXPIRED = "expired"


class RecipientNotFound(ServiceError):
    """There is no such organisation in the directory of the caller's school."""

    kind = Kind.NOT_FOUND
    code = "recipient-not-found"
    title = "Recipient not found"

    def __init__(self) -> None:
        super().__init__("check the id; GET /v1/recipients lists the directory")


class ContactNotFound(ServiceError):
    """The organisation has no such contact."""

    kind = Kind.NOT_FOUND
    code = "contact-not-found"
    title = "Contact not found"

    def __init__(self) -> None:
        super().__init__(
            "check the id; GET /v1/recipients/{id}/contacts lists the organisation's contacts"
        )


class RecipientRetired(ServiceError):
    """The organisation or the contact is no longer in use."""

    kind = Kind.CONFLICT
    code = "recipient-retired"
    title = "Recipient retired"

    def __init__(self) -> None:
        super().__init__("if it is in use again, set active to true first")


class InvalidVerification(ServiceError):
    """What was recorded cannot have been checked so."""

    kind = Kind.INVALID
    code = "invalid-verification"
    title = "Invalid verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the directory says of an organisation."""

    organisation: str
    organisation_type: RecipientType
    call_back_number: str | None = None
    call_back_source: str | None = None
    secure_routes: tuple[RecipientRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the directory says of a person. Personal data: kept apart, and gone when destroyed."""

    name: str
    role_title: str | None = None
    email: str | None = None
    phone: str | None = None


_IDENTIFY: Final = frozenset(
    {"organisation", "organisation_type", "call_back_number", "name", "email", "phone"}
)
"""Members by which somebody is recognised: when one of them changes, what was checked before was
somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An organisation as it is listed now. `identity_version` moves with the members by which it is
    recognised.
    """

    id: UUID
    school: str
    version: int
    identity_version: int
    listing: Listing
    active: bool
    recorded_at: datetime
    changed_at: datetime

    def changed(self, changes: Mapping[str, Any], at: datetime) -> tuple[Self, tuple[str, ...]]:
        """The organisation after these changes, and the names of the members that differ."""
        now = {name: getattr(self.listing, name) for name in Listing.__dataclass_fields__} | {
            "active": self.active
        }
        differ = tuple(sorted(name for name, value in changes.items() if now[name] != value))
        listing = replace(
            self.listing, **{name: changes[name] for name in differ if name != "active"}
        )
        active = bool(changes.get("active", self.active))
        return replace(self, listing=listing, active=active, **_moved(self, differ, at)), differ


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
    details: Details | None
    recorded_at: datetime
    changed_at: datetime

    def changed(self, changes: Mapping[str, Any], at: datetime) -> tuple[Self, tuple[str, ...]]:
        """The contact after these changes, and the names of the members that differ. Destroyed
        details are given anew, the name first.
        """
        now: dict[str, Any] = {
            name: getattr(self.details, name, None) for name in Details.__dataclass_fields__
        }
        differ = tuple(
            sorted(
                name
                for name, value in changes.items()
                if (now | {"active": self.active})[name] != value
            )
        )
        details = self.details
        if set(differ) - {"active"}:
            given = now | {name: changes[name] for name in differ if name != "active"}
            if given["name"] is None:
                raise ContactNameMissing
            details = Details(**given)
        active = bool(changes.get("active", self.active))
        return replace(self, details=details, active=active, **_moved(self, differ, at)), differ


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


def _moved(head: Recipient | Contact, differ: tuple[str, ...], at: datetime) -> dict[str, Any]:
    if not differ:
        return {}
    identity = head.identity_version + bool(_IDENTIFY & set(differ))
    return {"version": head.version + 1, "identity_version": identity, "changed_at": at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One check of an identity: of the organisation, or of a contact. `identity_version` is that of
    what was checked.
    """

    id: UUID
    recipient_id: UUID
    contact_id: UUID | None
    method: CheckMethod
    result: Verified
    verified_on: date
    identity_version: int
    note: str | None
    recorded_at: datetime
    by_id: UUID
    by_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether somebody counts as verified on a day, why, and by which check; `valid_until` is the
    last day on which a yes counts.
    """

    verified: Verified
    why: VerifiedWhy
    method: CheckMethod | None = None
    verified_on: date | None = None
    valid_until: date | None = None


NEVER: Final = Standing(verified=Verified.UNSURE, why=VerifiedWhy.NEVER_CHECKED)


def standing(newest: Verification | None, head: Recipient | Contact, on: date) -> Standing:
    """What the newest check says of somebody on a day. A no stands until somebody checks again,
    however old and whatever changed.
    """
    if newest is None:
        return NEVER
    last_day = newest.verified_on + timedelta(days=VALID_DAYS)
    if newest.result is Verified.NO:
        verified, why = Verified.NO, VerifiedWhy.REFUTED
    elif newest.result is Verified.UNSURE:
        verified, why = Verified.UNSURE, VerifiedWhy.DOUBTED
    elif newest.identity_version != head.identity_version:
        verified, why = Verified.UNSURE, VerifiedWhy.DETAILS_CHANGED
    elif on > last_day:
        verified, why = Verified.UNSURE, VerifiedWhy.EXPIRED
    else:
        verified, why = Verified.YES, VerifiedWhy.CHECKED
    valid_until = last_day if newest.result is Verified.YES else None
    return Standing(
        verified=verified,
        why=why,
        method=newest.method,
        verified_on=newest.verified_on,
        valid_until=valid_until,
    )


def both(organisation: Standing, person: Standing) -> Standing:
    """How a contact stands: as the person does, unless the organisation itself was found not to be
    what it says.
    """
    return organisation if organisation.verified is Verified.NO else person


def check_verification(
    recipient: Recipient, method: CheckMethod, result: Verified, verified_on: date, today: date
) -> None:
    """Raises `InvalidVerification` for a check in the future, or a call back to a published number
    that the directory does not hold.
    """
    faults = []
    if verified_on > today:
        faults.append(
            Fault(
                "/verified_on",
                "in the future; use the day on which the check was made",
                "in-the-future",
            )
        )
    if (
        method is CheckMethod.CALL_BACK_PUBLISHED_NUMBER
        and result is Verified.YES
        and recipient.listing.call_back_number is None
    ):
        said = (
            "the directory holds no published number of this organisation; record call_back_number"
            " and where it is published first"
        )
        faults.append(Fault("/method", said, "no-published-number"))
    if faults:
        raise InvalidVerification(faults[0].detail, faults=tuple(faults))


def today_in_school(now: datetime) -> date:
    """The date of an instant, in school."""
    return now.astimezone(LONDON).date()


def fold(text: str) -> str:
    """A name as it is compared: case, width and runs of space do not count."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def sort_key(name: str) -> str:
    """What the directory sorts and searches a name by: its folded beginning."""
    return fold(name)[:SORT_KEY]
