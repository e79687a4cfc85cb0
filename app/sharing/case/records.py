"""The content of each kind of record: one dataclass for each kind. Pure.

Every member is marked as structural or personal; an unmarked member is personal. A personal member
is None if it was not stated, and after disposal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, TypeAlias
from uuid import UUID

from app.kernel.canonical import Json
from app.kernel.classification import Anonymous, Personal, Structural
from app.policy.engine.model import Evaluation as Evaluated
from app.policy.engine.vocabulary import (
    Answer,
    Authority,
    ConsentForm,
    ConsentStatus,
    ItemCategory,
    LawfulReasonCode,
    NotSoughtReason,
    OrganisationType,
    PurposeCode,
    SecureRoute,
    TransparencyDecision,
    TransparencyReason,
)
from app.sharing.case.facts import CaseFacts
from app.sharing.case.model import (
    Adviser,
    Competence,
    EvaluationTrigger,
    Keep,
    Objection,
    RecordFlag,
    RecordKind,
)
from app.sharing.case.outcomes import DecisionOutcome

Code: TypeAlias = str
"""A code of this service or of a policy document, or a digest; never personal text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The base class of all record contents."""

    kind: ClassVar[RecordKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn(Content):
    """Members of a record that was made under a fallback policy.

    `flags` says that the policy of the evaluation was not found; `under` is the digest of the
    fallback policy.
    """

    flags: Structural[tuple[RecordFlag, ...] | None] = None
    under: Structural[Code | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Content):
    """The stated facts, and the ids of their subjects in the stated order."""

    kind = RecordKind.FACTS

    facts: CaseFacts
    subject_ids: Structural[tuple[UUID, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientCheck:
    """The findings of the recipient directory about a cited recipient."""

    directory_id: Personal[UUID | None]
    contact_id: Personal[UUID | None]
    verified: Structural[Answer]
    findings: Structural[tuple[Code, ...]]
    checked_on: Structural[date]
    supports_identity: Structural[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Content):
    """An evaluation of the facts.

    `facts` are the enumerated facts that were evaluated and `result` is the outcome with its
    reasons; both are stored so that a replay can reproduce the evaluation byte for byte. `due`
    gives the instant of each clock that the result names. Only a `current` evaluation counts: one
    that was made under the policy in force at the time.
    """

    kind = RecordKind.EVALUATION

    facts: Structural[Mapping[str, Json]]
    result: Structural[Evaluated]
    due: Structural[Mapping[Code, Code | None]]
    current: Structural[bool]
    trigger: Structural[EvaluationTrigger]
    routed: Structural[bool] = False
    recipient_check: RecipientCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Content):
    """A question to the requester."""

    kind = RecordKind.QUESTION

    question: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice(Content):
    """A request for advice."""

    kind = RecordKind.ADVICE

    ask: Structural[Adviser]
    question: Anonymous[str | None]
    release_free_text: Structural[bool]
    due: Structural[datetime | None]
    can_change_outcome: Structural[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceAnswer(Content):
    """An answer to a request for advice."""

    kind = RecordKind.ADVICE_ANSWER

    advice_id: Structural[UUID]
    advice: Anonymous[str | None]
    advised_outcome: Structural[DecisionOutcome | None]
    outcome_of_discussion: Anonymous[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReason:
    """The lawful reason on which a decision is based."""

    code: Structural[LawfulReasonCode]
    necessity: Personal[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(StandIn):
    """A decision by a person, with its reasons."""

    kind = RecordKind.DECISION

    outcome: Structural[DecisionOutcome]
    departs_from_evaluation: Structural[bool]
    evaluation_id: Structural[UUID]
    items: Structural[tuple[UUID, ...]]
    lawful_reason: DecisionReason | None
    discussed_with_requester: Structural[Answer | None]
    supersedes: Structural[UUID | None]
    reasons: Personal[str | None]
    departs_because: Personal[str | None]
    refusal_how: Personal[str | None]

    @property
    def lawful_reason_code(self) -> LawfulReasonCode | None:
        """The code of the lawful reason, or None."""
        return self.lawful_reason.code if self.lawful_reason else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The recipient of a disclosure."""

    named_individual: Personal[str | None] = None
    role_title: Personal[str | None] = None
    organisation: Personal[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure(Content):
    """A disclosure. `decision_id` is None for an emergency, which needs no prior decision."""

    kind = RecordKind.DISCLOSURE

    decision_id: Structural[UUID | None]
    evaluation_id: Structural[UUID]
    items: Structural[tuple[UUID, ...]]
    items_not_shared: Structural[tuple[UUID, ...]]
    recipient: Receiver
    route: Structural[SecureRoute]
    sent_at: Structural[datetime]
    secure_exception: Personal[str | None] = None
    receipt_at: Structural[datetime | None] = None
    acknowledged_by: Personal[str | None] = None
    recipient_check: RecipientCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Content):
    """A notice: whether the school informed a person or their family."""

    kind = RecordKind.NOTICE

    subject_id: Structural[UUID]
    decision: Structural[TransparencyDecision]
    reason: Structural[TransparencyReason | None]
    revisit_on: Structural[date | None]
    how: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentScope:
    """The scope of a consent; None means unlimited."""

    purposes: Structural[tuple[PurposeCode, ...] | None] = None
    recipients: Structural[tuple[OrganisationType, ...] | None] = None
    items: Structural[tuple[ItemCategory, ...] | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Content):
    """A person's consent or refusal, or the reason why there is neither."""

    kind = RecordKind.CONSENT

    subject_id: Structural[UUID]
    status: Structural[ConsentStatus]
    not_sought_reason: Structural[NotSoughtReason | None] = None
    explicit: Structural[bool | None] = None
    freely_given: Structural[Answer | None] = None
    unambiguous: Structural[Answer | None] = None
    form: Structural[ConsentForm | None] = None
    authority: Structural[Authority | None] = None
    competence: Structural[Competence | None] = None
    objection: Structural[Objection | None] = None
    scope: ConsentScope | None = None
    given_at: Structural[datetime | None] = None
    expires_on: Structural[date | None] = None
    evidence: Personal[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawal(Content):
    """The withdrawal of a consent, and the disclosures whose recipients must be informed."""

    kind = RecordKind.CONSENT_WITHDRAWAL

    consent_id: Structural[UUID]
    at: Structural[datetime]
    disclosures_to_tell: Structural[tuple[UUID, ...]]
    withdrawn_by: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconsideration(Content):
    """New information after a refusal."""

    kind = RecordKind.RECONSIDERATION

    decision_id: Structural[UUID | None]
    new_information: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(StandIn):
    """The withdrawal of a request."""

    kind = RecordKind.WITHDRAWAL

    why: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure(StandIn):
    """The closure of a decided request."""

    kind = RecordKind.CLOSURE

    why: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency(Content):
    """The report of an emergency: its text, the missing facts and the invalid parts."""

    kind = RecordKind.EMERGENCY

    flags: Structural[tuple[Code, ...]]
    what: Personal[str | None]
    why: Personal[str | None]
    occurred_at: Structural[datetime]
    not_understood: Personal[Sequence[Json] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Content):
    """The text released for a letter to the requester of a refused request."""

    kind = RecordKind.LETTER

    decision_id: Structural[UUID | None]
    reasons: Personal[str | None]
    contact: Personal[str | None]
    asked: Personal[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReview(StandIn):
    """A retention review: how long the request is retained from now on."""

    kind = RecordKind.RETENTION_REVIEW

    keep: Structural[Keep]
    until: Structural[date | None]
    next_review_on: Structural[date | None]
    legal_hold: Structural[bool]
    why: Anonymous[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal(Content):
    """A disposal: the destroyed records, the basis and the approver."""

    kind = RecordKind.DISPOSAL

    destroyed: Structural[tuple[UUID, ...]]
    kept_until: Structural[date | None]
    retention_class: Structural[Code]
    basis: Anonymous[str | None]
    approved_by: Anonymous[str | None]
