"""Request schema for the facts of a case, and their conversion into the input of the engine.

Unknown fields are rejected so that typos surface.
"""

from datetime import UTC
from typing import Annotated, Final

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from app.kernel.canonical import Json
from app.kernel.classification import Structural
from app.policy.engine import inputs
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.vocabulary import Answer, Direction, PurposeCode, Urgency
from app.policy.facts.answers import (
    ConditionTestsIn,
    ConsentIn,
    HowIn,
    LawfulReasonIn,
    RiskIn,
    ScopeIn,
)
from app.policy.facts.examples import FACTS_EXAMPLE
from app.policy.facts.fields import Body, Day
from app.policy.facts.statutory import StatutoryIn
from app.policy.facts.subject_matter import (
    ExternalIdIn,
    ItemIn,
    PurposeIn,
    RecipientIn,
    RequesterIn,
    SubjectIn,
)

MAX_ITEMS: Final = 200
MAX_SUBJECTS: Final = 50


class FactsIn(Body):
    """The facts of a case. An omitted answer counts as unsure, never as yes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [FACTS_EXAMPLE]})

    direction: Annotated[
        Structural[Direction],
        Field(description="Whether the school received a request or shares on its own initiative."),
    ]
    external_id: Annotated[
        ExternalIdIn | None, Field(description="The request's id in another system.")
    ] = None
    requester: Annotated[
        RequesterIn | None, Field(description="The person who requests the information.")
    ] = None
    recipient: Annotated[RecipientIn, Field(description="The intended recipient.")]
    purpose: Annotated[PurposeIn, Field(description="The purpose of sharing.")]
    subjects: Annotated[
        list[SubjectIn],
        Field(
            default_factory=list,
            max_length=MAX_SUBJECTS,
            description="The people the information is about.",
        ),
    ]
    items: Annotated[
        list[ItemIn],
        Field(
            default_factory=list,
            max_length=MAX_ITEMS,
            validate_default=True,
            description="The items of information; only de-identified advice has none.",
        ),
    ]
    consent: Annotated[ConsentIn, Field(description="The consent.")]
    identifiable: Annotated[
        Structural[Answer], Field(description="Can a person be identified from the information?")
    ]
    lawful_reason: Annotated[
        LawfulReasonIn,
        Field(description="The lawful reason to share without consent."),
    ]
    statutory: Annotated[
        StatutoryIn | None,
        Field(description="The legal power behind the request, if there is one."),
    ] = None
    risk: Annotated[RiskIn, Field(description="Risk of harm, and suspected crime.")] = RiskIn()
    how: Annotated[HowIn, Field(description="The checks on how to share.")] = HowIn()
    urgency: Annotated[Structural[Urgency], Field(description="How soon a decision is needed.")] = (
        Urgency.ROUTINE
    )
    needed_by: Annotated[
        Structural[Day | None],
        Field(description="The day by which the requester needs the information."),
    ] = None

    @field_validator("items")
    @classmethod
    def _require_items(cls, items: list[ItemIn], info: ValidationInfo) -> list[ItemIn]:
        purpose = info.data.get("purpose")
        if (
            not items
            and purpose is not None
            and purpose.code is not PurposeCode.ADVICE_DEIDENTIFIED
        ):
            raise PydanticCustomError(
                "no-items", "add at least one item; only de-identified advice needs none"
            )
        return items

    def stated(self) -> inputs.Stated:
        """Convert the facts to policy input, without names and narrative."""
        requester, recipient, purpose = self.requester, self.recipient, self.purpose
        return inputs.Stated(
            direction=self.direction,
            requester=inputs.Requester(
                identity_verified=requester.identity_verified if requester else None,
                verification_method=requester.verification_method if requester else None,
            ),
            recipient=inputs.Recipient(
                organisation_type=recipient.organisation_type,
                identity_verified=recipient.identity_verified,
                verification_method=recipient.verification_method,
                secure_route=recipient.secure_route,
            ),
            purpose=inputs.Purpose(
                code=purpose.code,
                answer=purpose.answer,
                stated=bool(purpose.statement and purpose.statement.strip()),
                compatible=purpose.compatible,
            ),
            subjects=tuple([inputs.Subject(role=subject.role) for subject in self.subjects]),
            items=tuple([_item(item) for item in self.items]),
            consent=_consent(self.consent),
            identifiable=self.identifiable,
            lawful_reason=_lawful(self.lawful_reason),
            risk=inputs.Risk(
                immediate_risk=self.risk.immediate_risk,
                crime_suspected=self.risk.crime_suspected,
                emergency_kind=self.risk.emergency_kind,
            ),
            how=inputs.How(
                amount=self.how.amount,
                fact_from_opinion=self.how.fact_from_opinion,
                right_recipient=self.how.right_recipient,
                secure=self.how.secure,
                transparency=inputs.Transparency(
                    decision=self.how.transparency.decision, reason=self.how.transparency.reason
                ),
            ),
            urgency=self.urgency,
        )

    def as_sent(self) -> dict[str, Json]:
        """The facts object with the sent members; purpose code, subjects and items are always
        present.
        """
        whole = self.model_dump(mode="json", exclude_unset=True)
        whole["purpose"].setdefault("code", PurposeCode.UNKNOWN.value)
        whole.setdefault("subjects", [])
        whole.setdefault("items", [])
        return whole


def _item(item: ItemIn) -> inputs.Item:
    return inputs.Item(
        category=item.category,
        nature=item.nature,
        historical=item.historical,
        explained=bool(item.explanation and item.explanation.strip()),
        special_category=tuple(item.special_category),
        criminal_offence=item.criminal_offence,
        third_party=item.third_party,
        include=item.include,
        smallest_group=item.smallest_group,
        key_held=item.key_held,
    )


def _consent(consent: ConsentIn) -> inputs.Consent:
    scope = consent.scope or ScopeIn()
    return inputs.Consent(
        answer=consent.answer,
        status=consent.status,
        not_sought_reason=consent.not_sought_reason,
        explicit=consent.explicit,
        freely_given=consent.freely_given,
        unambiguous=consent.unambiguous,
        form=consent.form,
        authority=consent.authority,
        scope=inputs.Scope(
            purposes=None if scope.purposes is None else tuple(scope.purposes),
            recipients=None if scope.recipients is None else tuple(scope.recipients),
            items=None if scope.items is None else tuple(scope.items),
        ),
        given_on=(
            None if consent.given_at is None else today_in_school(consent.given_at.astimezone(UTC))
        ),
        expires_on=consent.expires_on,
    )


def _lawful(reason: LawfulReasonIn) -> inputs.LawfulReason:
    tests = reason.tests or ConditionTestsIn()
    return inputs.LawfulReason(
        answer=reason.answer,
        code=reason.code,
        tests=inputs.ConditionTests(
            protects=tests.protects,
            at_risk=tests.at_risk,
            without_consent=tests.without_consent,
            substantial_public_interest=tests.substantial_public_interest,
        ),
    )
