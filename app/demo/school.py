"""The invented school and the acts of its people, each at an instant of its own.

Invariant: every act calls the functions of a service, so that the loaded requests could have been
made over HTTP and the audit log has their entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.demo.facts import with_days_of_birth
from app.demo.people import People
from app.identity.model import Actor, Role
from app.kernel.clock import LONDON
from app.platform.db import Session
from app.platform.preconditions import IfMatch
from app.policy.engine.vocabulary import (
    Answer,
    Authority,
    ConsentForm,
    ConsentStatus,
    SecureRoute,
    TransparencyDecision,
    TransparencyReason,
)
from app.policy.facts.schemas import FactsIn
from app.policy.lifecycle import in_force as policies
from app.recipients.contacts import service as contacts_service
from app.recipients.model import CheckMethod, ContactDetails, OrganisationDetails
from app.recipients.organisations import service as organisations_service
from app.recipients.verifications import service as verifications_service
from app.recipients.verifications.service import Check
from app.retention import service as retention
from app.retention.schedule import Review
from app.sharing.advice import service as advice_service
from app.sharing.case.case import Case, Record
from app.sharing.case.model import Adviser, Keep
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.case.records import Advice, Consent, Decision, Receiver
from app.sharing.consents import service as consents_service
from app.sharing.consents.rules import Withdraw
from app.sharing.decisions import service as decisions_service
from app.sharing.decisions.rules import Decide, Refusal
from app.sharing.disclosures import service as disclosures_service
from app.sharing.disclosures.rules import Disclose, Receipt
from app.sharing.disposal import service as disposal_service
from app.sharing.emergencies import service as emergencies_service
from app.sharing.emergencies.schemas import EmergencyIn
from app.sharing.emergencies.statement import emergency_statement
from app.sharing.evaluation import assessment
from app.sharing.facts.statements import statement_of
from app.sharing.notices import service as notices_service
from app.sharing.notices.rules import Notify
from app.sharing.records import service as records_service
from app.sharing.requests import service as requests_service

TRACE: Final = "demo"
ANY: Final = IfMatch("*")
_SATURDAY: Final = 5


@dataclass(slots=True)
class School:
    """The school in one transaction of its database. `now` is the time of the next act, `ends` the
    latest possible time.
    """

    session: Session
    people: People
    ends: datetime
    now: datetime
    recipients: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)

    def start(self, days_ago: float, hour: int = 9) -> None:
        """Set the time to a school morning this number of days ago."""
        day = (self.ends - timedelta(days=days_ago)).astimezone(LONDON)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
        self.now = min(
            day.replace(hour=hour, minute=10, second=0, microsecond=0).astimezone(self.ends.tzinfo),
            self.ends,
        )

    def pass_time(self, **by: float) -> None:
        """Move the time forward, at most to `ends`."""
        self.now = min(self.now + timedelta(**by), self.ends)

    async def _finish(self, case: Case) -> UUID:
        """Write the act to the database and move the time forward a quarter of an hour."""
        await self.session.flush()
        self.pass_time(minutes=15)
        return case.head.id

    async def add_recipient(
        self, name: str, details: OrganisationDetails, contact: ContactDetails, *, checked: bool
    ) -> None:
        """Add an organisation with a contact to the directory, and verify both if `checked`."""
        dsl = self.people.dsl
        found = await organisations_service.register(
            self.session, dsl, details, now=self.now, request_id=TRACE
        )
        await self.session.flush()
        there = await contacts_service.add(
            self.session, dsl, found.recipient.id, contact, now=self.now, request_id=TRACE
        )
        await self.session.flush()
        self.recipients[name] = (found.recipient.id, there.contact.id)
        for whom in (None, there.contact.id) if checked else ():
            check = Check(
                method=CheckMethod.CALL_BACK_PUBLISHED_NUMBER, result=Answer.YES, contact_id=whom
            )
            await verifications_service.record(
                self.session, dsl, found.recipient.id, check, now=self.now, request_id=TRACE
            )
            await self.session.flush()

    async def submit(self, who: Actor, facts: Mapping[str, Any]) -> UUID:
        """Submit a request."""
        statement = statement_of(
            FactsIn.model_validate(with_days_of_birth(facts, self.ends.date()))
        )
        return await self._finish(
            await requests_service.submit(
                self.session, who, statement, now=self.now, request_id=TRACE
            )
        )

    async def record_emergency(self, who: Actor, body: Mapping[str, Any]) -> UUID:
        """Record an emergency disclosure."""
        read = EmergencyIn.model_validate(with_days_of_birth(body, self.ends.date()))
        statement, findings = emergency_statement(read, self.now)
        case, _ = await emergencies_service.record_emergency(
            self.session,
            who,
            statement,
            told=findings,
            now=self.now,
            trace=TRACE,
        )
        return await self._finish(case)

    async def amend(self, who: Actor, request: UUID, changed: Mapping[str, Any]) -> None:
        """Amend the facts of a request."""
        changed = with_days_of_birth(changed, self.ends.date())
        await self._finish(
            await requests_service.amend(
                self.session,
                who,
                request,
                changed,
                precondition=ANY,
                now=self.now,
                trace=TRACE,
            )
        )

    async def ask(self, who: Actor, request: UUID, question: str) -> None:
        """Ask the requester for information."""
        case, _ = await requests_service.ask(
            self.session, who, request, question, now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def seek_advice(
        self, who: Actor, request: UUID, whom: Adviser, question: str
    ) -> Record[Advice]:
        """Seek advice on a request."""
        case, record = await advice_service.seek(
            self.session,
            who,
            request,
            whom=whom,
            question=question,
            release_free_text=False,
            now=self.now,
            trace=TRACE,
        )
        await self._finish(case)
        return record

    async def answer_advice(
        self,
        who: Actor,
        request: UUID,
        asked: Record[Advice],
        advice: str,
        agreed: str,
        outcome: DecisionOutcome | None = None,
    ) -> None:
        """Answer the advice that was sought."""
        case, _ = await advice_service.answer(
            self.session,
            who,
            request,
            asked.id,
            advice=advice,
            advised_outcome=outcome,
            outcome_of_discussion=agreed,
            now=self.now,
            trace=TRACE,
        )
        await self._finish(case)

    async def decide(
        self,
        who: Actor | None,
        request: UUID,
        outcome: DecisionOutcome,
        reasons: str,
        *,
        positions: tuple[int, ...] | None = None,
        departs: str | None = None,
    ) -> Record[Decision]:
        """Record a decision; without `who` a role that the policy permits decides.

        `positions` are the positions of the items to share, for a partial share.
        """
        case = await disposal_service.load_for_update(self.session, self.people.dsl, request)
        who = who or await self._decider(case, outcome, departs=departs is not None)
        every = [item.id for item in case.items]
        refused = outcome is DecisionOutcome.DO_NOT_SHARE
        command = Decide(
            outcome=outcome,
            reasons=reasons,
            items=None if positions is None else tuple(every[position] for position in positions),
            lawful_reason=None,
            departs_because=departs,
            refusal=Refusal(discussed_with_requester=Answer.YES, how="By telephone, the same day.")
            if refused
            else None,
        )
        case, record = await decisions_service.decide(
            self.session, who, request, command, precondition=ANY, now=self.now, trace=TRACE
        )
        await self._finish(case)
        return record

    async def _decider(self, case: Case, outcome: DecisionOutcome, *, departs: bool) -> Actor:
        policy = await policies.at(self.session, case.head.school, case.head.policy_digest)
        roles = assessment.may_decide(policy, case, outcome)
        return self.people.dsl if departs or Role.DSL in roles else self.people.ig_lead

    async def disclose(
        self,
        who: Actor,
        request: UUID,
        decision: Record[Decision],
        name: str,
        route: SecureRoute = SecureRoute.SECURE_EMAIL,
    ) -> None:
        """Record the disclosure of every item that the decision permits."""
        command = Disclose(
            decision_id=decision.id,
            items=None,
            recipient=Receiver(named_individual=name),
            route=route,
            sent_at=self.now,
            secure_exception=None,
            receipt=Receipt(acknowledged_by=name, at=self.now),
        )
        case, _ = await disclosures_service.disclose(
            self.session, who, request, command, now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def record_notice(
        self,
        who: Actor,
        request: UUID,
        ref: str,
        decision: TransparencyDecision,
        *,
        reason: TransparencyReason | None = None,
        in_days: int | None = None,
        how: str | None = None,
    ) -> None:
        """Record whether and how the family was informed, or in how many days to look again."""
        notice = Notify(
            person_ref=ref,
            decision=decision,
            reason=reason,
            revisit_on=(self.now + timedelta(days=in_days)).date() if in_days else None,
            how=how,
        )
        case, _ = await notices_service.notify(
            self.session, who, request, notice, now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def record_consent(
        self, who: Actor, request: UUID, ref: str, evidence: str
    ) -> Record[Consent]:
        """Record a person's consent."""

        def consent(subject_id: UUID) -> Consent:
            return Consent(
                subject_id=subject_id,
                status=ConsentStatus.GIVEN,
                explicit=True,
                freely_given=Answer.YES,
                unambiguous=Answer.YES,
                form=ConsentForm.WRITTEN,
                authority=Authority.PARENTAL_RESPONSIBILITY,
                given_at=self.now,
                expires_on=(self.now + timedelta(days=300)).date(),
                evidence=evidence,
            )

        case, record = await consents_service.record(
            self.session, who, request, ref, consent, now=self.now, trace=TRACE
        )
        await self._finish(case)
        return record

    async def withdraw_consent(
        self, who: Actor, request: UUID, consent: Record[Consent], by: str
    ) -> None:
        """Record the withdrawal of a consent."""
        case, _ = await consents_service.withdraw(
            self.session,
            who,
            request,
            consent.id,
            Withdraw(withdrawn_by=by, at=self.now),
            now=self.now,
            trace=TRACE,
        )
        await self._finish(case)

    async def reconsider(
        self, who: Actor, request: UUID, news: str, changed: Mapping[str, Any]
    ) -> None:
        """Reconsider a refusal on new information."""
        case, _ = await requests_service.reconsider(
            self.session, who, request, news, changed, now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def release_letter(self, who: Actor, request: UUID, reasons: str) -> None:
        """Release the text of a letter."""
        contact = "The designated safeguarding lead, through the school office."
        case, _ = await records_service.release_letter(
            self.session,
            who,
            request,
            reasons=reasons,
            contact=contact,
            asked=None,
            now=self.now,
            trace=TRACE,
        )
        await self._finish(case)

    async def withdraw(self, who: Actor, request: UUID, why: str) -> None:
        """Withdraw a request."""
        case, _ = await requests_service.withdraw(
            self.session, who, request, why, now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def close(self, who: Actor, request: UUID) -> None:
        """Close a request."""
        case, _ = await requests_service.close(
            self.session, who, request, "Nothing more is to come.", now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def review_retention(
        self,
        request: UUID,
        keep: Keep,
        why: str,
        *,
        look_in_days: int | None = None,
        hold: bool | None = None,
    ) -> None:
        """Review the retention of a request as the IG lead."""
        look = (self.now + timedelta(days=look_in_days)).date() if look_in_days else None
        command = Review(keep=keep, until=None, next_review_on=look, legal_hold=hold)
        case, _ = await retention.review(
            self.session, self.people.ig_lead, request, command, why, now=self.now, trace=TRACE
        )
        await self._finish(case)

    async def dispose(self, request: UUID) -> None:
        """Dispose of a request as the IG lead."""
        case, _ = await retention.dispose(
            self.session,
            self.people.ig_lead,
            request,
            basis="Sent in error; nothing of it is needed.",
            approved_by="The head teacher",
            now=self.now,
            trace=TRACE,
        )
        await self._finish(case)
