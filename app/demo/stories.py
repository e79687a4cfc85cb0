"""Fifteen stories, each in four variants with other children, people and days: sixty requests in
every possible state.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from app.demo import facts
from app.demo.school import School
from app.policy.engine.vocabulary import SecureRoute, TransparencyDecision, TransparencyReason
from app.sharing.case.model import Adviser, Keep
from app.sharing.case.outcomes import DecisionOutcome as D

Story = Callable[[School, int], Awaitable[None]]

VARIANTS: Final = 4


async def enquiry_answered(school: School, n: int) -> None:
    """A request is decided, disclosed, notified and closed."""
    school.start(180 - 30 * n)
    who = school.people
    request = await school.submit(
        who.mis if n == 3 else who.teacher,
        facts.hub(0, n, school.recipients["mash"] if n == 0 else None),
    )
    school.pass_time(hours=2)
    decision = await school.decide(
        None, request, D.SHARE, "The enquiry needs it; only what they asked for."
    )
    await school.disclose(who.dsl, request, decision, facts.WORKERS[n])
    school.pass_time(days=5)
    await school.record_notice(
        who.dsl,
        request,
        facts.child(0, n),
        TransparencyDecision.INFORMED_AFTER,
        how="Talked with the mother at school.",
    )
    await school.close(who.dsl, request)
    if n == 0:
        await school.review_retention(
            request,
            Keep.INDEFINITELY,
            "An inquiry asked us to keep it.",
            look_in_days=200,
            hold=True,
        )


async def help_agreed(school: School, n: int) -> None:
    """The submitter decides with the family's consent."""
    school.start(150 - 28 * n)
    who = school.people
    request = await school.submit(who.counsellor, facts.early_help(1, n))
    await school.record_consent(who.counsellor, request, facts.child(1, n), "Form on file")
    decision = await school.decide(
        who.counsellor, request, D.SHARE, "The family asked for this help and agreed in writing."
    )
    if n:
        await school.disclose(who.counsellor, request, decision, facts.WORKERS[-n])


async def refusal(school: School, n: int) -> None:
    """A request without a purpose for a child is refused, answered by letter and closed."""
    school.start(140 - 25 * n)
    who = school.people
    request = await school.submit(who.office, facts.no_purpose(2, n))
    school.pass_time(days=1)
    await school.decide(
        None, request, D.DO_NOT_SHARE, "Nothing that they want concerns the child's welfare."
    )
    if n < 2:
        await school.release_letter(
            who.office, request, "You told us of no purpose that concerns the child's welfare."
        )
    if n == 0:
        await school.close(who.dsl, request)


async def refusal_reconsidered(school: School, n: int) -> None:
    """A refusal is reconsidered on new information."""
    school.start(120 - 22 * n)
    who = school.people
    request = await school.submit(who.office, facts.no_purpose(3, n))
    await school.decide(None, request, D.DO_NOT_SHARE, "They would not say what it is for.")
    school.pass_time(days=3)
    changed = {
        "recipient": {"organisation_type": "childrens_social_care", "secure_route": "secure_email"},
        "purpose": {"code": "child_in_need_update", "answer": "yes"},
        "lawful_reason": {"answer": "yes", "code": "safeguarding_condition"},
    }
    await school.reconsider(
        who.office, request, "The social worker rang: it was asked for her.", changed
    )
    if n:
        decision = await school.decide(None, request, D.SHARE, "The need is plain now.")
        await school.disclose(who.office, request, decision, facts.WORKERS[n])


async def emergency_incomplete(school: School, n: int) -> None:
    """An emergency of the last few days is not completed yet."""
    school.start((0, 1, 2, 5)[n])
    request = await school.record_emergency(school.people.teacher, facts.emergency(4, n))
    if n == 1:
        await school.seek_advice(
            school.people.teacher, request, Adviser.DSL, "What else has to be written down?"
        )


async def emergency_completed(school: School, n: int) -> None:
    """An emergency record is completed the next day."""
    school.start(110 - 24 * n)
    who = school.people
    request = await school.record_emergency(who.counsellor, facts.emergency(5, n))
    school.pass_time(hours=20)
    known = {
        "subjects": [{"person_ref": facts.child(5, n)}],
        "purpose": {"code": "missing_child"},
        "consent": {"answer": "no"},
    }
    await school.amend(who.dsl, request, known)
    await school.decide(
        None, request, D.SHARE_EMERGENCY, "There was no time; everything that went was needed."
    )
    await school.record_notice(
        who.dsl,
        request,
        facts.child(5, n),
        TransparencyDecision.INFORMED_AFTER,
        how="Rang the parents the same evening.",
    )
    if n > 1:
        await school.close(who.dsl, request)


async def advice_open(school: School, n: int) -> None:
    """Advice is sought and not answered yet."""
    school.start((0, 1, 4, 9)[n])
    request = await school.submit(school.people.teacher, facts.unsure(6, n))
    await school.seek_advice(
        school.people.teacher,
        request,
        Adviser.IG_LEAD if n % 2 else Adviser.DSL,
        "Is there a lawful reason to tell them this?",
    )


