"""Compares what a request or disclosure states about a recipient with the directory. Pure.

Invariant: it lists what does not match and decides nothing. A mismatch never delays an emergency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.kernel.vocabulary import Answer, OrganisationType, SecureRoute
from app.recipients.model import CheckMethod, fold
from app.recipients.verification import VerificationReason, VerificationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFacts:
    """What the directory knows about a recipient on a day. The last three are None where no contact
    was named; `named_individual` also where the details have been destroyed.
    """

    recipient_id: UUID
    organisation: str
    organisation_type: OrganisationType
    secure_routes: tuple[SecureRoute, ...]
    call_back_number: str | None
    active: bool
    status: VerificationStatus
    contact_id: UUID | None = None
    contact_active: bool | None = None
    named_individual: str | None = None

    @property
    def verified(self) -> Answer:
        """Whether the contact, or without one the organisation, counts as verified."""
        return self.status.verified


class Mismatch(StrEnum):
    """What does not match. Stored values: add members, never rename or reuse one."""

    TYPE_DIFFERS = "type_differs"
    ORGANISATION_DIFFERS = "organisation_differs"
    INDIVIDUAL_DIFFERS = "individual_differs"
    ROUTE_NOT_LISTED = "route_not_listed"
    NO_PUBLISHED_NUMBER = "no_published_number"
    RECIPIENT_RETIRED = "recipient_retired"
    CONTACT_RETIRED = "contact_retired"
    NEVER_VERIFIED = "never_verified"
    VERIFICATION_EXPIRED = "verification_expired"
    DETAILS_CHANGED = "details_changed"
    IDENTITY_DOUBTED = "identity_doubted"
    IDENTITY_REFUTED = "identity_refuted"


WORDS: Final[Mapping[Mismatch, str]] = MappingProxyType(
    {
        Mismatch.TYPE_DIFFERS: "The directory lists this organisation under a different type.",
        Mismatch.ORGANISATION_DIFFERS: (
            "The directory lists this organisation under a different name."
        ),
        Mismatch.INDIVIDUAL_DIFFERS: "The directory lists this contact under a different name.",
        Mismatch.ROUTE_NOT_LISTED: (
            "The directory does not list this as one of the organisation's secure routes."
        ),
        Mismatch.NO_PUBLISHED_NUMBER: ("The directory has no published number to call back on."),
        Mismatch.RECIPIENT_RETIRED: "This organisation has been retired from the directory.",
        Mismatch.CONTACT_RETIRED: "This contact has been retired from the directory.",
        Mismatch.NEVER_VERIFIED: "No one has checked yet that they are who they say they are.",
        Mismatch.VERIFICATION_EXPIRED: "The last check of their identity is too old. Check again.",
        Mismatch.DETAILS_CHANGED: "Their details have changed since the last check. Check again.",
        Mismatch.IDENTITY_DOUBTED: "The last check of their identity left a doubt.",
        Mismatch.IDENTITY_REFUTED: "The last check found that they are not who they say they are.",
    }
)
"""The message for each; it holds no stored value, so that it is safe to show."""

_BY_REASON: Final[Mapping[VerificationReason, Mismatch]] = MappingProxyType(
    {
        VerificationReason.NEVER_CHECKED: Mismatch.NEVER_VERIFIED,
        VerificationReason.EXPIRED: Mismatch.VERIFICATION_EXPIRED,
        VerificationReason.DETAILS_CHANGED: Mismatch.DETAILS_CHANGED,
        VerificationReason.DOUBTED: Mismatch.IDENTITY_DOUBTED,
        VerificationReason.REFUTED: Mismatch.IDENTITY_REFUTED,
    }
)

_TITLES: Final = frozenset({"dr", "miss", "mr", "mrs", "ms", "mx", "prof"})


def check_right_recipient(facts: RecipientFacts, stated: Mapping[str, Any]) -> list[Mismatch]:
    """What does not match; empty when all that is stated agrees with the directory.

    `stated` is the recipient as a request or a disclosure names it: `organisation_type`,
    `organisation`, `named_individual`, `secure_route` (or `route`), `verification_method`. What it
    leaves out is not compared.
    """
    route = stated.get("secure_route", stated.get("route"))
    found = {
        Mismatch.TYPE_DIFFERS: (
            _given(stated, "organisation_type")
            and stated["organisation_type"] != facts.organisation_type.value
        ),
        Mismatch.ORGANISATION_DIFFERS: (
            _given(stated, "organisation")
            and fold(stated["organisation"]) != fold(facts.organisation)
        ),
        Mismatch.INDIVIDUAL_DIFFERS: (
            facts.named_individual is not None
            and _given(stated, "named_individual")
            and not _may_be_the_same(stated["named_individual"], facts.named_individual)
        ),
        Mismatch.ROUTE_NOT_LISTED: (
            route is not None and route not in {listed.value for listed in facts.secure_routes}
        ),
        Mismatch.NO_PUBLISHED_NUMBER: (
            stated.get("verification_method") == CheckMethod.CALL_BACK_PUBLISHED_NUMBER.value
            and facts.call_back_number is None
        ),
        Mismatch.RECIPIENT_RETIRED: not facts.active,
        Mismatch.CONTACT_RETIRED: facts.contact_active is False,
    }
    mismatches = [mismatch for mismatch, is_so in found.items() if is_so]
    if facts.status.why in _BY_REASON:
        mismatches.append(_BY_REASON[facts.status.why])
    return mismatches


def _given(stated: Mapping[str, Any], name: str) -> bool:
    return stated.get(name) is not None


def _may_be_the_same(stated: str, listed: str) -> bool:
    """Whether two spellings may name one person: with the same last name and the same first
    initial.
    """
    one, other = _names(stated), _names(listed)
    if not one or not other:
        return False
    if len(one) == 1 or len(other) == 1:
        return one[-1] == other[-1]
    return one[-1] == other[-1] and one[0][0] == other[0][0]


def _names(text: str) -> list[str]:
    return [word for word in fold(text).replace(".", " ").split() if word not in _TITLES]
