"""Request and reply schemas for sharing requests."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator
from pydantic_core import PydanticCustomError

from app.kernel.classification import Personal
from app.platform.instants import PeriodEnd
from app.platform.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.platform.references import Reference
from app.policy.engine.vocabulary import (
    Answer,
    Direction,
    OrganisationType,
    Outcome,
    PurposeCode,
    Release,
    StatutoryPower,
    Step,
    Urgency,
)
from app.policy.evaluation.schemas import BriefEvaluationOut, EvaluationOut
from app.policy.facts.examples import DIGEST_EXAMPLE
from app.sharing.advice.schemas import AdviceOut
from app.sharing.case.model import EvaluationTrigger, OverdueClock, Status
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.consents.schemas import ConsentOut
from app.sharing.decisions.schemas import DecisionOut
from app.sharing.disclosures.schemas import DisclosureOut
from app.sharing.disposal.schemas import DisposalOut, RetentionReviewOut
from app.sharing.emergencies.schemas import EmergencyRecordOut
from app.sharing.notices.schemas import NoticeOut
from app.sharing.records.schemas import LetterOut
from app.sharing.requests.facts_schemas import FactsOut
from app.sharing.schemas import (
    Body,
    ByOut,
    HintOut,
    Out,
    RecipientCheckOut,
    RecordOut,
    RetentionOut,
    TaskOut,
    Text,
    WhyOut,
)


class AmendIn(RootModel[dict[str, Any]]):
    """The changed parts of the facts. The service merges objects member by member and replaces
    lists as a whole.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"how": {"secure": "yes"}, "recipient": {"secure_route": "secure_email"}}],
            "minProperties": 1,
        }
    )

    @field_validator("root")
    @classmethod
    def _something(cls, changed: dict[str, Any]) -> dict[str, Any]:
        if not changed:
            raise PydanticCustomError("missing", "change at least one part of the facts")
        return changed


class EvaluateIn(Body):
    """The policy version under which to evaluate the request."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"policy_digest": DIGEST_EXAMPLE}, {}]}
    )

    policy_digest: Annotated[
        Personal[str | None],
        Field(
            max_length=71,
            pattern=r"^sha256:[0-9a-f]{64}$",
            description="The digest of a policy version; if null, the policy in force.",
        ),
    ] = None


class AskIn(Body):
    """A question to the requester about missing information."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"question": "Which school years is the attendance needed for, and why?"}]
        }
    )

    question: Annotated[
        Personal[Text], Field(description="The information that the requester should provide.")
    ]


class QuestionOut(RecordOut):
    """A question to the requester about missing information."""

    question: Annotated[
        str | None,
        Field(
            description=(
                "The information that the requester should provide; null in a de-identified view."
            )
        ),
    ]


class ReconsiderationOut(RecordOut):
    """The reconsideration of a refused request."""

    decision_id: Annotated[
        UUID | None, Field(description="The id of the decision that refused the request.")
    ]
    new_information: Annotated[
        str | None,
        Field(
            description=(
                "The information that became known after the refusal; null in a de-identified view."
            )
        ),
    ]


class MadeOut(Out):
    """The trigger and the time of an evaluation."""

    current: Annotated[
        bool,
        Field(
            description=(
                "True if the evaluation counts for the request; false if it was made under another"
                " policy version for comparison."
            )
        ),
    ]
    trigger: Annotated[
        EvaluationTrigger, Field(description="The event that caused the evaluation.")
    ]
    recorded_at: Annotated[
        datetime,
        Field(
            description=("The time of recording (UTC); a de-identified view gives the date only.")
        ),
    ]


class EvaluatedOut(MadeOut):
    """A short form of an evaluation, for the history of a request."""

    id: Annotated[UUID, Field(description="The id of the evaluation.")]
    outcome: Annotated[Outcome, Field(description="The recommendation of the evaluation.")]
    decided_at: Annotated[
        Step, Field(description="The policy question that determined the outcome.")
    ]
    release: Annotated[
        Release,
        Field(
            description=(
                "Whether the information may be disclosed now: `ready`, `hold` (a check is not met) or"
                " `none`."
            )
        ),
    ]
    policy_version: Annotated[str, Field(description="The name of the policy version.")]
    policy_digest: Annotated[str, Field(description="The digest of the policy version.")]


class CurrentEvaluationOut(BriefEvaluationOut, MadeOut):
    """The current evaluation of a request.

    To read the policy clauses behind each finding, use
    `/v1/sharing-requests/{request_id}/evaluations/{evaluation_id}`.
    """


