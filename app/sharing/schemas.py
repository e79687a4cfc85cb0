"""What comes in and goes out over HTTP for sharing requests. Bodies refuse fields that they do not know."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, StringConstraints

from app.platform.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.policy.schemas import EvaluationOut, PurposeIn, RecipientIn, SubjectIn
from app.policy.vocabulary import (
    Answer,
    Authority,
    ConsentForm,
    ConsentStatus,
    Direction,
    ItemCategory,
    LawfulReasonCode,
    NotSoughtReason,
    OrganisationType,
    Outcome,
    PurposeCode,
    SecureRoute,
    TransparencyDecision,
    TransparencyReason,
)
from app.sharing.decisions import DecisionOutcome
from app.sharing.model import Status

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one never goes silently missing."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class AmendIn(RootModel[dict[str, Any]]):
    """The changed parts of the facts object; objects are merged member by member, lists are replaced whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"how": {"secure": "yes"}, "recipient": {"secure_route": "secure_email"}}], "minProperties": 1}
    )


class EvaluateIn(Body):
    """Under which policy to evaluate again."""

    policy_digest: Annotated[
        str | None,
        Field(pattern=r"^sha256:[0-9a-f]{64}$", description="Digest of another version; empty: the policy in force."),
    ] = None


class LawfulReasonIn(Body):
    """The lawful reason that the decision rests on."""

    code: Annotated[LawfulReasonCode, Field(description="Which lawful reason.")]
    necessity: Annotated[Text | None, Field(description="Why sharing is necessary for it.")] = None


class RefusalIn(Body):
    """The talk with the requester about a refusal."""

    discussed_with_requester: Annotated[Answer, Field(description="Whether the reasons were discussed.")]
    how: Annotated[Text, Field(description="How and when, or why not yet.")]


class DecideIn(Body):
    """A person's decision."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"outcome": "share", "reasons": "Needed for the section 47 enquiry; only attendance this term."},
                {
                    "outcome": "do_not_share",
                    "reasons": "No purpose that concerns the child.",
                    "refusal": {"discussed_with_requester": "yes", "how": "By telephone the same day."},
                },
            ]
        },
    )

    outcome: Annotated[DecisionOutcome, Field(description="What is decided.")]
    reasons: Annotated[Text, Field(description="Why: the record of a decision is its reasons.")]
    items: Annotated[list[UUID] | None, Field(max_length=200, description="Items that may be shared; needed for a part.")] = None
    lawful_reason: Annotated[LawfulReasonIn | None, Field(description="What the decision rests on, where there is no consent.")] = None
    departs_because: Annotated[Text | None, Field(description="Why the decision differs from the evaluation; required when it does.")] = (
        None
    )
    refusal: Annotated[RefusalIn | None, Field(description="Required for a decision not to share.")] = None


class DisclosureRecipientIn(Body):
    """Who received it."""

    named_individual: Annotated[Short | None, Field(description="Who, by name.")] = None
    role_title: Annotated[Short | None, Field(description="Their role.")] = None
    organisation: Annotated[Short | None, Field(description="Where they work.")] = None


class ReceiptIn(Body):
    """The recipient's acknowledgement."""

    acknowledged_by: Annotated[Short, Field(description="Who acknowledged.")]
    at: Annotated[AwareDatetime, Field(description="When.")]


class DiscloseIn(Body):
    """What was in fact shared."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "decision_id": "01a2048c-538b-7f43-a0cf-42edea9dbc8d",
                    "recipient": {"named_individual": "A. Khan", "role_title": "Social worker"},
                    "route": "secure_email",
                    "sent_at": "2026-11-23T11:05:00Z",
                }
            ]
        },
    )

    decision_id: Annotated[UUID, Field(description="The decision that permits it.")]
    items: Annotated[list[UUID] | None, Field(max_length=200, description="Which items; empty: all that the decision permits.")] = None
    recipient: Annotated[DisclosureRecipientIn, Field(description="Who received it.")]
    route: Annotated[SecureRoute, Field(description="How it went.")]
    sent_at: Annotated[AwareDatetime, Field(description="When it went.")]
    secure_exception: Annotated[Text | None, Field(description="Why no secure route was used; required with route `none`.")] = None
    receipt: Annotated[ReceiptIn | None, Field(description="The recipient's acknowledgement, when there is one.")] = None


class WhyIn(Body):
    """An optional reason."""

    why: Annotated[Text | None, Field(description="Why, in a few words.")] = None


class AskIn(Body):
    """Information that is missing."""

    question: Annotated[Text, Field(description="What is needed from the requester.")]


class EmergencyPurposeIn(PurposeIn):
    """What it was for, as far as there is time to say."""


class EmergencyIn(Body):
    """Sharing that was done or must be done now. Only what, with whom and why are needed; all else when there is time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "occurred_at": "2026-11-23T14:52:00Z",
                    "recipient": {"organisation": "Police", "organisation_type": "police", "named_individual": "PC on the 999 call"},
                    "what": "Name, address, what she said",
                    "why": "Child in danger now",
                    "subjects": [{"person_ref": "mis:7781"}],
                    "purpose": {"code": "missing_child"},
                }
            ]
        },
    )

    occurred_at: Annotated[AwareDatetime | None, Field(description="When it was shared; empty: now.")] = None
    recipient: Annotated[RecipientIn, Field(description="With whom; the type of organisation at least.")]
    what: Annotated[Text, Field(description="What was shared.")]
    why: Annotated[Text, Field(description="Why it could not wait.")]
    subjects: Annotated[list[SubjectIn], Field(max_length=50, description="Whom it is about.")] = []
    purpose: Annotated[EmergencyPurposeIn | None, Field(description="What it was for.")] = None
    facts: Annotated[
        dict[str, Any],
        Field(description="Any parts of the facts object that are known. What cannot be read is kept, flagged and completed later."),
    ] = {}


