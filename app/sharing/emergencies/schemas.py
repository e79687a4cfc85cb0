"""Request and record schemas for emergencies.

Invariant: a body is refused only if it lacks `what`, `why` or the organisation type of the
recipient. Any other invalid member is stored and flagged.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)

from app.kernel.classification import Personal, Structural
from app.platform.instants import When
from app.platform.partial_validation import InvalidMember, validate_partially
from app.platform.references import Reference
from app.policy.engine.vocabulary import OrganisationType
from app.policy.facts.subject_matter import PurposeIn, RecipientIn, SubjectIn
from app.sharing.schemas import Body, Out, RecordOut, Text

ORGANISATION_TYPE: Final = ("recipient", "organisation_type")
_REQUIRED: Final = frozenset({("recipient",), ORGANISATION_TYPE, ("what",), ("why",)})


class EmergencyPurposeIn(PurposeIn):
    """The purpose of the emergency disclosure, as far as the submitter can state it."""


class EmergencySubjectIn(SubjectIn):
    """A person whom the information is about.

    Any reference is accepted; an invalid pupil number is flagged.
    """

    person_ref: Annotated[
        Personal[Reference],
        Field(description="The school's reference of the person.", examples=["mis:7781"]),
    ]


class EmergencyIn(Body):
    """A disclosure that was made or must be made now. Only `what`, `recipient` and `why` are
    required.

    Any other member that does not match this schema, or that the schema does not contain, is stored
    as the client sent it, flagged and listed in the reply. An unknown organisation type counts as
    `other`. Text that is too long is cut.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "additionalProperties": True,
            "examples": [
                {
                    "occurred_at": "2026-11-23T14:52:00Z",
                    "recipient": {
                        "organisation": "Police",
                        "organisation_type": "police",
                        "named_individual": "PC on the 999 call",
                    },
                    "what": "Name, address, what she said",
                    "why": "Child in danger now",
                    "subjects": [{"person_ref": "mis:7781"}],
                    "purpose": {"code": "missing_child"},
                }
            ],
        },
    )

    occurred_at: Annotated[
        Structural[When | None],
        Field(description="The time of the disclosure; if null, the current time."),
    ] = None
    recipient: Annotated[
        RecipientIn, Field(description="The recipient; at least the organisation type is required.")
    ]
    what: Annotated[Personal[Text], Field(description="The information that was shared.")]
    why: Annotated[Personal[Text], Field(description="Why the disclosure could not wait.")]
    subjects: Annotated[
        list[EmergencySubjectIn],
        Field(
            default_factory=list,
            max_length=50,
            description="The people whom the information is about.",
        ),
    ]
    purpose: Annotated[
        EmergencyPurposeIn | None, Field(description="The purpose of the disclosure.")
    ] = None
    facts: Annotated[
        Personal[dict[str, Any]],
        Field(
            default_factory=dict,
            description=(
                "Any known parts of the facts of a request. Invalid members are stored and"
                " flagged, to be completed later."
            ),
        ),
    ]

    _apart: list[InvalidMember] = PrivateAttr(default_factory=list)

    @model_validator(mode="wrap")
    @classmethod
    def _leniently(
        cls, sent: Any, handler: ModelWrapValidatorHandler["EmergencyIn"]
    ) -> "EmergencyIn":
        if not isinstance(sent, Mapping):
            return handler(sent)
        body, apart = validate_partially(
            handler,
            sent,
            cls,
            required=_REQUIRED,
            substitutes={ORGANISATION_TYPE: OrganisationType.OTHER.value},
        )
        body._apart = apart  # noqa: SLF001 - a private attribute of the model under construction
        return body

    @property
    def apart(self) -> list[InvalidMember]:
        """Return the invalid members of the body, except those in `facts`, which are validated
        later.
        """
        return self._apart


class InvalidMemberOut(Out):
    """An invalid member of the body, stored as the client sent it until a person completes the
    emergency record.
    """

    pointer: Annotated[
        str,
        Field(
            description="The JSON pointer (RFC 6901) to the member in the body.",
            examples=["/recipient/organisation_type"],
        ),
    ]
    detail: Annotated[
        str,
        Field(
            description=(
                "What is wrong with the member, with the nearest known value if there is one."
            )
        ),
    ]
    code: Annotated[
        str, Field(description="A stable error code in kebab case.", examples=["unknown-value"])
    ]
    sent: Annotated[Any, Field(description="The value that the client sent.")]


class EmergencyRecordOut(RecordOut):
    """The record of an emergency."""

    flags: Annotated[
        list[str],
        Field(
            description=(
                "Codes for missing or unusual information. None of them prevents the recording."
            )
        ),
    ]
    what: Annotated[
        str | None,
        Field(description="The information that was shared; null in a de-identified view."),
    ]
    why: Annotated[
        str | None,
        Field(description="Why the disclosure could not wait; null in a de-identified view."),
    ]
    occurred_at: Annotated[datetime, Field(description="The time of the disclosure (UTC).")]
    not_understood: Annotated[
        list[InvalidMemberOut] | None,
        Field(
            description=(
                "The invalid members of the body; null if there were none, and in a"
                " de-identified view."
            )
        ),
    ]
