"""A sharing request as it was read: its head, its records and its subjects, and the questions one
may ask of them. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.identity.model import Actor, Permission, Role
from app.kernel.errors import Kind, ServiceError
from app.sharing.case.model import OPEN, TRANSITIONS, Act, RecordKind, Status


class RequestNotFound(ServiceError):
    """There is no such request for this caller: absent, another school's or another person's, and
    nothing tells which.
    """

    kind = Kind.NOT_FOUND
    code = "sharing-request-not-found"
    title = "There is no sharing request here that you may see"
    conceals = True

    def __init__(self) -> None:
        super().__init__("check the id; if the request is somebody else's, ask the DSL")


class ActImpossible(ServiceError):
    """The request is in a state in which this cannot be done."""

    kind = Kind.CONFLICT
    code = "not-in-this-state"
    title = "The request is in a state in which this cannot be done"


class NotYours(ServiceError):
    """The caller sees the request but this act belongs to somebody else."""

    kind = Kind.FORBIDDEN
    code = "not-yours-to-do"
    title = "Somebody else has to do this"


class View(StrEnum):
    """How much of a request a caller sees."""

    FULL = "full"
    DEIDENTIFIED = "deidentified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The codes and instants of a request as they stand now; `sharing.tables.RequestRow` says where
    they are kept.
    """

    id: UUID
    school: str
    version: int
    status: Status
    direction: str
    urgency: str
    purpose: str
    recipient_type: str
    recipient_id: UUID | None
    outcome: str
    release: str
    decision: str | None
    departs: bool
    policy_digest: str
    submitted_by: UUID
    submitted_role: str
    submitted_at: datetime
    decided_at: datetime | None
    due_at: datetime | None
    task_due_at: datetime | None
    advice_due_at: datetime | None
    notice_due_on: str | None
    retention_class: str
    retain_until: str | None
    review_on: str | None
    legal_hold: bool
    audit_id: UUID

    def after(self, act: Act) -> Status:
        """The status that `act` leads to; raises `ActImpossible` where it leads nowhere."""
        exits = TRANSITIONS[self.status]
        if act not in exits:
            possible = ", ".join(sorted(exits)) or "nothing"
            raise ActImpossible(f"the request is {self.status}; from there you can: {possible}")
        return exits[act]

    def overdue(self, now: datetime) -> list[str]:
        """Which clocks of the request have run out: `decision`, `record`, `advice`, `notice`.
        Shown, and never in anybody's way.
        """
        late = []
        if (
            self.status in OPEN - {Status.EMERGENCY_RECORDED}
            and self.due_at is not None
            and now > self.due_at
        ):
            late.append("decision")
        if (
            self.status is Status.EMERGENCY_RECORDED
            and self.task_due_at is not None
            and now > self.task_due_at
        ):
            late.append("record")
        if self.advice_due_at is not None and now > self.advice_due_at:
            late.append("advice")
        if self.notice_due_on is not None and now.date() >= date.fromisoformat(self.notice_due_on):
            late.append("notice")
        return late

    def view_for(self, actor: Actor) -> View:
        """What this caller sees; raises `RequestNotFound` when that is nothing. The only rule for
        every way to a request.
        """
        if self.school != actor.school:
            raise RequestNotFound
        if actor.may(Permission.REQUEST_READ_ALL) or actor.id == self.submitted_by:
            return View.FULL
        if actor.may(Permission.REQUEST_READ_DEIDENTIFIED):
            return View.DEIDENTIFIED
        raise RequestNotFound

    def seen_by(self, actor: Actor) -> bool:
        """Whether this caller sees anything of the request."""
        try:
            self.view_for(actor)
        except RequestNotFound:
            return False
        return True

    def must_be_submitter_or_dsl(self, actor: Actor) -> None:
        """Raises `NotYours` for anybody else."""
        if actor.id != self.submitted_by and actor.role is not Role.DSL:
            raise NotYours(
                "the person who submitted the request or the DSL does this; pass it on to one of"
                " them"
            )

    def must_be_submitter(self, actor: Actor) -> None:
        """Raises `NotYours` for anybody else."""
        if actor.id != self.submitted_by:
            raise NotYours("only whoever submitted the request can do this")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that happened. `body` holds codes, ids and dates; `text` the personal part, None
    once disposed of.
    """

    id: UUID
    kind: RecordKind
    at: datetime
    by_id: UUID
    by_role: str
    body: Mapping[str, Any]
    text: Mapping[str, Any] | None
    audit_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person whom the request is about: a random id, the reference that it stands for, and the
    role.
    """

    id: UUID
    record_id: UUID
    ref: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is stored of a request."""

    head: Head
    records: tuple[Record, ...]
    subjects: tuple[Subject, ...]

    def of(self, kind: RecordKind) -> tuple[Record, ...]:
        """The records of a kind, oldest first."""
        return tuple(record for record in self.records if record.kind is kind)

    def latest(self, kind: RecordKind) -> Record | None:
        """The newest record of a kind."""
        return next((record for record in reversed(self.records) if record.kind is kind), None)

    def find(self, kind: RecordKind, record_id: UUID) -> Record | None:
        """The record of a kind with this id."""
        return next((record for record in self.of(kind) if record.id == record_id), None)

    @property
    def facts(self) -> Record:
        """The facts as last stated."""
        record = self.latest(RecordKind.FACTS)
        assert record is not None  # noqa: S101 - a request is never stored without its facts
        return record

    @property
    def evaluation(self) -> Record:
        """The evaluation that counts: the newest under the policy in force when it was made."""
        counting = [record for record in self.of(RecordKind.EVALUATION) if record.body["counts"]]
        return counting[-1]

    @property
    def decision(self) -> Record | None:
        """The decision that stands: the newest."""
        return self.latest(RecordKind.DECISION)

    @property
    def people(self) -> tuple[Subject, ...]:
        """The subjects as last stated, in that order."""
        return self.people_of(self.facts)

    def facts_when(self, record: Record) -> Record:
        """The facts that stood when something was recorded; an emergency is recorded in one step
        with its facts.
        """
        stood = self.of(RecordKind.FACTS)[0]
        for one in self.records:
            if one.id == record.id:
                break
            if one.kind is RecordKind.FACTS:
                stood = one
        return stood

    def people_of(self, facts: Record) -> tuple[Subject, ...]:
        """The subjects of a facts record, in the order in which they were stated."""
        known = {str(subject.id): subject for subject in self.subjects}
        return tuple(known[one] for one in facts.body["subject_ids"] if one in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which requests a list holds; None leaves a member open."""

    status: str | None = None
    outcome: str | None = None
    direction: str | None = None
    subject: str | None = None
    recipient_type: str | None = None
    submitted_from: datetime | None = None
    submitted_to: datetime | None = None
    overdue: bool | None = None

    def given(self) -> list[str]:
        """The names of the members that narrow the list, sorted."""
        return sorted(name for name in self.__slots__ if getattr(self, name) is not None)
