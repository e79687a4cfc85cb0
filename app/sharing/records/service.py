"""Prepare the decision record, the flowchart and the letter of a request."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.audit import log, prove, search
from app.audit.errors import EntryNotSealed
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import clock, ids
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Session
from app.policy.engine.evaluate import Policy
from app.policy.flowchart import drawing
from app.policy.lifecycle import in_force as policies
from app.policy.lifecycle.in_force import PolicyNotFound
from app.sharing.case import store
from app.sharing.case.case import Case, Record, View
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.model import Act, RecordFlag
from app.sharing.case.records import Letter
from app.sharing.presentation import deidentification, views
from app.sharing.records import document
from app.sharing.records.letter import letter_html, letter_pdf

HTML: Final = "text/html"
PDF: Final = "application/pdf"
JSON: Final = "application/json"

POLICY_TITLE: Final = "Information Sharing Policy"


class LetterNotFound(ServiceError):
    """The request has no letter with this id."""

    kind = Kind.NOT_FOUND
    code = "letter-not-found"
    title = "Letter not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """The data of a printed record: the presented request, its flags, audit proof and flowchart."""

    shown: dict[str, Any]
    flags: tuple[RecordFlag, ...]
    audit: dict[str, Any]
    chart: str
    policy_version: str
    school: str
    at: datetime

    async def html(self) -> str:
        """Render the record as HTML."""
        return document.html(self._request_with_flags(), **self._document_arguments())

    async def pdf(self) -> bytes:
        """Render the record as PDF/UA-1, in a thread."""
        return await asyncio.to_thread(
            document.pdf, self._request_with_flags(), **self._document_arguments()
        )

    def _request_with_flags(self) -> dict[str, Any]:
        return self.shown | ({"flags": self.flags} if self.flags else {})

    def _document_arguments(self) -> dict[str, Any]:
        return {
            "generated_at": self.at,
            "policy_title": POLICY_TITLE,
            "policy_version": self.policy_version,
            "audit": self.audit,
            "school": self.school,
            "chart_svg": self.chart,
        }


async def prepare(
    session: Session, actor: Actor, request_id: UUID, *, now: datetime, trace: str
) -> Printed:
    """Collect the data of the record; the read is audited."""
    case = await store.load(session, actor, request_id)
    policy = await _policy_of(session, case)
    view = _audit_read(session, actor, case, Action.RECORD_READ, now, trace)
    return Printed(
        shown=views.show_request(case, view, now)
        | {"evaluation": views.evaluation(case.evaluation, view)},
        flags=() if policy else (RecordFlag.POLICY_NOT_FOUND,),
        audit=await _proof_of(session, case, view),
        chart=chart(case, policy),
        policy_version=_version_of(case),
        school=actor.school,
        at=now,
    )


async def flowchart(
    session: Session, actor: Actor, request_id: UUID, *, now: datetime, trace: str
) -> str:
    """Draw the When-and-How flowchart with the path of the request, as SVG; the read is audited."""
    case = await store.load(session, actor, request_id)
    policy = await _policy_of(session, case)
    _audit_read(session, actor, case, Action.FLOWCHART_READ, now, trace)
    return chart(case, policy)


async def _policy_of(session: Session, case: Case) -> Policy | None:
    try:
        return await policies.at(session, case.head.school, case.head.policy_digest)
    except PolicyNotFound:
        return None


def _version_of(case: Case) -> str:
    return case.evaluation.content.result.policy_version


def chart(case: Case, policy: Policy | None) -> str:
    """Draw the flowchart of the current evaluation, with the questions of its policy if found.
    Pure.
    """
    result: dict[str, Any] = case.evaluation.content.result.to_json()
    ending = {
        "outcome": result["outcome"],
        "decided_at": result["decided_at"],
        "release": result["release"],
        "how": result["how"],
    }
    questions = (
        {str(step): asked.text for step, asked in policy.document.questions.items()}
        if policy
        else {}
    )
    return drawing.draw(
        result["path"],
        **ending,
        title="When and how to share: the way this request took",
        description=drawing.describe(result["path"], **ending, questions=questions),
        policy_version=_version_of(case),
        questions=questions,
    )


def _audit_read(
    session: Session,
    actor: Actor,
    case: Case,
    action: Action,
    now: datetime,
    trace: str,
    target: UUID | None = None,
) -> View:
    view = case.head.view_for(actor)
    event = Event(
        action=action,
        request=case.head.id,
        subjects=tuple(subject.id for subject in case.people),
        recipient=case.head.recipient_type,
        target=str(target) if target else None,
        data={"view": view.value},
    )
    log.append(session, event, by=actor, at=now, request_id=trace)
    return view


async def _proof_of(session: Session, case: Case, view: View) -> dict[str, Any]:
    entries = await search.load_cited_entries(
        session, case.head.school, sorted({one.audit_id for one in case.records})
    )
    try:
        note: str | None = (await prove.newest(session, case.head.school)).note
    except EntryNotSealed:
        note = None
    listed = [
        {
            "id": str(entry.id),
            "index": entry.index,
            "action": entry.fields["action"],
            "occurred_at": deidentification.instant(clock.from_text(entry.fields["at"]), view),
        }
        for entry in entries
    ]
    return {"entries": listed, "checkpoint": note}


async def release_letter(
    session: Session,
    actor: Actor,
    request_id: UUID,
    *,
    reasons: str,
    contact: str,
    asked: str | None,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Letter]]:
    """Release the text of a letter that answers a refusal.

    Invariant: released text remains on record.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    status = case.head.after(Act.WRITE)
    letter = Letter(
        decision_id=case.decision.id if case.decision else None,
        reasons=reasons,
        contact=contact,
        asked=asked,
    )
    letter_html(views.show_request(case, View.FULL, now), **_letter_words(letter, case, now))
    draft = Draft(id=ids.new_id(now), content=letter)
    change = Change(
        action=Action.LETTER_RELEASED,
        head=replace(case.head, status=status),
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


async def letter(
    session: Session,
    actor: Actor,
    request_id: UUID,
    letter_id: UUID,
    media_type: str,
    *,
    now: datetime,
    trace: str,
) -> str | bytes:
    """Render the letter as HTML or PDF, dated the day of its release."""
    case = await store.load(session, actor, request_id)
    case.head.must_be_submitter_or_dsl(actor)
    found = case.find(Letter, letter_id)
    if found is None or not found.personal:
        raise LetterNotFound("check the id; see letters in the request")
    _audit_read(session, actor, case, Action.LETTER_READ, now, trace, target=letter_id)
    shown = views.show_request(case, View.FULL, now)
    words = _letter_words(found.content, case, found.at)
    if media_type == HTML:
        return letter_html(shown, **words)
    return await asyncio.to_thread(letter_pdf, shown, **words)


def _letter_words(letter: Letter, case: Case, at: datetime) -> dict[str, Any]:
    return {
        "reasons": letter.reasons or "",
        "contact": letter.contact or "",
        "asked": letter.asked,
        "school": f"School {case.head.school}",
        "generated_at": at,
        "policy_title": POLICY_TITLE,
        "policy_version": _version_of(case),
    }
