"""Bodies for recording and withdrawing consent."""

from datetime import date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
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
from app.sharing.case.model import Competence, Objection
from app.sharing.case.records import Consent, ConsentScope
from app.sharing.schemas import Body, Out, RecordOut, Short, Text

T = TypeVar("T")


class ConsentScopeIn(Body):
    """What a consent covers; null is everything."""

    purposes: Annotated[
        Structural[list[PurposeCode] | None],
        Field(max_length=50, description="For which purposes."),
    ] = None
    recipients: Annotated[
        Structural[list[OrganisationType] | None],
        Field(max_length=50, description="To what kinds of organisation."),
    ] = None
    items: Annotated[
        Structural[list[ItemCategory] | None],
        Field(max_length=50, description="Which kinds of information."),
    ] = None

    def scope(self) -> ConsentScope:
        """The scope as it is recorded."""
        return ConsentScope(
            purposes=_tuple(self.purposes),
            recipients=_tuple(self.recipients),
            items=_tuple(self.items),
        )


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
        Personal[Reference],
        Field(description="Whose information it is: one of the request's subjects."),
    ]
    status: Annotated[Structural[ConsentStatus], Field(description="How it stands.")]
    not_sought_reason: Annotated[
        Structural[NotSoughtReason | None], Field(description="Why it was not sought.")
    ] = None
    explicit: Annotated[
        Structural[bool | None], Field(description="Whether it was said in so many words.")
    ] = None
    freely_given: Annotated[
        Structural[Answer | None], Field(description="Whether nobody pressed for it.")
    ] = None
    unambiguous: Annotated[
        Structural[Answer | None], Field(description="Whether it could be understood otherwise.")
    ] = None
    form: Annotated[
        Structural[ConsentForm | None], Field(description="Written, verbal or electronic.")
    ] = None
    authority: Annotated[
        Structural[Authority | None], Field(description="By what right it was given.")
    ] = None
    competence: Annotated[
        Structural[Competence | None],
        Field(
            description=(
                "Whether a child who consents was judged able to (Gillick); if not, their own yes"
                " counts as unsure."
            )
        ),
    ] = None
    objection: Annotated[
        Structural[Objection | None],
        Field(
            description="An objection is weighed apart from consent; it forbids nothing by itself."
        ),
    ] = None
    scope: Annotated[ConsentScopeIn | None, Field(description="What it covers.")] = None
    given_at: Annotated[Structural[When | None], Field(description="When it was given.")] = None
    expires_on: Annotated[
        Structural[Day | None], Field(description="The last day on which it holds.")
    ] = None
    evidence: Annotated[Personal[Text | None], Field(description="Where it can be seen.")] = None

    def consent(self, subject_id: UUID) -> Consent:
        """The consent of a person of the request, as it is recorded."""
        return Consent(
            subject_id=subject_id,
            status=self.status,
            not_sought_reason=self.not_sought_reason,
            explicit=self.explicit,
            freely_given=self.freely_given,
            unambiguous=self.unambiguous,
            form=self.form,
            authority=self.authority,
            competence=self.competence,
            objection=self.objection,
            scope=self.scope.scope() if self.scope else None,
            given_at=self.given_at,
            expires_on=self.expires_on,
            evidence=self.evidence,
        )


def _tuple(values: list[T] | None) -> tuple[T, ...] | None:
    return None if values is None else tuple(values)


class WithdrawConsentIn(Body):
    """A consent taken back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"withdrawn_by": "Mother", "at": "2026-11-23T09:00:00Z"}]},
    )

    withdrawn_by: Annotated[Personal[Short], Field(description="Who withdrew it.")]
    at: Annotated[Structural[When | None], Field(description="When; empty: now.")] = None


class ConsentScopeOut(Out):
    """What a consent covers; null is everything."""

    purposes: Annotated[list[PurposeCode] | None, Field(description="For which purposes.")]
    recipients: Annotated[
        list[OrganisationType] | None, Field(description="To what kinds of organisation.")
    ]
    items: Annotated[list[ItemCategory] | None, Field(description="Which kinds of information.")]


class ConsentWithdrawalOut(RecordOut):
    """A consent taken back."""

    consent_id: Annotated[UUID, Field(description="The consent.")]
    at: Annotated[datetime, Field(description="When it was withdrawn.")]
    disclosures_to_tell: Annotated[
        list[UUID], Field(description="The disclosures whose recipients are to be told.")
    ]
    withdrawn_by: Annotated[
        str | None, Field(description="Who withdrew it; null in a de-identified view.")
    ]


class ConsentOut(RecordOut):
    """A person's consent or refusal, or why neither was had."""

    person_ref: Annotated[
        str | None,
        Field(description="Whose; a pseudonym in a de-identified view, null after disposal."),
    ]
    status: Annotated[ConsentStatus, Field(description="How it stands.")]
    not_sought_reason: Annotated[
        NotSoughtReason | None, Field(description="Why it was not sought.")
    ]
    explicit: Annotated[bool | None, Field(description="Whether it was said in so many words.")]
    freely_given: Annotated[Answer | None, Field(description="Whether it was freely given.")]
    unambiguous: Annotated[Answer | None, Field(description="Whether it was unambiguous.")]
    form: Annotated[ConsentForm | None, Field(description="Written, verbal or electronic.")]
    authority: Annotated[Authority | None, Field(description="By what right it was given.")]
    competence: Annotated[
        Competence | None, Field(description="Whether a child was judged able to consent.")
    ]
    objection: Annotated[Objection | None, Field(description="An objection, weighed apart.")]
    scope: Annotated[ConsentScopeOut | None, Field(description="What it covers.")]
    given_at: Annotated[datetime | None, Field(description="When it was given.")]
    expires_on: Annotated[date | None, Field(description="The last day on which it holds.")]
    evidence: Annotated[
        str | None, Field(description="Where it can be seen; null in a de-identified view.")
    ]
    withdrawal: Annotated[
        ConsentWithdrawalOut | None, Field(description="Its withdrawal, where it was withdrawn.")
    ]
