"""Advice, notices, consent, reconsideration and letters over HTTP."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.platform.instants import Day, When
from app.platform.references import Reference
from app.policy.engine.vocabulary import (
    Answer,
    Authority,
    ConsentForm,
    ConsentStatus,
    ItemCategory,
    NotSoughtReason,
    OrganisationType,
    PurposeCode,
    TransparencyDecision,
    TransparencyReason,
)
from app.sharing.decisions.rules import DecisionOutcome
from app.sharing.schemas import Body, Short, Text


class SeekAdviceIn(Body):
    """A question to somebody who can advise, put without naming anybody."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ask": "dsl",
                    "question": "Is this remark a disclosure?",
                    "release_free_text": False,
                }
            ]
        },
    )

    ask: Annotated[Literal["dsl", "manager", "ig_lead"], Field(description="Whom.")]
    question: Annotated[
        Text,
        Field(
            description="What you want to know; leave out names and anything that tells who it is."
        ),
    ]
    release_free_text: Annotated[
        bool,
        Field(description="Whether the adviser sees the free text; names and references never."),
    ] = False


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
    advised_outcome: Annotated[
        DecisionOutcome | None, Field(description="What you would decide, if you would say.")
    ] = None
    outcome_of_discussion: Annotated[Text, Field(description="What was agreed.")]


class NotifyIn(Body):
    """Whether a person or their family was told."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "person_ref": "mis:7781",
                    "decision": "deferred",
                    "reason": "would_prejudice_enquiry",
                    "revisit_on": "2026-12-07",
                }
            ]
        },
    )

    person_ref: Annotated[Reference, Field(description="One of the request's subjects.")]
    decision: Annotated[
        TransparencyDecision, Field(description="Told before, told after, not told, or put off.")
    ]
    reason: Annotated[
        TransparencyReason | None, Field(description="Why not; required when not told or put off.")
    ] = None
    revisit_on: Annotated[
        Day | None, Field(description="When it is looked at again; required when put off.")
    ] = None
    how: Annotated[Text | None, Field(description="How they were told.")] = None


class ConsentScopeIn(Body):
    """What a consent covers; null is everything."""

    purposes: Annotated[
        list[PurposeCode] | None, Field(max_length=50, description="For which purposes.")
    ] = None
    recipients: Annotated[
        list[OrganisationType] | None,
        Field(max_length=50, description="To what kinds of organisation."),
    ] = None
    items: Annotated[
        list[ItemCategory] | None, Field(max_length=50, description="Which kinds of information.")
    ] = None


class RecordConsentIn(Body):
    """A person's consent or refusal, or why neither was had. Consent is explicit, freely given, and
    may be withdrawn at any time.
    """

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
                    "scope": {
                        "purposes": ["sen_support"],
                        "recipients": ["educational_psychologist"],
                        "items": None,
                    },
                    "given_at": "2026-11-20T09:00:00Z",
                    "expires_on": "2027-07-31",
                    "evidence": "Form on file",
                }
            ]
        },
    )

    person_ref: Annotated[
        Reference, Field(description="Whose information it is: one of the request's subjects.")
    ]
    status: Annotated[ConsentStatus, Field(description="How it stands.")]
    not_sought_reason: Annotated[
        NotSoughtReason | None, Field(description="Why it was not sought.")
    ] = None
    explicit: Annotated[bool | None, Field(description="Whether it was said in so many words.")] = (
        None
    )
    freely_given: Annotated[Answer | None, Field(description="Whether nobody pressed for it.")] = (
        None
    )
    unambiguous: Annotated[
        Answer | None, Field(description="Whether it could be understood otherwise.")
    ] = None
    form: Annotated[ConsentForm | None, Field(description="Written, verbal or electronic.")] = None
    authority: Annotated[Authority | None, Field(description="By what right it was given.")] = None
    competence: Annotated[
        Literal["assessed_competent", "assessed_not_competent", "not_assessed"] | None,
        Field(
            description=(
                "Whether a child who consents was judged able to (Gillick); if not, their own yes"
                " counts as unsure."
            )
        ),
    ] = None
    objection: Annotated[
        Literal["none", "objects", "objection_weighed_and_overridden"] | None,
        Field(
            description="An objection is weighed apart from consent; it forbids nothing by itself."
        ),
    ] = None
    scope: Annotated[ConsentScopeIn | None, Field(description="What it covers.")] = None
    given_at: Annotated[When | None, Field(description="When it was given.")] = None
    expires_on: Annotated[Day | None, Field(description="The last day on which it holds.")] = None
    evidence: Annotated[Text | None, Field(description="Where it can be seen.")] = None


class WithdrawConsentIn(Body):
    """A consent taken back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"withdrawn_by": "Mother", "at": "2026-11-23T09:00:00Z"}]},
    )

    withdrawn_by: Annotated[Short, Field(description="Who withdrew it.")]
    at: Annotated[When | None, Field(description="When; empty: now.")] = None


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
    facts: Annotated[
        dict[str, Any],
        Field(default_factory=dict, description="The parts of the facts that change, as in PATCH."),
    ]


class LetterIn(Body):
    """What a written answer to the requester of a refused request may say."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reasons": "You told us of no purpose that concerns the child's welfare.",
                    "contact": (
                        "The designated safeguarding lead, by telephone through the school office."
                    ),
                    "asked": "Whether the family lives at the address you gave.",
                }
            ]
        },
    )

    reasons: Annotated[Text, Field(description="Why, in words that may leave the school.")]
    contact: Annotated[Text, Field(description="Whom the requester can turn to.")]
    asked: Annotated[
        Text | None, Field(description="What they asked for, as it may be repeated to them.")
    ] = None
