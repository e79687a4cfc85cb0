"""The people of the invented school, and what they do, each act at an instant of its own.

Law: everything goes through the services' own functions, so that what is loaded is what people
could have done, and the trail tells of it.
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
from app.recipients.model import CheckMethod, ContactDetails, OrganisationDetails, Verified
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
class Town:
    """The school on its database, in one transaction, and the time at which the next act
    happens.
    """

    session: Session
    people: People
    ends: datetime
    now: datetime
    recipients: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)

    def starts(self, days_ago: float, hour: int = 9) -> None:
        """Go to a school morning so many days ago."""
        day = (self.ends - timedelta(days=days_ago)).astimezone(LONDON)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
        self.now = min(
            day.replace(hour=hour, minute=10, second=0, microsecond=0).astimezone(self.ends.tzinfo),
            self.ends,
        )

    def later(self, **by: float) -> None:
        """Let time pass, to today at the furthest."""
        self.now = min(self.now + timedelta(**by), self.ends)

    async def _done(self, case: Case) -> UUID:
        """What was done is in the database, and a quarter of an hour has passed."""
        await self.session.flush()
        self.later(minutes=15)
        return case.head.id

    async def list_recipient(
        self, name: str, details: OrganisationDetails, contact: ContactDetails, *, checked: bool
    ) -> None:
        """Put an organisation with a contact into the directory, and check both."""
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
                method=CheckMethod.CALL_BACK_PUBLISHED_NUMBER, result=Verified.YES, contact_id=whom
            )
            await verifications_service.record(
                self.session, dsl, found.recipient.id, check, now=self.now, request_id=TRACE
            )
            await self.session.flush()

    async def submits(self, who: Actor, facts: Mapping[str, Any]) -> UUID:
        """Somebody submits a request."""
        statement = statement_of(
            FactsIn.model_validate(with_days_of_birth(facts, self.ends.date()))
        )
        return await self._done(
            await requests_service.submit(
                self.session, who, statement, now=self.now, request_id=TRACE
            )
        )

    async def records_emergency(self, who: Actor, body: Mapping[str, Any]) -> UUID:
        """Somebody records what they shared in an emergency."""
        read = EmergencyIn.model_validate(with_days_of_birth(body, self.ends.date()))
        statement, told = emergency_statement(read, self.now)
        case, _ = await emergencies_service.record_emergency(
            self.session,
            who,
            statement,
            told=told,
            now=self.now,
            trace=TRACE,
        )
        return await self._done(case)

    async def amends(self, who: Actor, request: UUID, changed: Mapping[str, Any]) -> None:
        """Somebody amends the facts."""
        changed = with_days_of_birth(changed, self.ends.date())
        await self._done(
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

    async def asks(self, who: Actor, request: UUID, question: str) -> None:
        """Somebody asks the requester for what is missing."""
        case, _ = await requests_service.ask(
            self.session, who, request, question, now=self.now, trace=TRACE
        )
        await self._done(case)

    async def seeks(
        self, who: Actor, request: UUID, whom: Adviser, question: str
    ) -> Record[Advice]:
        """Somebody seeks advice."""
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
        await self._done(case)
        return record

    async def advises(
        self,
        who: Actor,
        request: UUID,
        asked: Record[Advice],
        advice: str,
        agreed: str,
        outcome: DecisionOutcome | None = None,
    ) -> None:
        """Somebody gives advice."""
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
        await self._done(case)

    async def decides(
        self,
        who: Actor | None,
        request: UUID,
        outcome: DecisionOutcome,
        reasons: str,
        *,
        positions: tuple[int, ...] | None = None,
        departs: str | None = None,
    ) -> Record[Decision]:
        """Somebody decides, or (None) whom the policy gives it to; `positions` are those of the
        items that may be shared, for a part.
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
        await self._done(case)
        return record

    async def _decider(self, case: Case, outcome: DecisionOutcome, *, departs: bool) -> Actor:
        policy = await policies.at(self.session, case.head.school, case.head.policy_digest)
        roles = assessment.may_decide(policy, case, outcome)
        return self.people.dsl if departs or Role.DSL in roles else self.people.ig_lead

    async def sends(
        self,
        who: Actor,
        request: UUID,
        decision: Record[Decision],
        name: str,
        route: SecureRoute = SecureRoute.SECURE_EMAIL,
    ) -> None:
        """Somebody sends what the decision permits."""
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
        await self._done(case)

    async def tells(
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
        """Somebody tells the family, or says why not, or when to look again (`in_days`)."""
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
        await self._done(case)

    async def consents(self, who: Actor, request: UUID, ref: str, evidence: str) -> Record[Consent]:
        """Somebody records that a person consented."""

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
        await self._done(case)
        return record

    async def takes_back(
        self, who: Actor, request: UUID, consent: Record[Consent], by: str
    ) -> None:
        """Somebody records that a consent was withdrawn."""
        case, _ = await consents_service.withdraw(
            self.session,
            who,
            request,
            consent.id,
            Withdraw(withdrawn_by=by, at=self.now),
            now=self.now,
            trace=TRACE,
        )
        await self._done(case)

    async def reconsiders(
        self, who: Actor, request: UUID, news: str, changed: Mapping[str, Any]
    ) -> None:
        """Somebody brings new information after a refusal."""
        case, _ = await requests_service.reconsider(
            self.session, who, request, news, changed, now=self.now, trace=TRACE
        )
        await self._done(case)

    async def writes(self, who: Actor, request: UUID, reasons: str) -> None:
        """Somebody releases the words of a letter."""
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
        await self._done(case)

    async def withdraws(self, who: Actor, request: UUID, why: str) -> None:
        """Somebody takes their request back."""
        case, _ = await requests_service.withdraw(
            self.session, who, request, why, now=self.now, trace=TRACE
        )
        await self._done(case)

    async def closes(self, who: Actor, request: UUID) -> None:
        """Somebody closes a request."""
        case, _ = await requests_service.close(
            self.session, who, request, "Nothing more is to come.", now=self.now, trace=TRACE
        )
        await self._done(case)

    async def keeps(
        self,
        request: UUID,
        keep: Keep,
        why: str,
        *,
        look_in_days: int | None = None,
        hold: bool | None = None,
    ) -> None:
        """The IG lead reviews how long a request is kept."""
        look = (self.now + timedelta(days=look_in_days)).date() if look_in_days else None
        command = Review(keep=keep, until=None, next_review_on=look, legal_hold=hold)
        case, _ = await retention.review(
            self.session, self.people.ig_lead, request, command, why, now=self.now, trace=TRACE
        )
        await self._done(case)

    async def disposes(self, request: UUID) -> None:
        """The IG lead destroys what is personal in a request."""
        case, _ = await retention.dispose(
            self.session,
            self.people.ig_lead,
            request,
            basis="Sent in error; nothing of it is needed.",
            approved_by="The head teacher",
            now=self.now,
            trace=TRACE,
        )
        await self._done(case)
