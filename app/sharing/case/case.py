"""Represent a sharing request as loaded: its head, records and subjects. Pure."""

from collections.abc import Collection, Iterable, Iterator
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
    """The request does not exist for this caller.

    The reply is the same for a missing request, a request of another school and a request that the
    caller may not see.
    """

    kind = Kind.NOT_FOUND
    code = "sharing-request-not-found"
    title = "Sharing request not found"
    conceals = True

    def __init__(self) -> None:
        super().__init__("check the id; if a colleague submitted the request, ask the DSL")


class InvalidState(ServiceError):
    """The status of the request does not permit the act."""

    kind = Kind.CONFLICT
    code = "invalid-state"
    title = "Not possible in the current state"


class ActionNotPermitted(ServiceError):
    """The caller can see the request but may not perform this act."""

    kind = Kind.FORBIDDEN
    code = "action-not-permitted"
    title = "Action not permitted"


class View(StrEnum):
    """How much of a request a caller sees."""

    FULL = "full"
    DEIDENTIFIED = "deidentified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The current codes and instants of a request; see `sharing.case.tables.RequestRow`."""

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
        """The status after `act`; raises `InvalidState` if the act is not permitted."""
        exits = TRANSITIONS[self.status]
        if act not in exits:
            possible = ", ".join(sorted(exits)) or "nothing"
            raise InvalidState(f"the request is {self.status}; possible now: {possible}")
        return exits[act]

    def overdue(self, now: datetime) -> list[OverdueClock]:
        """The expired clocks of the request, for display only; an expired clock blocks no act."""
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
        """The view that the caller may have; raises `SharingRequestNotFound` if none.

        Invariant: every route to a request uses this rule.
        """
        if self.school != actor.school:
            raise SharingRequestNotFound
        if actor.may(Permission.REQUEST_READ_ALL) or actor.id == self.submitted_by:
            return View.FULL
        if actor.may(Permission.REQUEST_READ_DEIDENTIFIED):
            return View.DEIDENTIFIED
        raise SharingRequestNotFound

    def seen_by(self, actor: Actor) -> bool:
        """Whether the caller may see the request in any view."""
        try:
            self.view_for(actor)
        except SharingRequestNotFound:
            return False
        return True

    def must_be_submitter_or_dsl(self, actor: Actor) -> None:
        """Raise `ActionNotPermitted` unless the caller is the submitter or the DSL."""
        if actor.id != self.submitted_by and actor.role is not Role.DSL:
            raise ActionNotPermitted(
                "only the submitter or the DSL can do this; pass it on to one of them"
            )

    def must_be_submitter(self, actor: Actor) -> None:
        """Raise `ActionNotPermitted` unless the caller is the submitter."""
        if actor.id != self.submitted_by:
            raise ActionNotPermitted("only the submitter can do this")


C_co = TypeVar("C_co", bound=Content, covariant=True)
K = TypeVar("K", bound=Content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[C_co]):
    """An event in the life of a request: its content, the instant and the actor.

    `personal` is True while the personal part is stored, and False after disposal.
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
    """A data subject of the request: a random id, the school's reference and the role."""

    id: UUID
    record_id: UUID
    ref: str
    role: SubjectRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request with all its stored records and subjects."""

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
        """The latest facts record."""
        record = self.latest(Facts)
        assert record is not None  # noqa: S101 - a request is never stored without its facts
        return record

    @property
    def evaluation(self) -> Record[Evaluation]:
        """The newest evaluation that was made under the policy in force at the time."""
        return [record for record in self.of(Evaluation) if record.content.current][-1]

    @property
    def decision(self) -> Record[Decision] | None:
        """The latest decision, or None."""
        return self.latest(Decision)

    @property
    def open_advice(self) -> tuple[Record[Advice], ...]:
        """The advice requests without an answer, oldest first."""
        answered = {record.content.advice_id for record in self.of(AdviceAnswer)}
        return tuple(record for record in self.of(Advice) if record.id not in answered)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the latest facts."""
        return self.facts.content.facts.items

    @property
    def people(self) -> tuple[Subject, ...]:
        """The subjects of the latest facts, in the stated order."""
        return self.people_of(self.facts)

    def facts_when(self, record_id: UUID) -> Record[Facts]:
        """The facts record that applied when a record was made.

        An emergency and its facts are recorded in one step, in no order; its facts are the first.
        """
        before = takewhile(lambda one: one.id != record_id, self.records)
        return next(_of(reversed(list(before)), Facts), self.of(Facts)[0])

    def people_of(self, facts: Record[Facts]) -> tuple[Subject, ...]:
        """The subjects of a facts record, in the stated order."""
        known = {subject.id: subject for subject in self.subjects}
        return tuple(known[one] for one in facts.content.subject_ids if one in known)


def _of(records: Iterable[Record[Content]], kind: type[K]) -> Iterator[Record[K]]:
    return (cast("Record[K]", one) for one in records if isinstance(one.content, kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The filters of a list of requests; None means no filter on that member. A request
    matches a collection if it has one of its values.
    """

    status: Collection[str] | None = None
    outcome: Collection[str] | None = None
    direction: Collection[str] | None = None
    subject: str | None = None
    recipient_type: Collection[str] | None = None
    submitted_from: datetime | None = None
    submitted_to: datetime | None = None
    overdue: bool | None = None

    def given(self) -> list[str]:
        """The names of the filters that are set, sorted."""
        return sorted(name for name in self.__slots__ if getattr(self, name) is not None)