async def advice_followed(school: School, n: int) -> None:
    """A request is amended and decided as advised."""
    school.start(100 - 20 * n)
    who = school.people
    request = await school.submit(who.teacher, facts.unsure(7, n))
    asked = await school.seek_advice(
        who.teacher, request, Adviser.DSL, "Can we tell them without the father's consent?"
    )
    school.pass_time(hours=3)
    outcome = D.DO_NOT_SHARE if n == 3 else D.SHARE
    await school.answer_advice(
        who.deputy,
        request,
        asked,
        "Look at who needs it, and why now.",
        "Amend, and pass it to the DSL.",
        outcome,
    )
    if n == 3:
        await school.amend(who.teacher, request, {"lawful_reason": {"answer": "no"}})
        await school.decide(
            None, request, D.DO_NOT_SHARE, "Nothing permits it; they can ask the family."
        )
        return
    await school.amend(
        who.teacher, request, {"lawful_reason": {"answer": "yes", "code": "safeguarding_condition"}}
    )
    decision = await school.decide(None, request, D.SHARE, "The safeguarding condition is met.")
    if n:
        await school.disclose(
            who.dsl, request, decision, facts.WORKERS[n], route=SecureRoute.PHONE_VERIFIED
        )


async def information_requested(school: School, n: int) -> None:
    """The requester is asked for information."""
    school.start((1, 3, 6, 12)[n])
    request = await school.submit(
        school.people.mis if n == 2 else school.people.office, facts.unsure(8, n)
    )
    await school.ask(school.people.dsl, request, "Which years do they need, and what for?")


async def withdrawn(school: School, n: int) -> None:
    """A request is withdrawn before a decision, and one of them is disposed of."""
    school.start(90 - 20 * n)
    who = school.people
    request = await school.submit(who.mis if n == 1 else who.teacher, facts.hub(9, n))
    await school.withdraw(who.mis if n == 1 else who.teacher, request, "Sent twice.")
    if n == 0:
        school.pass_time(days=2)
        await school.review_retention(
            request, Keep.DISPOSE, "Sent in error; no reason is left to keep it."
        )
        await school.dispose(request)


async def partial_share(school: School, n: int) -> None:
    """Some items are shared, one of them redacted."""
    school.start(80 - 18 * n)
    who = school.people
    request = await school.submit(who.teacher, facts.several_items(10, n))
    decision = await school.decide(
        None, request, D.SHARE_PARTIALLY, "Her marks are not needed.", positions=(0, 1)
    )
    if n != 1:
        await school.disclose(who.teacher, request, decision, facts.WORKERS[n])


async def consent_withdrawn(school: School, n: int) -> None:
    """Consent is withdrawn after the disclosure, so that the recipient has to be informed."""
    school.start(70 - 16 * n)
    who = school.people
    request = await school.submit(who.counsellor, facts.early_help(11, n))
    consent = await school.record_consent(
        who.counsellor, request, facts.child(11, n), "Form on file"
    )
    decision = await school.decide(who.counsellor, request, D.SHARE, "The family agreed.")
    await school.disclose(who.counsellor, request, decision, facts.WORKERS[-n])
    school.pass_time(days=4)
    await school.withdraw_consent(who.counsellor, request, consent, "The mother")


async def legal_duty(school: School, n: int) -> None:
    """The IG lead decides a request by a partner or a court."""
    school.start(60 - 15 * n)
    who = school.people
    request = await school.submit(who.office, facts.legal_duty(12, n))
    if n == 3:
        return
    school.pass_time(days=1)
    decision = await school.decide(
        None, request, D.SHARE, "Compelled; what they named and nothing more."
    )
    if n == 0:
        await school.disclose(
            who.office, request, decision, facts.WORKERS[n], route=SecureRoute.ENCRYPTED_PORTAL
        )


async def notice_deferred(school: School, n: int) -> None:
    """A decided request lacks a secure route, and the notice to the family is deferred."""
    school.start((21, 14, 7, 3)[n])
    who = school.people
    body = facts.hub(
        13,
        n,
        how={
            **facts.HOW,
            "secure": "no",
            "transparency": {"decision": "deferred", "reason": "would_prejudice_enquiry"},
        },
    )
    request = await school.submit(who.teacher, body)
    await school.record_notice(
        who.dsl,
        request,
        facts.child(13, n),
        TransparencyDecision.DEFERRED,
        reason=TransparencyReason.WOULD_PREJUDICE_ENQUIRY,
        in_days=10,
    )
    if n == 3:
        departs = "The father was arrested this morning; sharing can wait for the strategy meeting."
        await school.decide(None, request, D.DO_NOT_SHARE, "Not today.", departs=departs)
    else:
        await school.decide(
            None, request, D.SHARE, "Needed; as soon as they have a secure address."
        )


async def new_request(school: School, n: int) -> None:
    """A request awaits a decision; some follow a special procedure."""
    school.start((9, 2, 1, 0)[n])
    await school.submit(
        school.people.mis if n == 3 else school.people.office, facts.special_procedure(n)
    )


STORIES: Final[tuple[Story, ...]] = (
    enquiry_answered,
    help_agreed,
    refusal,
    refusal_reconsidered,
    emergency_incomplete,
    emergency_completed,
    advice_open,
    advice_followed,
    information_requested,
    withdrawn,
    partial_share,
    consent_withdrawn,
    legal_duty,
    notice_deferred,
    new_request,
)
