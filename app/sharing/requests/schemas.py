"""A sharing request over HTTP: how it is amended, how it is listed, and how it is shown."""

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
    """The changed parts of the facts object; objects are merged member by member, lists are
    replaced whole.
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
            raise PydanticCustomError("missing", "add at least one part of the facts")
        return changed


class EvaluateIn(Body):
    """Under which policy to evaluate again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"policy_digest": DIGEST_EXAMPLE}, {}]}
    )

    policy_digest: Annotated[
        Personal[str | None],
        Field(
            max_length=71,
            pattern=r"^sha256:[0-9a-f]{64}$",
            description="Digest of another version; empty: the policy in force.",
        ),
    ] = None


class AskIn(Body):
    """Information that is missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"question": "Which school years is the attendance needed for, and why?"}]
        }
    )

    question: Annotated[Personal[Text], Field(description="What is needed from the requester.")]


class QuestionOut(RecordOut):
    """A question to the requester."""

    question: Annotated[
        str | None, Field(description="What is needed; null in a de-identified view.")
    ]


class ReconsiderationOut(RecordOut):
    """New information after a refusal."""

    decision_id: Annotated[UUID | None, Field(description="The refusal.")]
    new_information: Annotated[
        str | None, Field(description="What has come to light; null in a de-identified view.")
    ]


class MadeOut(Out):
    """When and why the facts of a request were evaluated."""

    current: Annotated[
        bool, Field(description="False where it was made under a policy not in force, to compare.")
    ]
    trigger: Annotated[EvaluationTrigger, Field(description="Why the facts were evaluated.")]
    recorded_at: Annotated[
        datetime, Field(description="When it was recorded; to the day in a de-identified view.")
    ]


class EvaluatedOut(MadeOut):
    """An evaluation in the history of a request."""

    id: Annotated[UUID, Field(description="Its id.")]
    outcome: Annotated[Outcome, Field(description="What it recommends.")]
    decided_at: Annotated[Step, Field(description="The question that settled it.")]
    release: Annotated[Release, Field(description="Whether the information may leave yet.")]
    policy_version: Annotated[str, Field(description="Name of the policy version.")]
    policy_digest: Annotated[str, Field(description="Digest of the policy version.")]


class CurrentEvaluationOut(BriefEvaluationOut, MadeOut):
    """The current evaluation of a request. The clauses of the policy on which each finding rests
    are at `/v1/sharing-requests/{request_id}/evaluations/{evaluation_id}`.
    """


class RequestEvaluationOut(EvaluationOut, MadeOut):
    """An evaluation of a request, each finding with the clauses of the policy that it rests on."""


class SummaryOut(Out):
    """The head of a request: codes and instants, nothing personal."""

    id: Annotated[UUID, Field(description="The request's id.")]
    version: Annotated[int, Field(description="Goes up with every change.")]
    status: Annotated[Status, Field(description="Where it stands.")]
    view: Annotated[Literal["full", "deidentified"], Field(description="How much the caller sees.")]
    direction: Annotated[
        Direction, Field(description="Asked for, or our own initiative.", examples=["received"])
    ]
    urgency: Annotated[Urgency, Field(description="How soon.", examples=["urgent"])]
    purpose_code: Annotated[
        PurposeCode, Field(description="What for.", examples=["section_47_enquiry"])
    ]
    recipient_type: Annotated[
        OrganisationType, Field(description="With what kind of organisation.")
    ]
    outcome: Annotated[
        Outcome, Field(description="What the current evaluation recommends.", examples=["share"])
    ]
    release: Annotated[Release, Field(description="Whether it may leave yet.", examples=["ready"])]
    decision: Annotated[
        DecisionOutcome | None, Field(description="What a person decided; null while undecided.")
    ]
    departs_from_evaluation: Annotated[
        bool, Field(description="Whether the decision differs from what the evaluation recommends.")
    ]
    policy_digest: Annotated[str, Field(description="The policy of the current evaluation.")]
    submitted_by: Annotated[ByOut, Field(description="Who submitted it.")]
    submitted_at: Annotated[datetime, Field(description="When.")]
    decided_at: Annotated[datetime | None, Field(description="When it was last decided.")]
    due_at: Annotated[datetime | None, Field(description="When a decision is due.")]
    overdue: Annotated[
        bool, Field(description="Whether any clock has run out; never blocks anything.")
    ]
    overdue_clocks: Annotated[list[OverdueClock], Field(description="Which clocks have run out.")]


class CompelledDetrimentOut(Out):
    """Whether sharing would do the child more harm than not sharing."""

    more_detrimental: Annotated[Answer, Field(description="What was answered.")]
    why: Annotated[str | None, Field(description="Why; null in a de-identified view.")]


class CompelledOut(Out):
    """By what power the school is made to share. Shown and recorded; it changes no evaluation."""

    power: Annotated[
        StatutoryPower | None, Field(description="What compels; null where nobody said.")
    ]
    source: Annotated[
        str | None,
        Field(description="Where it stands in law.", examples=["Children Act 2004, section 16H"]),
    ]
    burden_explained: Annotated[
        Answer,
        Field(description="Whether they explained why they ask and what it asks of the school."),
    ]
    explanation: Annotated[
        str | None, Field(description="What they explained; null in a de-identified view.")
    ]
    compelled_reason: Annotated[
        str | None,
        Field(description="What the school is compelled for; null in a de-identified view."),
    ]
    detriment: Annotated[
        CompelledDetrimentOut, Field(description="Whether sharing would do the child more harm.")
    ]


class RoutedOut(Out):
    """Another procedure, which somebody else looks after."""

    to: Annotated[Literal["ig_lead"], Field(description="Who takes it.")]
    because: Annotated[str, Field(description="Why.")]


class RequestOut(SummaryOut):
    """A sharing request with everything that happened to it, as far as the caller sees it."""

    facts: Annotated[
        FactsOut, Field(description="The facts as last stated, each item with its id.")
    ]
    evaluation: Annotated[CurrentEvaluationOut, Field(description="The current evaluation.")]
    evaluations: Annotated[
        list[EvaluatedOut],
        Field(
            description=(
                "Every evaluation, oldest first; each is whole at"
                " `/v1/sharing-requests/{request_id}/evaluations/{evaluation_id}`."
            )
        ),
    ]
    questions: Annotated[list[QuestionOut], Field(description="What the requester was asked.")]
    advice: Annotated[list[AdviceOut], Field(description="Advice sought and given.")]
    decisions: Annotated[
        list[DecisionOut], Field(description="Every decision, oldest first; the last one stands.")
    ]
    disclosures: Annotated[list[DisclosureOut], Field(description="What was shared.")]
    notices: Annotated[list[NoticeOut], Field(description="Whether people were told.")]
    consents: Annotated[list[ConsentOut], Field(description="Consent as it changed.")]
    reconsiderations: Annotated[
        list[ReconsiderationOut], Field(description="New information after a refusal.")
    ]
    letters: Annotated[list[LetterOut], Field(description="Written answers to the requester.")]
    retention_reviews: Annotated[
        list[RetentionReviewOut], Field(description="Reviews of how long it is kept.")
    ]
    tasks: Annotated[list[TaskOut], Field(description="What is still to be done.")]
    compelled: Annotated[
        CompelledOut | None,
        Field(description="By what power the school is made to share; null where it is not."),
    ]
    routed: Annotated[
        RoutedOut | None,
        Field(description="Who takes it by another procedure; null for what is decided here."),
    ]
    recipient_check: Annotated[
        RecipientCheckOut | None,
        Field(
            description="How the recipient agrees with the directory; null where no entry is cited."
        ),
    ]
    hints: Annotated[
        list[HintOut], Field(description="What to think of before sharing; conditions of nothing.")
    ]
    retention: Annotated[RetentionOut, Field(description="How long the record is kept.")]
    emergency: Annotated[
        EmergencyRecordOut | None, Field(description="What was told of it, for an emergency.")
    ]
    withdrawal: Annotated[WhyOut | None, Field(description="That it was taken back.")]
    closure: Annotated[WhyOut | None, Field(description="That it was closed.")]
    disposal: Annotated[
        DisposalOut | None,
        Field(
            description=(
                "By whom, why and with whose approval what was personal was destroyed; null until"
                " then."
            )
        ),
    ]


class PageOut(Out):
    """A page of requests."""

    items: Annotated[list[SummaryOut], Field(description="Newest first.")]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]


class ListQuery(BaseModel):
    """What a list of requests is narrowed to, and which page of it."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[Status | None, Field(description="Where they stand.")] = None
    outcome: Annotated[Outcome | None, Field(description="What the evaluation recommends.")] = None
    direction: Annotated[
        Direction | None, Field(description="Asked for, or our own initiative.")
    ] = None
    subject: Annotated[
        Reference | None, Field(description="Reference of a person, as in `person_ref`.")
    ] = None
    recipient_type: Annotated[
        OrganisationType | None, Field(description="Kind of organisation.")
    ] = None
    submitted_from: Annotated[
        PeriodEnd | None, Field(description="Submitted on or after this day, or from this instant.")
    ] = None
    submitted_to: Annotated[
        PeriodEnd | None,
        Field(description="Submitted on or before this day, or before this instant."),
    ] = None
    overdue: Annotated[
        bool | None, Field(description="Only those with (or without) a clock that has run out.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many items at most.")] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[
        str | None, Field(max_length=1024, description="`next_cursor` of the page before.")
    ] = None


class ReconsiderIn(Body):
    """New information after a refusal."""

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

    new_information: Annotated[Personal[Text], Field(description="What has come to light.")]
    facts: Annotated[
        Personal[dict[str, Any]],
        Field(default_factory=dict, description="The parts of the facts that change, as in PATCH."),
    ]