class ByOut(BaseModel):
    """Who did it."""

    subject: Annotated[str | None, Field(description="The account's random id; null in a de-identified view.")]
    role: Annotated[str, Field(description="In which role.", examples=["dsl"])]


class RecordOut(BaseModel):
    """Something that was recorded."""

    model_config = ConfigDict(extra="allow")

    id: Annotated[UUID, Field(description="Its id.")]
    recorded_at: Annotated[datetime, Field(description="When it was recorded; to the day in a de-identified view.")]
    recorded_by: Annotated[ByOut | None, Field(description="By whom.")] = None


class DecisionOut(RecordOut):
    """A decision that was recorded. Never edited; a later one supersedes it."""

    outcome: Annotated[DecisionOutcome, Field(description="What was decided.")]
    departs: Annotated[bool, Field(description="Whether it differs from the evaluation.")]
    evaluation_id: Annotated[UUID, Field(description="The evaluation that it was decided on.")]
    items: Annotated[list[UUID], Field(description="The items that may be shared.")]
    lawful_reason_code: Annotated[LawfulReasonCode | None, Field(description="The lawful reason that it rests on.")]
    discussed_with_requester: Annotated[Answer | None, Field(description="For a refusal: whether it was discussed.")]
    supersedes: Annotated[UUID | None, Field(description="The decision that it takes the place of.")]
    reasons: Annotated[str | None, Field(description="Why.")]
    departs_because: Annotated[str | None, Field(description="Why it differs from the evaluation.")]


class DisclosureOut(RecordOut):
    """What was shared."""

    decision_id: Annotated[UUID | None, Field(description="The decision that permitted it; null for an emergency.")]
    items: Annotated[list[UUID], Field(description="What went.")]
    items_not_shared: Annotated[list[UUID], Field(description="What did not go.")]
    route: Annotated[SecureRoute, Field(description="How it went.")]
    sent_at: Annotated[datetime, Field(description="When it went.")]
    receipt_at: Annotated[datetime | None, Field(description="When receipt was acknowledged.")]
    recipient: Annotated[dict[str, Any] | None, Field(description="Who received it.")]


class SummaryOut(BaseModel):
    """The head of a request: codes and instants, nothing personal."""

    id: Annotated[UUID, Field(description="The request's id.")]
    version: Annotated[int, Field(description="Goes up with every change.")]
    status: Annotated[Status, Field(description="Where it stands.")]
    view: Annotated[Literal["full", "deidentified"], Field(description="How much the caller sees.")]
    direction: Annotated[str, Field(description="Asked for, or our own initiative.", examples=["received"])]
    urgency: Annotated[str, Field(description="How soon.", examples=["urgent"])]
    purpose_code: Annotated[str, Field(description="What for.", examples=["section_47_enquiry"])]
    recipient_type: Annotated[OrganisationType, Field(description="With what kind of organisation.")]
    outcome: Annotated[str, Field(description="What the evaluation that counts recommends.", examples=["share"])]
    release: Annotated[str, Field(description="Whether it may leave yet.", examples=["ready"])]
    decision: Annotated[DecisionOutcome | None, Field(description="What a person decided; null while undecided.")]
    departs: Annotated[bool, Field(description="Whether the decision differs from the evaluation.")]
    policy_digest: Annotated[str, Field(description="The policy that the evaluation that counts was made under.")]
    submitted_by: Annotated[ByOut, Field(description="Who submitted it.")]
    submitted_at: Annotated[datetime, Field(description="When.")]
    decided_at: Annotated[datetime | None, Field(description="When it was last decided.")]
    due_at: Annotated[datetime | None, Field(description="When a decision is due.")]
    overdue: Annotated[bool, Field(description="Whether any clock has run out; never blocks anything.")]
    overdue_clocks: Annotated[list[str], Field(description="Which clocks: decision, record, advice, notice.")]


