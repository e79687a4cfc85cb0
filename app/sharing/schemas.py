"""What bodies and replies of the room are made of. Law: a body refuses fields that it does not
know.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.identity.model import Role
from app.kernel.classification import Personal
from app.policy.engine.vocabulary import Answer
from app.policy.facts.fields import Said, SaidShort
from app.sharing.case.model import RecordFlag

Text = Said
Short = SaidShort


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one never goes silently
    missing.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class WhyIn(Body):
    """An optional reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"why": "Sent twice by mistake."}, {}]}
    )

    why: Annotated[Personal[Text | None], Field(description="Why, in a few words.")] = None


class Out(BaseModel):
    """A reply, or an object in one. It has no members that are not described."""

    model_config = ConfigDict(extra="forbid")


class ByOut(Out):
    """Who did it."""

    subject: Annotated[
        str | None, Field(description="The account's random id; null in a de-identified view.")
    ]
    role: Annotated[Role, Field(description="In which role.", examples=["dsl"])]


class RecordOut(Out):
    """Something that was recorded. In a de-identified view its free text is null."""

    id: Annotated[UUID, Field(description="Its id.")]
    recorded_at: Annotated[
        datetime, Field(description="When it was recorded; to the day in a de-identified view.")
    ]
    recorded_by: Annotated[ByOut, Field(description="By whom.")]


class StandInOut(RecordOut):
    """Something that was recorded under the policy that the request was evaluated under, or where
    that is lost under another that stood in for it.
    """

    flags: Annotated[
        list[RecordFlag] | None,
        Field(description="`policy_not_found`: the policy `under` stood in for one that is lost."),
    ]
    under: Annotated[str | None, Field(description="Digest of the policy that stood in.")]


class WhyOut(StandInOut):
    """The end of a request."""

    why: Annotated[str | None, Field(description="Why, where a reason was given.")]


class FindingOut(Out):
    """Something that does not agree with the directory."""

    code: Annotated[str, Field(description="What.", examples=["route_not_listed"])]
    text: Annotated[str, Field(description="The same in words.")]


class RecipientCheckOut(Out):
    """What the directory of recipients says beside what was stated. Shown, and no answer of a
    person is overruled by it.
    """

    directory_id: Annotated[
        UUID | None, Field(description="The organisation's entry; null in a de-identified view.")
    ]
    contact_id: Annotated[
        UUID | None,
        Field(
            description="The contact's entry; null in a de-identified view, or where none is cited."
        ),
    ]
    verified: Annotated[
        Answer, Field(description="Whether the directory counts them as checked that day.")
    ]
    findings: Annotated[
        list[FindingOut], Field(description="What does not agree; empty when all does.")
    ]
    supports_identity: Annotated[
        bool,
        Field(
            description=(
                "Whether the directory has a check, in date, of this very recipient: a ground for"
                " an answer, never the answer."
            )
        ),
    ]
    checked_on: Annotated[date, Field(description="The day on which it was looked up.")]


class HintOut(Out):
    """Something to think of. Advice, and no condition of anything."""

    code: Annotated[str, Field(description="What.", examples=["ask_partner_why"])]
    text: Annotated[str, Field(description="The same in words.")]
    who: Annotated[Role, Field(description="Who should.", examples=["dsl"])]
    items: Annotated[
        list[UUID], Field(description="The items that it concerns, where it concerns some.")
    ]


class TaskOut(Out):
    """Something still to be done."""

    code: Annotated[
        Literal["complete_record_retrospectively"], Field(description="What is to be done.")
    ]
    due: Annotated[datetime | None, Field(description="By when.")]
    done_at: Annotated[datetime | None, Field(description="When it was done.")] = None


class RetentionOut(Out):
    """How long the record is kept."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    class_: Annotated[str, Field(alias="class", description="The policy's retention class.")]
    retain_until: Annotated[date | None, Field(description="Kept until.")]
    review_on: Annotated[date | None, Field(description="Looked at again on.")]
    legal_hold: Annotated[bool, Field(description="Held against disposal.")]