class RequestEvaluationOut(EvaluationOut, MadeOut):
    """An evaluation of a request. Each finding lists the policy clauses that support it."""


class SummaryOut(Out):
    """A summary of a request: codes and times only, no personal data."""

    id: Annotated[UUID, Field(description="The id of the request.")]
    version: Annotated[
        int, Field(description="The version of the request; each change increases it.")
    ]
    status: Annotated[Status, Field(description="The status of the request.")]
    view: Annotated[
        Literal["full", "deidentified"],
        Field(description="The view that the caller has of the request."),
    ]
    direction: Annotated[
        Direction,
        Field(
            description=(
                "Whether the school received the request or shares on its own initiative."
            ),
            examples=["received"],
        ),
    ]
    urgency: Annotated[
        Urgency, Field(description="The urgency of the request.", examples=["urgent"])
    ]
    purpose_code: Annotated[
        PurposeCode, Field(description="The purpose of sharing.", examples=["section_47_enquiry"])
    ]
    recipient_type: Annotated[
        OrganisationType, Field(description="The type of the recipient's organisation.")
    ]
    outcome: Annotated[
        Outcome,
        Field(description="The recommendation of the current evaluation.", examples=["share"]),
    ]
    release: Annotated[
        Release,
        Field(
            description=(
                "Whether the information may be disclosed now: `ready`, `hold` (a check is not met) or"
                " `none`."
            ),
            examples=["ready"],
        ),
    ]
    decision: Annotated[
        DecisionOutcome | None,
        Field(
            description=("The outcome of the latest decision; null if the request is undecided.")
        ),
    ]
    departs_from_evaluation: Annotated[
        bool,
        Field(
            description=("True if the decision differs from the recommendation of the evaluation.")
        ),
    ]
    policy_digest: Annotated[
        str, Field(description="The digest of the policy that the current evaluation used.")
    ]
    submitted_by: Annotated[ByOut, Field(description="The account that submitted the request.")]
    submitted_at: Annotated[datetime, Field(description="The time of submission (UTC).")]
    decided_at: Annotated[
        datetime | None,
        Field(
            description=("The time of the latest decision (UTC); null if the request is undecided.")
        ),
    ]
    due_at: Annotated[
        datetime | None, Field(description="The time by which a decision is due (UTC).")
    ]
    overdue: Annotated[
        bool,
        Field(description=("True if any deadline has passed. A passed deadline blocks no action.")),
    ]
    overdue_clocks: Annotated[
        list[OverdueClock], Field(description="The deadlines that have passed.")
    ]


class CompelledDetrimentOut(Out):
    """An assessment of whether sharing would harm the child more than not sharing."""

    more_detrimental: Annotated[
        Answer, Field(description="Whether sharing would harm the child more than not sharing.")
    ]
    why: Annotated[
        str | None, Field(description="The reason for the answer; null in a de-identified view.")
    ]


class CompelledOut(Out):
    """The statutory power that compels the school to share.

    The service displays and records it. It has no effect on the evaluation.
    """

    power: Annotated[
        StatutoryPower | None,
        Field(description="The statutory power; null if the submitter did not state one."),
    ]
    source: Annotated[
        str | None,
        Field(
            description="The provision that creates the power.",
            examples=["Children Act 2004, section 16H"],
        ),
    ]
    burden_explained: Annotated[
        Answer,
        Field(
            description=(
                "Whether the requester explained the reason for the request and the work that it"
                " causes the school."
            )
        ),
    ]
    explanation: Annotated[
        str | None, Field(description="The requester's explanation; null in a de-identified view.")
    ]
    compelled_reason: Annotated[
        str | None,
        Field(
            description=(
                "The purpose for which the school is compelled to share; null in a de-identified"
                " view."
            )
        ),
    ]
    detriment: Annotated[
        CompelledDetrimentOut,
        Field(description="Whether sharing would harm the child more than not sharing."),
    ]


class RoutedOut(Out):
    """A referral of the request to another procedure."""

    to: Annotated[
        Literal["ig_lead"],
        Field(description="The role that handles the request under that procedure."),
    ]
    because: Annotated[str, Field(description="The reason for the referral.")]


