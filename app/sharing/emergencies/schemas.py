"""Emergencies over HTTP. Law: what, with whom and why are needed; nothing else that was sent stands
in the way of the record.
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
    """What it was for, as far as there is time to say."""


class EmergencySubjectIn(SubjectIn):
    """Somebody the information is about. Nothing is refused for their reference; a pupil number
    that cannot be right is flagged.
    """

    person_ref: Annotated[
        Personal[Reference],
        Field(description="The school's reference of the person.", examples=["mis:7781"]),
    ]


class EmergencyIn(Body):
    """Sharing that was done or must be done now. Only what, with whom and why are needed; all else
    when there is time.

    Whatever else does not fit what is described here, members that are not known included, is kept
    as it was sent, flagged, and named in the reply; the rest is used. A kind of organisation that
    is not known counts as `other`, and what is too long is cut.
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
        Structural[When | None], Field(description="When it was shared; empty: now.")
    ] = None
    recipient: Annotated[
        RecipientIn, Field(description="With whom; the type of organisation at least.")
    ]
    what: Annotated[Personal[Text], Field(description="What was shared.")]
    why: Annotated[Personal[Text], Field(description="Why it could not wait.")]
    subjects: Annotated[
        list[EmergencySubjectIn],
        Field(default_factory=list, max_length=50, description="Whom it is about."),
    ]
    purpose: Annotated[EmergencyPurposeIn | None, Field(description="What it was for.")] = None
    facts: Annotated[
        Personal[dict[str, Any]],
        Field(
            default_factory=dict,
            description=(
                "Any parts of the facts object that are known. What cannot be read is kept, flagged"
                " and completed later."
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
        body._apart = apart  # noqa: SLF001 - of the model that is being made
        return body

    @property
    def apart(self) -> list[InvalidMember]:
        """What did not fit, `facts` aside, which are read later."""
        return self._apart


class InvalidMemberOut(Out):
    """Something that did not fit. It is kept as it was sent, in the emergency's record, until
    somebody completes that.
    """

    pointer: Annotated[
        str,
        Field(
            description="JSON pointer (RFC 6901) into the body.",
            examples=["/recipient/organisation_type"],
        ),
    ]
    detail: Annotated[str, Field(description="What was wrong, and the nearest word that is known.")]
    code: Annotated[str, Field(description="Stable, kebab-case.", examples=["unknown-value"])]
    sent: Annotated[Any, Field(description="What was sent there.")]


class EmergencyRecordOut(RecordOut):
    """What was told of an emergency."""

    flags: Annotated[
        list[str], Field(description="What is missing or unusual; nothing was refused for it.")
    ]
    what: Annotated[str | None, Field(description="What was shared; null in a de-identified view.")]
    why: Annotated[
        str | None, Field(description="Why it could not wait; null in a de-identified view.")
    ]
    occurred_at: Annotated[datetime, Field(description="When it was shared.")]
    not_understood: Annotated[
        list[InvalidMemberOut] | None,
        Field(description="What did not fit; null where all did, and in a de-identified view."),
    ]
