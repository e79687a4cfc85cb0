"""The lifecycle of a sharing request: statuses, acts, owners and transitions. Pure.

Invariant: no rule delays an emergency.

Invariant: an evaluation is advice; a person decides.

Invariant: records are never edited.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Status(StrEnum):
    """The status of a request.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    SUBMITTED = "submitted"
    AWAITING_INFORMATION = "awaiting_information"
    ADVICE_SOUGHT = "advice_sought"
    EMERGENCY_RECORDED = "emergency_recorded"
    DECIDED = "decided"
    DISCLOSED = "disclosed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DISPOSED = "disposed"


class Act(StrEnum):
    """An act that a person performs on a request."""

    AMEND = "amend"
    AMEND_HOW = "amend_how"
    EVALUATE = "evaluate"
    ASK = "ask"
    SEEK_ADVICE = "seek_advice"
    ANSWER_ADVICE = "answer_advice"
    DECIDE = "decide"
    DECIDE_EMERGENCY = "decide_emergency"
    DISCLOSE = "disclose"
    NOTIFY = "notify"
    WRITE = "write"
    CONSENT = "consent"
    RECONSIDER = "reconsider"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    REVIEW_RETENTION = "review_retention"
    DISPOSE = "dispose"


class Owner(StrEnum):
    """The people who may perform an act, before the policy's authority table applies."""

    SUBMITTER = "submitter"
    DSL = "dsl"
    IG_LEAD = "ig_lead"


_S: Final = Status

TRANSITIONS: Final[Mapping[Status, Mapping[Act, Status]]] = MappingProxyType(
    {
        _S.SUBMITTED: {
            Act.AMEND: _S.SUBMITTED,
            Act.EVALUATE: _S.SUBMITTED,
            Act.ASK: _S.AWAITING_INFORMATION,
            Act.SEEK_ADVICE: _S.ADVICE_SOUGHT,
            Act.ANSWER_ADVICE: _S.SUBMITTED,
            Act.DECIDE: _S.DECIDED,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.NOTIFY: _S.SUBMITTED,
            Act.CONSENT: _S.SUBMITTED,
            Act.WITHDRAW: _S.WITHDRAWN,
            Act.REVIEW_RETENTION: _S.SUBMITTED,
        },
        # No decision while the request awaits information, except an emergency, which never waits.
        _S.AWAITING_INFORMATION: {
            Act.AMEND: _S.SUBMITTED,
            Act.EVALUATE: _S.AWAITING_INFORMATION,
            Act.SEEK_ADVICE: _S.AWAITING_INFORMATION,
            Act.ANSWER_ADVICE: _S.AWAITING_INFORMATION,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.NOTIFY: _S.AWAITING_INFORMATION,
            Act.CONSENT: _S.AWAITING_INFORMATION,
            Act.WITHDRAW: _S.WITHDRAWN,
            Act.REVIEW_RETENTION: _S.AWAITING_INFORMATION,
        },
        _S.ADVICE_SOUGHT: {
            Act.AMEND: _S.ADVICE_SOUGHT,
            Act.EVALUATE: _S.ADVICE_SOUGHT,
            Act.ASK: _S.AWAITING_INFORMATION,
            Act.SEEK_ADVICE: _S.ADVICE_SOUGHT,
            Act.ANSWER_ADVICE: _S.SUBMITTED,
            Act.DECIDE: _S.DECIDED,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.NOTIFY: _S.ADVICE_SOUGHT,
            Act.CONSENT: _S.ADVICE_SOUGHT,
            Act.WITHDRAW: _S.WITHDRAWN,
            Act.REVIEW_RETENTION: _S.ADVICE_SOUGHT,
        },
        _S.EMERGENCY_RECORDED: {
            Act.AMEND: _S.EMERGENCY_RECORDED,
            Act.EVALUATE: _S.EMERGENCY_RECORDED,
            Act.SEEK_ADVICE: _S.EMERGENCY_RECORDED,
            Act.ANSWER_ADVICE: _S.EMERGENCY_RECORDED,
            Act.DECIDE: _S.DECIDED,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.DISCLOSE: _S.EMERGENCY_RECORDED,
            Act.NOTIFY: _S.EMERGENCY_RECORDED,
            Act.CONSENT: _S.EMERGENCY_RECORDED,
            Act.REVIEW_RETENTION: _S.EMERGENCY_RECORDED,
        },
        _S.DECIDED: {
            Act.AMEND_HOW: _S.DECIDED,
            Act.EVALUATE: _S.DECIDED,
            Act.SEEK_ADVICE: _S.DECIDED,
            Act.ANSWER_ADVICE: _S.DECIDED,
            Act.DECIDE: _S.DECIDED,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.DISCLOSE: _S.DISCLOSED,
            Act.NOTIFY: _S.DECIDED,
            Act.CONSENT: _S.DECIDED,
            Act.WRITE: _S.DECIDED,
            Act.RECONSIDER: _S.SUBMITTED,
            Act.CLOSE: _S.CLOSED,
            Act.REVIEW_RETENTION: _S.DECIDED,
            Act.DISPOSE: _S.DISPOSED,
        },
        _S.DISCLOSED: {
            Act.AMEND_HOW: _S.DISCLOSED,
            Act.EVALUATE: _S.DISCLOSED,
            Act.SEEK_ADVICE: _S.DISCLOSED,
            Act.ANSWER_ADVICE: _S.DISCLOSED,
            Act.DECIDE: _S.DECIDED,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.DISCLOSE: _S.DISCLOSED,
            Act.NOTIFY: _S.DISCLOSED,
            Act.CONSENT: _S.DISCLOSED,
            Act.CLOSE: _S.CLOSED,
            Act.REVIEW_RETENTION: _S.DISCLOSED,
            Act.DISPOSE: _S.DISPOSED,
        },
        _S.CLOSED: {
            Act.NOTIFY: _S.CLOSED,
            Act.CONSENT: _S.CLOSED,
            Act.ANSWER_ADVICE: _S.CLOSED,
            Act.DECIDE_EMERGENCY: _S.DECIDED,
            Act.WRITE: _S.CLOSED,
            Act.RECONSIDER: _S.SUBMITTED,
            Act.REVIEW_RETENTION: _S.CLOSED,
            Act.DISPOSE: _S.DISPOSED,
        },
        _S.WITHDRAWN: {
            Act.ANSWER_ADVICE: _S.WITHDRAWN,
            Act.REVIEW_RETENTION: _S.WITHDRAWN,
            Act.DISPOSE: _S.DISPOSED,
        },
        _S.DISPOSED: {},
    }
)
"""For each status, the permitted acts and the status after each."""

