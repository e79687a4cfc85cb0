"""The facts of a request as typed objects, with the members that `sharing` reads. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, cast
from uuid import UUID

from app.kernel.canonical import Json
from app.kernel.classification import Mark, Marks, visible
from app.policy.engine.vocabulary import (
    Answer,
    Direction,
    Include,
    ItemCategory,
    ItemNature,
    LawfulReasonCode,
    OrganisationType,
    PurposeCode,
    SecureRoute,
    SpecialCategory,
    StatutoryPower,
    SubjectRole,
    TransparencyDecision,
    TransparencyReason,
    Urgency,
    VerificationMethod,
)

NOT_RECORDED: Final = UUID(int=0)
"""The placeholder id of an item that is not recorded yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """The purpose of sharing."""

    code: PurposeCode = PurposeCode.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The requester. Personal members are None after disposal, here and in the classes below."""

    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The intended recipient, and the directory entries that the facts cite."""

    organisation_type: OrganisationType
    organisation: str | None
    named_individual: str | None
    role_title: str | None
    verification_method: VerificationMethod | None
    secure_route: SecureRoute | None
    directory_id: UUID | None
    contact_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A data subject of the information."""

    person_ref: str | None
    role: SubjectRole = SubjectRole.CHILD
    born_on: date | None = None
    identity_to_protect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of information."""

    id: UUID = NOT_RECORDED
    description: str | None
    category: ItemCategory = ItemCategory.OTHER
    nature: ItemNature | None = None
    special_category: tuple[SpecialCategory, ...] = ()
    criminal_offence: bool = False
    third_party: bool = False
    include: Include = Include.SHARE
    withheld_because: str | None = None
    identity_to_protect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedConsent:
    """The person whose consent the facts state."""

    person_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LawfulReason:
    """The lawful reason that the facts state."""

    code: LawfulReasonCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detriment:
    """Whether sharing would be more detrimental to the child than not sharing."""

    more_detrimental: Answer = Answer.UNSURE
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statutory:
    """The legal power that compels the school to share."""

    power: StatutoryPower
    burden_explained: Answer = Answer.UNSURE
    explanation: str | None = None
    compelled_reason: str | None = None
    detriment: Detriment = field(default_factory=Detriment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparency:
    """Whether the school informs the person or family."""

    decision: TransparencyDecision | None = None
    reason: TransparencyReason | None = None
    revisit_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The checks before release, with the members that `sharing` reads."""

    transparency: Transparency = field(default_factory=Transparency)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The facts object as a typed object.

    `whole` is the object as the client sent it, with an id for each item, and without its personal
    members after disposal. `marks` is its classification, from the schema of the request body.
    """

    direction: Direction
    recipient: Recipient
    purpose: Purpose
    requester: Requester | None = None
    subjects: tuple[Person, ...] = ()
    items: tuple[Item, ...] = ()
    consent: StatedConsent
    lawful_reason: LawfulReason
    statutory: Statutory | None = None
    how: How = field(default_factory=How)
    urgency: Urgency = Urgency.ROUTINE
    whole: Mapping[str, Json] = field(repr=False)
    marks: Marks = field(repr=False)

    def to_json(self) -> Mapping[str, Json]:
        """The facts object as the client sent it, with item ids."""
        return self.whole

    def without_item_ids(self) -> dict[str, Json]:
        """The facts object in the shape of a request body, without item ids."""
        items = cast("Sequence[Mapping[str, Json]]", self.whole.get("items", ()))
        bare = [{name: one for name, one in item.items() if name != "id"} for item in items]
        return {**self.whole, "items": bare}

    def with_item_ids(self, ids: Iterable[UUID]) -> "CaseFacts":
        """A copy of the facts with ids for the items, in order."""
        items = [replace(item, id=one) for item, one in zip(self.items, ids, strict=False)]
        sent = cast("Sequence[Mapping[str, Json]]", self.whole["items"])
        whole = [{**one, "id": str(item.id)} for one, item in zip(sent, items, strict=True)]
        return replace(self, items=tuple(items), whole={**self.whole, "items": whole})

    def shown(self, marks: frozenset[Mark]) -> dict[str, Json]:
        """The facts object with only the members whose mark is in `marks`."""
        return visible(self.whole, self.marks, marks)
