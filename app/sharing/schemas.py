"""Base classes and shared members of the request and reply schemas.

Invariant: a request body with an unknown field is rejected.
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
    """A request body. Unknown fields are rejected so that typos surface."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class WhyIn(Body):
    """An optional reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"why": "Sent twice by mistake."}, {}]}
    )

    why: Annotated[Personal[Text | None], Field(description="The reason, in a few words.")] = None


class Out(BaseModel):
    """A reply, or an object in a reply. It contains only the documented members."""

    model_config = ConfigDict(extra="forbid")


class ByOut(Out):
    """The account that performed an action."""

    subject: Annotated[
        str | None, Field(description="The random id of the account; null in a de-identified view.")
    ]
    role: Annotated[
        Role, Field(description="The role in which the account acted.", examples=["dsl"])
    ]


class RecordOut(Out):
    """A record in the history of a request. Its free text is null in a de-identified view."""

    id: Annotated[UUID, Field(description="The id of the record.")]
    recorded_at: Annotated[
        datetime, Field(description="The time of recording (UTC); a date in a de-identified view.")
    ]
    recorded_by: Annotated[ByOut, Field(description="The account that added the record.")]


class StandInOut(RecordOut):
    """A record that depends on the policy version of the evaluation.

    If that version is not available, the service applies another one and flags the record.
    """

    flags: Annotated[
        list[RecordFlag] | None,
        Field(
            description=(
                "`policy_not_found`: the policy version of the evaluation was not"
                " available, so the service applied `under`."
            )
        ),
    ]
    under: Annotated[
        str | None,
        Field(
            description=(
                "The digest of the policy version applied instead; null if the original"
                " was available."
            )
        ),
    ]


class WhyOut(StandInOut):
    """The withdrawal or closure of a request."""

    why: Annotated[str | None, Field(description="The reason; null if none was stated.")]


class FindingOut(Out):
    """A difference between the stated recipient and the directory."""

    code: Annotated[
        str, Field(description="The code of the difference.", examples=["route_not_listed"])
    ]
    text: Annotated[str, Field(description="The description of the difference.")]


class RecipientCheckOut(Out):
    """The comparison of the stated recipient with the directory of recipients.

    It is for information only and never overrides a person's answer.
    """

    directory_id: Annotated[
        UUID | None,
        Field(
            description=(
                "The id of the organisation in the directory; null in a de-identified view."
            )
        ),
    ]
    contact_id: Annotated[
        UUID | None,
        Field(
            description=(
                "The id of the contact in the directory; null in a de-identified view, or"
                " if none was cited."
            )
        ),
    ]
    verified: Annotated[
        Answer,
        Field(
            description="Whether the directory listed the recipient as verified on `checked_on`."
        ),
    ]
    findings: Annotated[
        list[FindingOut],
        Field(description="The differences from the directory; empty if there are none."),
    ]
    supports_identity: Annotated[
        bool,
        Field(
            description=(
                "Whether the directory contains a valid verification of this recipient. It"
                " supports a person's answer but does not replace it."
            )
        ),
    ]
    checked_on: Annotated[date, Field(description="The date of the comparison.")]


class HintOut(Out):
    """Advice on sharing. A hint blocks no action."""

    code: Annotated[str, Field(description="The code of the hint.", examples=["ask_partner_why"])]
    text: Annotated[str, Field(description="The text of the hint.")]
    who: Annotated[
        Role, Field(description="The role that should act on the hint.", examples=["dsl"])
    ]
    items: Annotated[
        list[UUID], Field(description="The ids of the items that the hint concerns; may be empty.")
    ]


class TaskOut(Out):
    """A task that follows from the request."""

    code: Annotated[
        Literal["complete_record_retrospectively"], Field(description="The code of the task.")
    ]
    due: Annotated[
        datetime | None, Field(description="The deadline of the task (UTC); null if there is none.")
    ]
    done_at: Annotated[
        datetime | None,
        Field(description="The time of completion (UTC); null if the task is open."),
    ] = None


class RetentionOut(Out):
    """The retention of a record."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    class_: Annotated[
        str, Field(alias="class", description="The retention class under the policy.")
    ]
    retain_until: Annotated[
        date | None, Field(description="The last day of the retention period; null if not set.")
    ]
    review_on: Annotated[
        date | None, Field(description="The date of the next retention review; null if not set.")
    ]
    legal_hold: Annotated[bool, Field(description="Whether a legal hold prevents disposal.")]
