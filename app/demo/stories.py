"""Fifteen stories, each told four times with other children, people and days: sixty requests,
between them in every state there is.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from app.demo import facts
from app.demo.town import Town
from app.policy.engine.vocabulary import SecureRoute, TransparencyDecision, TransparencyReason
from app.sharing.case.model import Adviser, Keep
from app.sharing.case.outcomes import DecisionOutcome as D

Story = Callable[[Town, int], Awaitable[None]]

VARIANTS: Final = 4


async def an_enquiry_is_answered(town: Town, n: int) -> None:
    """Asked, decided, sent, told, closed."""
    town.starts(180 - 30 * n)
    who = town.people
    request = await town.submits(
        who.mis if n == 3 else who.teacher,
        facts.hub(0, n, town.recipients["mash"] if n == 0 else None),
    )
    town.later(hours=2)
    decision = await town.decides(
        None, request, D.SHARE, "The enquiry needs it; only what they asked for."
    )
    await town.sends(who.dsl, request, decision, facts.WORKERS[n])
    town.later(days=5)
    await town.tells(
        who.dsl,
        request,
        facts.child(0, n),
        TransparencyDecision.INFORMED_AFTER,
        how="Talked with the mother at school.",
    )
    await town.closes(who.dsl, request)
    if n == 0:
        await town.keeps(
            request,
            Keep.INDEFINITELY,
            "An inquiry asked us to keep it.",
            look_in_days=200,
            hold=True,
        )


async def help_is_agreed(town: Town, n: int) -> None:
    """With consent, decided by whoever submitted it."""
    town.starts(150 - 28 * n)
    who = town.people
    request = await town.submits(who.counsellor, facts.help_wanted(1, n))
    await town.consents(who.counsellor, request, facts.child(1, n), "Form on file")
    decision = await town.decides(
        who.counsellor, request, D.SHARE, "The family asked for this help and agreed in writing."
    )
    if n:
        await town.sends(who.counsellor, request, decision, facts.WORKERS[-n])


async def somebody_is_refused(town: Town, n: int) -> None:
    """No purpose that concerns a child: refused, answered in writing, closed."""
    town.starts(140 - 25 * n)
    who = town.people
    request = await town.submits(who.office, facts.out_of_place(2, n))
    town.later(days=1)
    await town.decides(
        None, request, D.DO_NOT_SHARE, "Nothing that they want concerns the child's welfare."
    )
    if n < 2:
        await town.writes(
            who.office, request, "You told us of no purpose that concerns the child's welfare."
        )
    if n == 0:
        await town.closes(who.dsl, request)


async def a_refusal_is_reconsidered(town: Town, n: int) -> None:
    """New information after a refusal, which stands in the record."""
    town.starts(120 - 22 * n)
    who = town.people
    request = await town.submits(who.office, facts.out_of_place(3, n))
    await town.decides(None, request, D.DO_NOT_SHARE, "They would not say what it is for.")
    town.later(days=3)
    changed = {
        "recipient": {"organisation_type": "childrens_social_care", "secure_route": "secure_email"},
        "purpose": {"code": "child_in_need_update", "answer": "yes"},
        "lawful_reason": {"answer": "yes", "code": "safeguarding_condition"},
    }
    await town.reconsiders(
        who.office, request, "The social worker rang: it was asked for her.", changed
    )
    if n:
        decision = await town.decides(None, request, D.SHARE, "The need is plain now.")
        await town.sends(who.office, request, decision, facts.WORKERS[n])


async def an_emergency_waits_to_be_completed(town: Town, n: int) -> None:
    """Recorded in a hurry, these last days."""
    town.starts((0, 1, 2, 5)[n])
    request = await town.records_emergency(town.people.teacher, facts.emergency(4, n))
    if n == 1:
        await town.seeks(
            town.people.teacher, request, Adviser.DSL, "What else has to be written down?"
        )


async def an_emergency_is_over(town: Town, n: int) -> None:
    """Recorded in a hurry, completed the next day."""
    town.starts(110 - 24 * n)
    who = town.people
    request = await town.records_emergency(who.counsellor, facts.emergency(5, n))
    town.later(hours=20)
    known = {
        "subjects": [{"person_ref": facts.child(5, n)}],
        "purpose": {"code": "missing_child"},
        "consent": {"answer": "no"},
    }
    await town.amends(who.dsl, request, known)
    await town.decides(
        None, request, D.SHARE_EMERGENCY, "There was no time; everything that went was needed."
    )
    await town.tells(
        who.dsl,
        request,
        facts.child(5, n),
        TransparencyDecision.INFORMED_AFTER,
        how="Rang the parents the same evening.",
    )
    if n > 1:
        await town.closes(who.dsl, request)


async def advice_is_waiting(town: Town, n: int) -> None:
    """Nobody has answered yet."""
    town.starts((0, 1, 4, 9)[n])
    request = await town.submits(town.people.teacher, facts.unsure(6, n))
    await town.seeks(
        town.people.teacher,
        request,
        Adviser.IG_LEAD if n % 2 else Adviser.DSL,
        "Is there a lawful reason to tell them this?",
    )


async def advice_settles_it(town: Town, n: int) -> None:
    """Asked, advised, amended, decided."""
    town.starts(100 - 20 * n)
    who = town.people
    request = await town.submits(who.teacher, facts.unsure(7, n))
    asked = await town.seeks(
        who.teacher, request, Adviser.DSL, "Can we tell them without the father's consent?"
    )
    town.later(hours=3)
    outcome = D.DO_NOT_SHARE if n == 3 else D.SHARE
    await town.advises(
        who.deputy,
        request,
        asked,
        "Look at who needs it, and why now.",
        "Amend, and pass it to the DSL.",
        outcome,
    )
    if n == 3:
        await town.amends(who.teacher, request, {"lawful_reason": {"answer": "no"}})
        await town.decides(
            None, request, D.DO_NOT_SHARE, "Nothing permits it; they can ask the family."
        )
        return
    await town.amends(
        who.teacher, request, {"lawful_reason": {"answer": "yes", "code": "safeguarding_condition"}}
    )
    decision = await town.decides(None, request, D.SHARE, "The safeguarding condition is met.")
    if n:
        await town.sends(
            who.dsl, request, decision, facts.WORKERS[n], route=SecureRoute.PHONE_VERIFIED
        )


async def something_is_missing(town: Town, n: int) -> None:
    """The requester has been asked."""
    town.starts((1, 3, 6, 12)[n])
    request = await town.submits(
        town.people.mis if n == 2 else town.people.office, facts.unsure(8, n)
    )
    await town.asks(town.people.dsl, request, "Which years do they need, and what for?")


async def it_is_taken_back(town: Town, n: int) -> None:
    """Withdrawn before a decision; of one, nothing personal is left."""
    town.starts(90 - 20 * n)
    who = town.people
    request = await town.submits(who.mis if n == 1 else who.teacher, facts.hub(9, n))
    await town.withdraws(who.mis if n == 1 else who.teacher, request, "Sent twice.")
    if n == 0:
        town.later(days=2)
        await town.keeps(request, Keep.DISPOSE, "Sent in error; no reason is left to keep it.")
        await town.disposes(request)


async def a_part_goes(town: Town, n: int) -> None:
    """Some items go, one of them redacted, and some do not."""
    town.starts(80 - 18 * n)
    who = town.people
    request = await town.submits(who.teacher, facts.file_with_parts(10, n))
    decision = await town.decides(
        None, request, D.SHARE_PARTIALLY, "Her marks are not needed.", positions=(0, 1)
    )
    if n != 1:
        await town.sends(who.teacher, request, decision, facts.WORKERS[n])


async def a_consent_is_taken_back(town: Town, n: int) -> None:
    """After something has gone; whoever has it is to be told."""
    town.starts(70 - 16 * n)
    who = town.people
    request = await town.submits(who.counsellor, facts.help_wanted(11, n))
    consent = await town.consents(who.counsellor, request, facts.child(11, n), "Form on file")
    decision = await town.decides(who.counsellor, request, D.SHARE, "The family agreed.")
    await town.sends(who.counsellor, request, decision, facts.WORKERS[-n])
    town.later(days=4)
    await town.takes_back(who.counsellor, request, consent, "The mother")


async def the_law_asks(town: Town, n: int) -> None:
    """A partner or a court; the IG lead decides."""
    town.starts(60 - 15 * n)
    who = town.people
    request = await town.submits(who.office, facts.by_law(12, n))
    if n == 3:
        return
    town.later(days=1)
    decision = await town.decides(
        None, request, D.SHARE, "Compelled; what they named and nothing more."
    )
    if n == 0:
        await town.sends(
            who.office, request, decision, facts.WORKERS[n], route=SecureRoute.ENCRYPTED_PORTAL
        )


async def telling_has_to_wait(town: Town, n: int) -> None:
    """Decided; the way it would go is not secure yet, and the family is told later."""
    town.starts((21, 14, 7, 3)[n])
    who = town.people
    body = facts.hub(
        13,
        n,
        how={
            **facts.HOW,
            "secure": "no",
            "transparency": {"decision": "deferred", "reason": "would_prejudice_enquiry"},
        },
    )
    request = await town.submits(who.teacher, body)
    await town.tells(
        who.dsl,
        request,
        facts.child(13, n),
        TransparencyDecision.DEFERRED,
        reason=TransparencyReason.WOULD_PREJUDICE_ENQUIRY,
        in_days=10,
    )
    if n == 3:
        departs = "The father was arrested this morning; sharing can wait for the strategy meeting."
        await town.decides(None, request, D.DO_NOT_SHARE, "Not today.", departs=departs)
    else:
        await town.decides(None, request, D.SHARE, "Needed; as soon as they have a secure address.")


async def it_has_just_come_in(town: Town, n: int) -> None:
    """Waits for a decision; some have a procedure of their own."""
    town.starts((9, 2, 1, 0)[n])
    await town.submits(town.people.mis if n == 3 else town.people.office, facts.elsewhere(n))


STORIES: Final[tuple[Story, ...]] = (
    an_enquiry_is_answered,
    help_is_agreed,
    somebody_is_refused,
    a_refusal_is_reconsidered,
    an_emergency_waits_to_be_completed,
    an_emergency_is_over,
    advice_is_waiting,
    advice_settles_it,
    something_is_missing,
    it_is_taken_back,
    a_part_goes,
    a_consent_is_taken_back,
    the_law_asks,
    telling_has_to_wait,
    it_has_just_come_in,
)
