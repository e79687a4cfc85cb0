"""Bodies for recording and withdrawing consent."""

from typing import Annotated, Literal

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
)
from app.sharing.schemas import Body, Short, Text


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