class TaskOut(BaseModel):
    """Something still to be done."""

    code: Annotated[str, Field(description="What.", examples=["complete_record_retrospectively"])]
    due: Annotated[datetime | None, Field(description="By when.")]
    done_at: Annotated[datetime | None, Field(description="When it was done.")] = None


class RetentionOut(BaseModel):
    """How long the record is kept."""

    model_config = ConfigDict(populate_by_name=True)

    class_: Annotated[str, Field(alias="class", description="The policy's retention class.")]
    retain_until: Annotated[date | None, Field(description="Kept until.")]
    review_on: Annotated[date | None, Field(description="Looked at again on.")]
    legal_hold: Annotated[bool, Field(description="Held against disposal.")]


class RequestOut(SummaryOut):
    """A sharing request with everything that happened to it, as far as the caller sees it."""

    facts: Annotated[dict[str, Any], Field(description="The facts as last stated, each item with its id.")]
    evaluation: Annotated[EvaluationOut, Field(description="The evaluation that counts.")]
    evaluations: Annotated[list[EvaluationOut], Field(description="Every evaluation, oldest first.")]
    questions: Annotated[list[RecordOut], Field(description="What the requester was asked.")]
    advice: Annotated[list[RecordOut], Field(description="Advice sought and given.")]
    decisions: Annotated[list[DecisionOut], Field(description="Every decision, oldest first; the last one stands.")]
    disclosures: Annotated[list[DisclosureOut], Field(description="What was shared.")]
    notices: Annotated[list[RecordOut], Field(description="Whether people were told.")]
    consents: Annotated[list[RecordOut], Field(description="Consent as it changed.")]
    reconsiderations: Annotated[list[RecordOut], Field(description="New information after a refusal.")]
    letters: Annotated[list[RecordOut], Field(description="Written answers to the requester.")]
    retention_reviews: Annotated[list[RecordOut], Field(description="Reviews of how long it is kept.")]
    tasks: Annotated[list[TaskOut], Field(description="What is still to be done.")]
    retention: Annotated[RetentionOut, Field(description="How long the record is kept.")]


class PageOut(BaseModel):
    """A page of requests."""

    items: Annotated[list[SummaryOut], Field(description="Newest first.")]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]


class EmergencyOut(BaseModel):
    """An emergency as it was recorded."""

    sharing_request: Annotated[RequestOut, Field(description="The request, with status `emergency_recorded`.")]
    evaluation: Annotated[EvaluationOut, Field(description="What the policy says of the facts known so far.")]
    disclosure: Annotated[DisclosureOut, Field(description="What was shared.")]
    task: Annotated[TaskOut, Field(description="Completing the record afterwards.")]
    flags: Annotated[list[str], Field(description="What is missing or unusual; nothing was refused for it.")]


class SeekAdviceIn(Body):
    """A question to somebody who can advise, put without naming anybody."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"ask": "dsl", "question": "Is this remark a disclosure?", "release_free_text": False}]},
    )

    ask: Annotated[Literal["dsl", "manager", "ig_lead"], Field(description="Whom.")]
    question: Annotated[Text, Field(description="What you want to know; leave out names and anything that tells who it is.")]
    release_free_text: Annotated[bool, Field(description="Whether the adviser sees the free text; names and references never.")] = False


class AnswerAdviceIn(Body):
    """Advice, and what came of talking about it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "advice": "Treat it as a disclosure; do not ask her more.",
                    "advised_outcome": "share",
                    "outcome_of_discussion": "Refer to social care today.",
                }
            ]
        },
    )

    advice: Annotated[Text, Field(description="The advice.")]
    advised_outcome: Annotated[DecisionOutcome | None, Field(description="What you would decide, if you would say.")] = None
    outcome_of_discussion: Annotated[Text, Field(description="What was agreed.")]