OPEN: Final = frozenset(
    {_S.SUBMITTED, _S.AWAITING_INFORMATION, _S.ADVICE_SOUGHT, _S.EMERGENCY_RECORDED}
)
"""The statuses of requests without a decision."""


class Alert(StrEnum):
    """The reason for an e-mail to the DSL.

    Invariant: values are stored until delivery; add members, never rename or reuse one.
    """

    EMERGENCY_RECORDED = "emergency_recorded"
    ADVICE_WAITING = "advice_waiting"


class OverdueClock(StrEnum):
    """A clock of a request that can expire. Computed on request, never stored."""

    DECISION = "decision"
    RECORD = "record"
    ADVICE = "advice"
    NOTICE = "notice"


class Waiting(StrEnum):
    """The reason why a request needs attention. Computed on request, never stored."""

    DECISION_OVERDUE = "decision_overdue"
    EMERGENCY_OPEN = "emergency_open"
    EMERGENCY_INCOMPLETE = "emergency_incomplete"
    ADVICE_WAITING = "advice_waiting"
    NOTICE_DUE = "notice_due"
    RELEASE_HELD = "release_held"
    POLICY_REVIEW_OVERDUE = "policy_review_overdue"


class RecordKind(StrEnum):
    """The kind of a record of a request.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    FACTS = "facts"
    EVALUATION = "evaluation"
    QUESTION = "question"
    ADVICE = "advice"
    ADVICE_ANSWER = "advice_answer"
    DECISION = "decision"
    DISCLOSURE = "disclosure"
    NOTICE = "notice"
    CONSENT = "consent"
    CONSENT_WITHDRAWAL = "consent_withdrawal"
    RECONSIDERATION = "reconsideration"
    WITHDRAWAL = "withdrawal"
    CLOSURE = "closure"
    EMERGENCY = "emergency"
    LETTER = "letter"
    RETENTION_REVIEW = "retention_review"
    DISPOSAL = "disposal"


class EvaluationTrigger(StrEnum):
    """The event that caused an evaluation.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    SUBMITTED = "submitted"
    AMENDED = "amended"
    ASKED = "asked"
    RECONSIDERED = "reconsidered"
    CONSENT = "consent"
    CONSENT_WITHDRAWAL = "consent_withdrawal"


class Adviser(StrEnum):
    """The adviser from whom advice is sought.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    DSL = "dsl"
    MANAGER = "manager"
    IG_LEAD = "ig_lead"


class Competence(StrEnum):
    """Whether a child who consents was assessed as competent (Gillick).

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    ASSESSED_COMPETENT = "assessed_competent"
    ASSESSED_NOT_COMPETENT = "assessed_not_competent"
    NOT_ASSESSED = "not_assessed"


class Objection(StrEnum):
    """An objection to sharing, which is weighed separately from consent.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    NONE = "none"
    OBJECTS = "objects"
    OVERRIDDEN = "objection_weighed_and_overridden"


class Keep(StrEnum):
    """The decision of a retention review.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    UNTIL = "until"
    INDEFINITELY = "indefinitely"
    DISPOSE = "dispose"


class RecordFlag(StrEnum):
    """An exceptional circumstance of a record.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    POLICY_NOT_FOUND = "policy_not_found"
    """The policy of the evaluation was not found, and a fallback policy was used."""


class Flag(StrEnum):
    """A point that the person answering a subject access request must weigh before release."""

    THIRD_PARTY_INFORMATION = "third_party_information"
    REPORTER_TO_PROTECT = "reporter_to_protect"
    WOULD_PREJUDICE_ENQUIRY = "would_prejudice_enquiry"
    WOULD_INCREASE_RISK = "would_increase_risk"
    LEGAL_HOLD = "legal_hold"
