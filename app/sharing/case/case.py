"""A sharing request as it was read: its head, its records and its subjects, and the questions one
may ask of them. Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import takewhile
from typing import Generic, TypeVar, cast
from uuid import UUID

from app.identity.model import Actor, Permission, Role
from app.kernel.errors import Kind, ServiceError
from app.policy.engine.vocabulary import SubjectRole
from app.sharing.case.facts import Item
from app.sharing.case.model import OPEN, TRANSITIONS, Act, OverdueClock, RecordKind, Status
from app.sharing.case.records import Advice, AdviceAnswer, Content, Decision, Evaluation, Facts


class SharingRequestNotFound(ServiceError):
    """There is no such request for this caller: absent, another school's or another person's, and
    nothing tells which.
    """

    kind = Kind.NOT_FOUND
    code = "sharing-request-not-found"
    title = "Sharing request not found"
    conceals = True

    def __init__(self) -> None:
        super().__init__("check the id; if a colleague submitted the request, ask the DSL")


class InvalidState(ServiceError):
    """The request is in a state in which this cannot be done."""

    kind = Kind.CONFLICT
    code = "invalid-state"
    title = "Not possible in the current state"


class ActionNotPermitted(ServiceError):
    """The caller sees the request but this act belongs to somebody else."""

    kind = Kind.FORBIDDEN
    code = "action-not-permitted"
    title = "Action not permitted"


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
        """The status that `act` leads to; raises `InvalidState` where it leads nowhere."""
        exits = TRANSITIONS[self.status]
        if act not in exits:
            possible = ", ".join(sorted(exits)) or "nothing"
            raise InvalidState(f"the request is {self.status}; possible now: {possible}")
        return exits[act]

    def overdue(self, now: datetime) -> list[OverdueClock]:
        """Which clocks of the request have run out. Shown, and nothing waits for it."""
        late = []
        if (
            self.status in OPEN - {Status.EMERGENCY_RECORDED}
            and self.due_at is not None
            and now > self.due_at
        ):
            late.append(OverdueClock.DECISION)
        if (
            self.status is Status.EMERGENCY_RECORDED
            and self.task_due_at is not None
            and now > self.task_due_at
        ):
            late.append(OverdueClock.RECORD)
        if self.advice_due_at is not None and now > self.advice_due_at:
            late.append(OverdueClock.ADVICE)
        if self.notice_due_on is not None and now.date() >= date.fromisoformat(self.notice_due_on):
            late.append(OverdueClock.NOTICE)
        return late

    def view_for(self, actor: Actor) -> View:
        """What this caller sees; raises `SharingRequestNotFound` when that is nothing. The only
        rule for every way to a request.
        """
        if self.school != actor.school:
            raise SharingRequestNotFound
        if actor.may(Permission.REQUEST_READ_ALL) or actor.id == self.submitted_by:
            return View.FULL
        if actor.may(Permission.REQUEST_READ_DEIDENTIFIED):
            return View.DEIDENTIFIED
        raise SharingRequestNotFound

    def seen_by(self, actor: Actor) -> bool:
        """Whether this caller sees anything of the request."""
        try:
            self.view_for(actor)
        except SharingRequestNotFound:
            return False
        return True

    def must_be_submitter_or_dsl(self, actor: Actor) -> None:
        """Raises `ActionNotPermitted` for anybody else."""
        if actor.id != self.submitted_by and actor.role is not Role.DSL:
            raise ActionNotPermitted(
                "only the submitter or the DSL can do this; pass it on to one of them"
            )

    def must_be_submitter(self, actor: Actor) -> None:
        """Raises `ActionNotPermitted` for anybody else."""
        if actor.id != self.submitted_by:
            raise ActionNotPermitted("only the submitter can do this")


C_co = TypeVar("C_co", bound=Content, covariant=True)
K = TypeVar("K", bound=Content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[C_co]):
    """One thing that happened: what it says, when it was recorded and by whom.

    `personal` says whether its personal half is stored; it is not, once disposed of.
    """

    id: UUID
    at: datetime
    by_id: UUID
    by_role: str
    content: C_co
    personal: bool
    audit_id: UUID

    @property
    def kind(self) -> RecordKind:
        """The kind of the record."""
        return self.content.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person whom the request is about: a random id, the reference that it stands for, and the
    role.
    """

    id: UUID
    record_id: UUID
    ref: str
    role: SubjectRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is stored of a request."""

    head: Head
    records: tuple[Record[Content], ...]
    subjects: tuple[Subject, ...]

    def of(self, kind: type[K]) -> tuple[Record[K], ...]:
        """The records of a kind, oldest first."""
        return tuple(_of(self.records, kind))

    def latest(self, kind: type[K]) -> Record[K] | None:
        """The newest record of a kind."""
        return next(_of(reversed(self.records), kind), None)

    def find(self, kind: type[K], record_id: UUID | None) -> Record[K] | None:
        """The record of a kind with this id."""
        return next((one for one in _of(self.records, kind) if one.id == record_id), None)

    @property
    def facts(self) -> Record[Facts]:
        """The facts as last stated."""
        record = self.latest(Facts)
        assert record is not None  # noqa: S101 - a request is never stored without its facts
        return record

    @property
    def evaluation(self) -> Record[Evaluation]:
        """The current evaluation: the newest under the policy in force when it was made."""
        return [record for record in self.of(Evaluation) if record.content.current][-1]

    @property
    def decision(self) -> Record[Decision] | None:
        """The decision that stands: the newest."""
        return self.latest(Decision)

    @property
    def open_advice(self) -> tuple[Record[Advice], ...]:
        """The advice that was sought and is not given yet, oldest first."""
        answered = {record.content.advice_id for record in self.of(AdviceAnswer)}
        return tuple(record for record in self.of(Advice) if record.id not in answered)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items as last stated."""
        return self.facts.content.facts.items

    @property
    def people(self) -> tuple[Subject, ...]:
        """The subjects as last stated, in that order."""
        return self.people_of(self.facts)

    def facts_when(self, record_id: UUID) -> Record[Facts]:
        """The facts that stood when something was recorded; an emergency is recorded in one step
        with its facts, in no order.
        """
        before = takewhile(lambda one: one.id != record_id, self.records)
        return next(_of(reversed(list(before)), Facts), self.of(Facts)[0])

    def people_of(self, facts: Record[Facts]) -> tuple[Subject, ...]:
        """The subjects of a facts record, in the order in which they were stated."""
        known = {subject.id: subject for subject in self.subjects}
        return tuple(known[one] for one in facts.content.subject_ids if one in known)


def _of(records: Iterable[Record[Content]], kind: type[K]) -> Iterator[Record[K]]:
    return (cast("Record[K]", one) for one in records if isinstance(one.content, kind))


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
