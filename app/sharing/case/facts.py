"""The facts of a request as far as the rules and views of sharing read them. Pure."""

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
"""The id of an item before it is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What the information is for."""

    code: PurposeCode = PurposeCode.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks. Personal members are None once disposed of, here and below."""

    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who would receive the information, and the entries of the directory that are cited."""

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
    """A person whom the information is about."""

    person_ref: str | None
    role: SubjectRole = SubjectRole.CHILD
    born_on: date | None = None
    identity_to_protect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A piece of information."""

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
    """Whose consent the facts state."""

    person_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LawfulReason:
    """The lawful reason that the facts state."""

    code: LawfulReasonCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detriment:
    """Whether sharing would do the child more harm than not sharing."""

    more_detrimental: Answer = Answer.UNSURE
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statutory:
    """By what power the school is made to share."""

    power: StatutoryPower
    burden_explained: Answer = Answer.UNSURE
    explanation: str | None = None
    compelled_reason: str | None = None
    detriment: Detriment = field(default_factory=Detriment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparency:
    """Whether the person or family is to be told."""

    decision: TransparencyDecision | None = None
    reason: TransparencyReason | None = None
    revisit_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The checks before anything leaves, as far as sharing reads them."""

    transparency: Transparency = field(default_factory=Transparency)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The facts object, typed.

    `whole` is the object as it was sent, each item with its id, without the personal members once
    they are disposed of; `marks` is its classification, from the schema of the request body.
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
        """The facts object as it was sent."""
        return self.whole

    def without_item_ids(self) -> dict[str, Json]:
        """The facts object as a client would send it."""
        items = cast("Sequence[Mapping[str, Json]]", self.whole.get("items", ()))
        bare = [{name: one for name, one in item.items() if name != "id"} for item in items]
        return {**self.whole, "items": bare}

    def with_item_ids(self, ids: Iterable[UUID]) -> "CaseFacts":
        """The facts with ids for the items, in order."""
        items = [replace(item, id=one) for item, one in zip(self.items, ids, strict=False)]
        sent = cast("Sequence[Mapping[str, Json]]", self.whole["items"])
        whole = [{**one, "id": str(item.id)} for one, item in zip(sent, items, strict=True)]
        return replace(self, items=tuple(items), whole={**self.whole, "items": whole})

    def shown(self, marks: frozenset[Mark]) -> dict[str, Json]:
        """The facts object without the members whose marks are not among these."""
        return visible(self.whole, self.marks, marks)
