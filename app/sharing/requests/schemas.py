"""Request and reply schemas for sharing requests."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator
from pydantic_core import PydanticCustomError

from app.kernel.classification import Personal
from app.platform.instants import PeriodEnd
from app.platform.paging import DEFAULT_LIMIT, MAX_LIMIT, MOST_VALUES
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

    question: Annotated[Personal[Text], Field(description="The missing information.")]


class InformationQuestionOut(RecordOut):
    """A question to the requester about missing information."""

    question: Annotated[
        str | None, Field(description="The information to provide; null in a de-identified view.")
    ]


class ReconsiderationOut(RecordOut):
    """The reconsideration of a refused request."""

    decision_id: Annotated[
        UUID | None, Field(description="The id of the decision that refused the request.")
    ]
    new_information: Annotated[
        str | None, Field(description="The new information; null in a de-identified view.")
    ]


class MadeOut(Out):
    """The trigger and the time of an evaluation."""

    current: Annotated[
        bool, Field(description="False if the evaluation only compares another policy version.")
    ]
    trigger: Annotated[EvaluationTrigger, Field(description="The reason for the evaluation.")]
    recorded_at: Annotated[
        datetime, Field(description="The time of recording (UTC); a date in a de-identified view.")
    ]


class EvaluatedOut(MadeOut):
    """A short form of an evaluation, for the history of a request."""

    id: Annotated[UUID, Field(description="The id of the evaluation.")]
    outcome: Annotated[Outcome, Field(description="The recommendation of the evaluation.")]
    decided_at: Annotated[Step, Field(description="The policy question that decided the outcome.")]
    release: Annotated[
        Release,
        Field(description="Whether disclosure is possible now; `hold`: a check is not met."),
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
    version: Annotated[int, Field(description="The version number; each change increases it.")]
    status: Annotated[Status, Field(description="The status of the request.")]
    view: Annotated[
        Literal["full", "deidentified"],
        Field(description="The view that the caller has of the request."),
    ]
    direction: Annotated[
        Direction,
        Field(
            description="Whether the school was asked or shares on its own initiative.",
            examples=["received"],
        ),
    ]
    urgency: Annotated[Urgency, Field(description="The stated urgency.", examples=["urgent"])]
    purpose_code: Annotated[
        PurposeCode, Field(description="The purpose of sharing.", examples=["section_47_enquiry"])
    ]
    recipient_type: Annotated[OrganisationType, Field(description="The type of organisation.")]
    outcome: Annotated[
        Outcome,
        Field(description="The recommendation of the current evaluation.", examples=["share"]),
    ]
    release: Annotated[
        Release,
        Field(
            description="Whether disclosure is possible now; `hold`: a check is not met.",
            examples=["ready"],
        ),
    ]
    decision: Annotated[
        DecisionOutcome | None,
        Field(description="The outcome of the latest decision; null if undecided."),
    ]
    departs_from_evaluation: Annotated[
        bool, Field(description="Whether the decision differs from the recommendation.")
    ]
    policy_digest: Annotated[str, Field(description="The digest of the policy that was evaluated.")]
    submitted_by: Annotated[ByOut, Field(description="The account that submitted the request.")]
    submitted_at: Annotated[datetime, Field(description="The time of submission (UTC).")]
    decided_at: Annotated[datetime | None, Field(description="The time of the last decision.")]
    due_at: Annotated[datetime | None, Field(description="The deadline for a decision (UTC).")]
    overdue: Annotated[bool, Field(description="Whether a deadline has passed.")]
    overdue_clocks: Annotated[list[OverdueClock], Field(description="The passed deadlines.")]


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
        StatutoryPower | None, Field(description="The statutory power; null if none was stated.")
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
            description="Whether the requester explained the need and the effort for the school."
        ),
    ]
    explanation: Annotated[
        str | None, Field(description="The requester's explanation; null in a de-identified view.")
    ]
    compelled_reason: Annotated[
        str | None,
        Field(description="The reason for the compulsion; null in a de-identified view."),
    ]
    detriment: Annotated[
        CompelledDetrimentOut,
        Field(description="Whether sharing would harm the child more than not sharing."),
    ]


class RoutedOut(Out):
    """A referral of the request to another procedure."""

    to: Annotated[Literal["ig_lead"], Field(description="The role that handles the request.")]
    because: Annotated[str, Field(description="The reason for the referral.")]


class RequestOut(SummaryOut):
    """A sharing request with its complete history, as far as the caller may see it."""

    facts: Annotated[FactsOut, Field(description="The facts as last stated. Each item has an id.")]
    evaluation: Annotated[CurrentEvaluationOut, Field(description="The current evaluation.")]
    evaluations: Annotated[
        list[EvaluatedOut],
        Field(
            description=(
                "All evaluations in short form, oldest first. The complete one is at"
                " `/v1/sharing-requests/{request_id}/evaluations/{evaluation_id}`."
            )
        ),
    ]
    questions: Annotated[
        list[InformationQuestionOut], Field(description="The questions to the requester.")
    ]
    advice: Annotated[list[AdviceOut], Field(description="The advice sought and given.")]
    decisions: Annotated[
        list[DecisionOut],
        Field(description="All decisions, oldest first. The last one is in effect."),
    ]
    disclosures: Annotated[list[DisclosureOut], Field(description="The recorded disclosures.")]
    notices: Annotated[list[NoticeOut], Field(description="The notices to each person or family.")]
    consents: Annotated[list[ConsentOut], Field(description="The recorded consents and refusals.")]
    reconsiderations: Annotated[
        list[ReconsiderationOut], Field(description="The reconsiderations after a refusal.")
    ]
    letters: Annotated[list[LetterOut], Field(description="The letters to the requester.")]
    retention_reviews: Annotated[
        list[RetentionReviewOut], Field(description="The reviews of the retention period.")
    ]
    tasks: Annotated[list[TaskOut], Field(description="The tasks that follow from the request.")]
    compelled: Annotated[
        CompelledOut | None, Field(description="The power that compels sharing; null if none.")
    ]
    routed: Annotated[
        RoutedOut | None, Field(description="The referral to another procedure; null if none.")
    ]
    recipient_check: Annotated[
        RecipientCheckOut | None,
        Field(description="The check against the directory; null if the facts cite no entry."),
    ]
    hints: Annotated[
        list[HintOut],
        Field(description="Advice for the submitter before sharing. Hints block no action."),
    ]
    retention: Annotated[RetentionOut, Field(description="The retention period of the record.")]
    emergency: Annotated[
        EmergencyRecordOut | None, Field(description="The emergency record; null if none.")
    ]
    withdrawal: Annotated[
        WhyOut | None, Field(description="The withdrawal; null if not withdrawn.")
    ]
    closure: Annotated[
        WhyOut | None, Field(description="The closure; null if the request is not closed.")
    ]
    disposal: Annotated[
        DisposalOut | None, Field(description="The disposal; null if not disposed of.")
    ]


class PageOut(Out):
    """A page of sharing requests."""

    items: Annotated[list[SummaryOut], Field(description="The requests, newest first.")]
    next_cursor: Annotated[
        str | None, Field(description="The cursor of the next page; null on the last page.")
    ]


class ListQuery(BaseModel):
    """Filters and paging parameters for the list of requests. The client repeats a parameter to
    send several values.
    """

    model_config = ConfigDict(extra="forbid")

    status: Annotated[
        list[Status] | None, Field(max_length=MOST_VALUES, description="These statuses only.")
    ] = None
    outcome: Annotated[
        list[Outcome] | None,
        Field(max_length=MOST_VALUES, description="These outcomes only."),
    ] = None
    direction: Annotated[
        list[Direction] | None, Field(max_length=MOST_VALUES, description="These directions only.")
    ] = None
    subject: Annotated[
        Reference | None, Field(description="Only requests about this person (`person_ref`).")
    ] = None
    recipient_type: Annotated[
        list[OrganisationType] | None,
        Field(max_length=MOST_VALUES, description="These types only."),
    ] = None
    submitted_from: Annotated[
        PeriodEnd | None, Field(description="Only submissions on or after this date or time.")
    ] = None
    submitted_to: Annotated[
        PeriodEnd | None,
        Field(description="Only submissions on or before this date, or before this time."),
    ] = None
    overdue: Annotated[
        bool | None,
        Field(description="Only requests with (true) or without (false) a passed deadline."),
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

    new_information: Annotated[Personal[Text], Field(description="The new information.")]
    facts: Annotated[
        Personal[dict[str, Any]],
        Field(
            default_factory=dict, description="The changed parts of the facts, merged as in PATCH."
        ),
    ]
