"""Request and reply schemas for consent."""

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
    """The scope of a consent. A null member sets no limit."""

    purposes: Annotated[
        Structural[list[PurposeCode] | None],
        Field(max_length=50, description="The purposes that the consent covers; null: all."),
    ] = None
    recipients: Annotated[
        Structural[list[OrganisationType] | None],
        Field(
            max_length=50,
            description="The types of recipient organisation that the consent covers; null: all.",
        ),
    ] = None
    items: Annotated[
        Structural[list[ItemCategory] | None],
        Field(
            max_length=50,
            description="The categories of information that the consent covers; null: all.",
        ),
    ] = None

    def scope(self) -> ConsentScope:
        """Return the scope to record."""
        return ConsentScope(
            purposes=_tuple(self.purposes),
            recipients=_tuple(self.recipients),
            items=_tuple(self.items),
        )


class RecordConsentIn(Body):
    """A person's consent or refusal, or the reason why consent was not sought or not obtained.

    Valid consent is explicit and freely given, and the person can withdraw it at any time.
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
        Field(
            description="The school's reference of the person; must be a subject of the request."
        ),
    ]
    status: Annotated[Structural[ConsentStatus], Field(description="The status of the consent.")]
    not_sought_reason: Annotated[
        Structural[NotSoughtReason | None], Field(description="Why consent was not sought.")
    ] = None
    explicit: Annotated[
        Structural[bool | None],
        Field(description="Whether the person stated the consent in words."),
    ] = None
    freely_given: Annotated[
        Structural[Answer | None],
        Field(description="Whether the person gave the consent without pressure."),
    ] = None
    unambiguous: Annotated[
        Structural[Answer | None],
        Field(description="Whether the consent can have only one meaning."),
    ] = None
    form: Annotated[
        Structural[ConsentForm | None],
        Field(description="The form of the consent: written, verbal or electronic."),
    ] = None
    authority: Annotated[
        Structural[Authority | None], Field(description="The person's legal authority to consent.")
    ] = None
    competence: Annotated[
        Structural[Competence | None],
        Field(
            description=(
                "Whether a child who consents was assessed as competent (Gillick). The"
                " consent of a child who is not competent counts as unsure."
            )
        ),
    ] = None
    objection: Annotated[
        Structural[Objection | None],
        Field(
            description=(
                "Whether the person objects. An objection is assessed separately from"
                " consent and does not by itself prevent sharing."
            )
        ),
    ] = None
    scope: Annotated[
        ConsentScopeIn | None, Field(description="The scope of the consent; null: everything.")
    ] = None
    given_at: Annotated[
        Structural[When | None], Field(description="The time when the consent was given.")
    ] = None
    expires_on: Annotated[
        Structural[Day | None], Field(description="The last day on which the consent is valid.")
    ] = None
    evidence: Annotated[
        Personal[Text | None], Field(description="The location of the evidence of consent.")
    ] = None

    def consent(self, subject_id: UUID) -> Consent:
        """Return the consent to record for the person with this id."""
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
    """The withdrawal of a consent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"withdrawn_by": "Mother", "at": "2026-11-23T09:00:00Z"}]},
    )

    withdrawn_by: Annotated[
        Personal[Short], Field(description="The person who withdrew the consent.")
    ]
    at: Annotated[
        Structural[When | None],
        Field(description="The time of the withdrawal; if null, the current time."),
    ] = None


class ConsentScopeOut(Out):
    """The scope of a consent. A null member sets no limit."""

    purposes: Annotated[
        list[PurposeCode] | None,
        Field(description="The purposes that the consent covers; null: all."),
    ]
    recipients: Annotated[
        list[OrganisationType] | None,
        Field(
            description="The types of recipient organisation that the consent covers; null: all."
        ),
    ]
    items: Annotated[
        list[ItemCategory] | None,
        Field(description="The categories of information that the consent covers; null: all."),
    ]


class ConsentWithdrawalOut(RecordOut):
    """The withdrawal of a consent."""

    consent_id: Annotated[UUID, Field(description="The id of the consent.")]
    at: Annotated[datetime, Field(description="The time of the withdrawal (UTC).")]
    disclosures_to_tell: Annotated[
        list[UUID],
        Field(description="The ids of the disclosures whose recipients the school must inform."),
    ]
    withdrawn_by: Annotated[
        str | None,
        Field(description="The person who withdrew the consent; null in a de-identified view."),
    ]


class ConsentOut(RecordOut):
    """A person's consent or refusal, or the reason why consent was not sought or not obtained."""

    person_ref: Annotated[
        str | None,
        Field(
            description=(
                "The school's reference of the person; a pseudonym in a de-identified"
                " view, null after disposal."
            )
        ),
    ]
    status: Annotated[ConsentStatus, Field(description="The status of the consent.")]
    not_sought_reason: Annotated[
        NotSoughtReason | None, Field(description="Why consent was not sought.")
    ]
    explicit: Annotated[
        bool | None, Field(description="Whether the person stated the consent in words.")
    ]
    freely_given: Annotated[
        Answer | None, Field(description="Whether the person gave the consent without pressure.")
    ]
    unambiguous: Annotated[
        Answer | None, Field(description="Whether the consent can have only one meaning.")
    ]
    form: Annotated[
        ConsentForm | None,
        Field(description="The form of the consent: written, verbal or electronic."),
    ]
    authority: Annotated[
        Authority | None, Field(description="The person's legal authority to consent.")
    ]
    competence: Annotated[
        Competence | None,
        Field(description="Whether a child who consents was assessed as competent (Gillick)."),
    ]
    objection: Annotated[
        Objection | None,
        Field(description="Whether the person objects; assessed separately from consent."),
    ]
    scope: Annotated[
        ConsentScopeOut | None, Field(description="The scope of the consent; null: everything.")
    ]
    given_at: Annotated[
        datetime | None, Field(description="The time when the consent was given (UTC).")
    ]
    expires_on: Annotated[
        date | None, Field(description="The last day on which the consent is valid.")
    ]
    evidence: Annotated[
        str | None,
        Field(description="The location of the evidence of consent; null in a de-identified view."),
    ]
    withdrawal: Annotated[
        ConsentWithdrawalOut | None,
        Field(description="The withdrawal of the consent; null if not withdrawn."),
    ]