class RequestOut(SummaryOut):
    """A sharing request with its complete history, as far as the caller may see it."""

    facts: Annotated[FactsOut, Field(description="The facts as last stated. Each item has an id.")]
    evaluation: Annotated[CurrentEvaluationOut, Field(description="The current evaluation.")]
    evaluations: Annotated[
        list[EvaluatedOut],
        Field(
            description=(
                "All evaluations in short form, oldest first. The complete evaluation is"
                " at `/v1/sharing-requests/{request_id}/evaluations/{evaluation_id}`."
            )
        ),
    ]
    questions: Annotated[list[QuestionOut], Field(description="The questions to the requester.")]
    advice: Annotated[
        list[AdviceOut], Field(description="The requests for advice and their answers.")
    ]
    decisions: Annotated[
        list[DecisionOut],
        Field(description="All decisions, oldest first. The last one is in effect."),
    ]
    disclosures: Annotated[
        list[DisclosureOut], Field(description="The disclosures made under the request.")
    ]
    notices: Annotated[
        list[NoticeOut],
        Field(description="The notices: whether each person or family was informed."),
    ]
    consents: Annotated[
        list[ConsentOut], Field(description="The recorded consents, refusals and withdrawals.")
    ]
    reconsiderations: Annotated[
        list[ReconsiderationOut], Field(description="The reconsiderations after a refusal.")
    ]
    letters: Annotated[list[LetterOut], Field(description="The letters to the requester.")]
    retention_reviews: Annotated[
        list[RetentionReviewOut], Field(description="The reviews of the retention period.")
    ]
    tasks: Annotated[
        list[TaskOut],
        Field(description="The tasks of the request, with the time of completion if done."),
    ]
    compelled: Annotated[
        CompelledOut | None,
        Field(
            description=(
                "The statutory power that compels the school to share; null if none applies."
            )
        ),
    ]
    routed: Annotated[
        RoutedOut | None,
        Field(
            description=("The referral to another procedure; null if the request is decided here.")
        ),
    ]
    recipient_check: Annotated[
        RecipientCheckOut | None,
        Field(
            description=(
                "The comparison of the recipient with the directory; null if the facts cite no"
                " directory entry."
            )
        ),
    ]
    hints: Annotated[
        list[HintOut],
        Field(description=("Advice for the submitter before sharing. Hints block no action.")),
    ]
    retention: Annotated[RetentionOut, Field(description="The retention period of the record.")]
    emergency: Annotated[
        EmergencyRecordOut | None,
        Field(description="The emergency record; null if the request is not an emergency."),
    ]
    withdrawal: Annotated[
        WhyOut | None,
        Field(description="The withdrawal of the request; null if it was not withdrawn."),
    ]
    closure: Annotated[
        WhyOut | None, Field(description="The closure of the request; null if it was not closed.")
    ]
    disposal: Annotated[
        DisposalOut | None,
        Field(
            description=(
                "The disposal of the personal data: its author, reason and approval; null"
                " before disposal."
            )
        ),
    ]


class PageOut(Out):
    """A page of sharing requests."""

    items: Annotated[list[SummaryOut], Field(description="The requests, newest first.")]
    next_cursor: Annotated[
        str | None, Field(description="The cursor of the next page; null on the last page.")
    ]


class ListQuery(BaseModel):
    """Filters and paging parameters for the list of requests."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[Status | None, Field(description="Only requests with this status.")] = None
    outcome: Annotated[
        Outcome | None,
        Field(description="Only requests whose current evaluation has this outcome."),
    ] = None
    direction: Annotated[
        Direction | None, Field(description="Only requests with this direction.")
    ] = None
    subject: Annotated[
        Reference | None,
        Field(
            description=("Only requests about the person with this reference, as in `person_ref`.")
        ),
    ] = None
    recipient_type: Annotated[
        OrganisationType | None,
        Field(description="Only requests with this type of recipient organisation."),
    ] = None
    submitted_from: Annotated[
        PeriodEnd | None,
        Field(
            description=("Only requests submitted on or after this date, or at or after this time.")
        ),
    ] = None
    submitted_to: Annotated[
        PeriodEnd | None,
        Field(description=("Only requests submitted on or before this date, or before this time.")),
    ] = None
    overdue: Annotated[
        bool | None,
        Field(
            description=(
                "True: only requests with a passed deadline. False: only requests without one."
            )
        ),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=MAX_LIMIT, description="The maximum number of items on the page.")
    ] = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(max_length=1024, description="The `next_cursor` of the previous page.")
    ] = None


class ReconsiderIn(Body):
    """New information about a refused request."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "new_information": "The social worker explained the enquiry by telephone.",
                    "facts": {"purpose": {"code": "section_47_enquiry", "answer": "yes"}},
                }
            ]
        },
    )

    new_information: Annotated[
        Personal[Text], Field(description="The information that became known after the refusal.")
    ]
    facts: Annotated[
        Personal[dict[str, Any]],
        Field(
            default_factory=dict, description="The changed parts of the facts, merged as in PATCH."
        ),
    ]