class NotifyIn(Body):
    """Whether a person or their family was told."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"person_ref": "mis:7781", "decision": "deferred", "reason": "would_prejudice_enquiry", "revisit_on": "2026-12-07"}
            ]
        },
    )

    person_ref: Annotated[Short, Field(description="One of the request's subjects.")]
    decision: Annotated[TransparencyDecision, Field(description="Told before, told after, not told, or put off.")]
    reason: Annotated[TransparencyReason | None, Field(description="Why not; required when not told or put off.")] = None
    revisit_on: Annotated[date | None, Field(description="When it is looked at again; required when put off.")] = None
    how: Annotated[Text | None, Field(description="How they were told.")] = None


class ConsentScopeIn(Body):
    """What a consent covers; null is everything."""

    purposes: Annotated[list[PurposeCode] | None, Field(max_length=50, description="For which purposes.")] = None
    recipients: Annotated[list[OrganisationType] | None, Field(max_length=50, description="To what kinds of organisation.")] = None
    items: Annotated[list[ItemCategory] | None, Field(max_length=50, description="Which kinds of information.")] = None


class ConsentIn(Body):
    """A person's consent or refusal, or why neither was had. Consent is explicit, freely given, and may be withdrawn at any time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "person_ref": "mis:7781",
                    "status": "given",
                    "explicit": True,
                    "freely_given": "yes",
                    "unambiguous": "yes",
                    "form": "written",
                    "authority": "parental_responsibility",
                    "scope": {"purposes": ["sen_support"], "recipients": ["educational_psychologist"], "items": None},
                    "given_at": "2026-11-20T09:00:00Z",
                    "expires_on": "2027-07-31",
                    "evidence": "Form on file",
                }
            ]
        },
    )

    person_ref: Annotated[Short, Field(description="Whose information it is: one of the request's subjects.")]
    status: Annotated[ConsentStatus, Field(description="How it stands.")]
    not_sought_reason: Annotated[NotSoughtReason | None, Field(description="Why it was not sought.")] = None
    explicit: Annotated[bool | None, Field(description="Whether it was said in so many words.")] = None
    freely_given: Annotated[Answer | None, Field(description="Whether nobody pressed for it.")] = None
    unambiguous: Annotated[Answer | None, Field(description="Whether it could be understood otherwise.")] = None
    form: Annotated[ConsentForm | None, Field(description="Written, verbal or electronic.")] = None
    authority: Annotated[Authority | None, Field(description="By what right it was given.")] = None
    competence: Annotated[
        Literal["assessed_competent", "assessed_not_competent", "not_assessed"] | None,
        Field(description="Whether a child who consents was judged able to (Gillick)."),
    ] = None
    objection: Annotated[
        Literal["none", "objects", "objection_weighed_and_overridden"] | None,
        Field(description="An objection is weighed apart from consent; it forbids nothing by itself."),
    ] = None
    scope: Annotated[ConsentScopeIn | None, Field(description="What it covers.")] = None
    given_at: Annotated[AwareDatetime | None, Field(description="When it was given.")] = None
    expires_on: Annotated[date | None, Field(description="The last day on which it holds.")] = None
    evidence: Annotated[Text | None, Field(description="Where it can be seen.")] = None


class WithdrawConsentIn(Body):
    """A consent taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"withdrawn_by": "Mother", "at": "2026-11-23T09:00:00Z"}]})

    withdrawn_by: Annotated[Short, Field(description="Who withdrew it.")]
    at: Annotated[AwareDatetime | None, Field(description="When; empty: now.")] = None


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

    new_information: Annotated[Text, Field(description="What has come to light.")]
    facts: Annotated[dict[str, Any], Field(description="The parts of the facts that change, as in PATCH.")] = {}


class LetterIn(Body):
    """What a written answer to the requester of a refused request may say."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reasons": "You told us of no purpose that concerns the child's welfare.",
                    "contact": "The designated safeguarding lead, by telephone through the school office.",
                    "asked": "Whether the family lives at the address you gave.",
                }
            ]
        },
    )

    reasons: Annotated[Text, Field(description="Why, in words that may leave the school.")]
    contact: Annotated[Text, Field(description="Whom the requester can turn to.")]
    asked: Annotated[Text | None, Field(description="What they asked for, as it may be repeated to them.")] = None


class ListQuery(BaseModel):
    """What a list of requests is narrowed to, and which page of it."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[Status | None, Field(description="Where they stand.")] = None
    outcome: Annotated[Outcome | None, Field(description="What the evaluation recommends.")] = None
    direction: Annotated[Direction | None, Field(description="Asked for, or our own initiative.")] = None
    subject: Annotated[str | None, Field(min_length=1, max_length=200, description="Reference of a person, as in `person_ref`.")] = None
    recipient_type: Annotated[OrganisationType | None, Field(description="Kind of organisation.")] = None
    submitted_from: Annotated[AwareDatetime | None, Field(description="From this instant on.")] = None
    submitted_to: Annotated[AwareDatetime | None, Field(description="Before this instant.")] = None
    overdue: Annotated[bool | None, Field(description="Only those with (or without) a clock that has run out.")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many at most.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=1024, description="`next_cursor` of the page before.")] = None
