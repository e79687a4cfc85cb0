"""E-mails to the DSL: each is sent at least once, names no person, and never delays a record."""

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
import sqlalchemy as sa

from app.mail import sender
from app.mail.sender import Sender
from app.platform import outbox
from app.platform.settings import InvalidSettings, Settings
from tests.api.sharing import facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service
from tests.unit.mail.test_server import Kept, mail_server

pytestmark = pytest.mark.database_independent

EMERGENCY: dict[str, Any] = {
    "recipient": {
        "organisation": "Police",
        "organisation_type": "police",
        "named_individual": "PC Canary",
    },
    "what": "Where she lives",
    "why": "Canary in danger now",
    "subjects": [{"person_ref": "mis:canary"}],
}


def on(settings: Settings, port: int) -> Settings:
    more = {
        "smtp_url": f"smtp://127.0.0.1:{port}",
        "mail_dsl": "dsl@school.example",
        "public_url": "https://sharing.school.example",
    }
    return settings.model_copy(update=more)


async def an_emergency(caller: Caller) -> str:
    reply = await caller.post("/v1/emergency-disclosures", json=EMERGENCY)
    assert reply.status_code == 201
    made: str = reply.json()["sharing_request"]["id"]
    return made


async def test_the_dsl_is_told_of_an_emergency_and_of_nobody(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    request_id = await an_emergency(staff)
    kept = Kept()
    with mail_server(kept) as port:
        mailer = Sender(on(service.settings, port), service.database, clock)
        assert (await mailer.send(), await mailer.send()) == (1, 0)
    [envelope] = kept.mail
    assert envelope.rcpt_tos == ["dsl@school.example"]
    raw = envelope.content
    assert isinstance(raw, bytes)
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == "Information sharing: An emergency disclosure was recorded"
    text = message.get_content()
    assert f"https://sharing.school.example/v1/sharing-requests/{request_id}" in text
    assert b"anary" not in raw
    assert b"mis:" not in raw


async def test_the_dsl_is_told_of_advice_that_waits_for_the_dsl(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    made = await submit(staff, facts(lawful_reason={"answer": "unsure"}))
    for whom in ("ig_lead", "dsl"):
        body = {"ask": whom, "question": "Is there a lawful reason?"}
        assert (
            await staff.post(f"/v1/sharing-requests/{made['id']}/advice", json=body)
        ).status_code == 201
    kept = Kept()
    with mail_server(kept) as port:
        assert await Sender(on(service.settings, port), service.database, clock).send() == 1
    assert b"You have been asked for advice" in bytes(kept.mail[0].content or b"")  # type: ignore[arg-type]


async def test_nothing_is_owed_for_what_was_not_recorded(service: Service) -> None:
    staff = await service.caller("staff", raise_app_exceptions=False)
    async with service.database.transaction() as session:
        await session.execute(sa.text("ALTER TABLE audit_pending RENAME TO audit_pending_gone"))
    assert (await staff.post("/v1/emergency-disclosures", json=EMERGENCY)).status_code in {500, 503}
    assert await outbox.claim(service.database, service.clock(), limit=9) == []


async def test_trouble_is_waited_out_with_longer_and_longer_pauses(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    kept = Kept("451 try later")
    with mail_server(kept) as port:
        mailer = Sender(on(service.settings, port), service.database, clock)
        assert (await mailer.send(), mailer.trouble) == (0, "SMTPDataError 451")
        assert (await an_emergency(staff), await mailer.send())[1] == 0
        clock.forward(seconds=31)
        kept.answer = "250 OK"
        assert (await mailer.send(), mailer.trouble) == (2, None)
    assert [outbox.wait_after(n) for n in (1, 2, 3, 99)] == [
        timedelta(seconds=s) for s in (30, 60, 120, 3600)
    ]


async def test_a_delivery_that_was_cut_off_is_made_again(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    assert len(await outbox.claim(service.database, clock(), limit=9)) == 1
    kept = Kept()
    with mail_server(kept) as port:
        mailer = Sender(on(service.settings, port), service.database, clock)
        assert await mailer.send() == 0
        clock.forward(minutes=6)
        assert await mailer.send() == 1


async def test_two_senders_do_not_send_the_same(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    for _ in range(6):
        await an_emergency(staff)
    kept = Kept()
    with mail_server(kept) as port:
        mailers = [Sender(on(service.settings, port), service.database, clock) for _ in range(3)]
        await asyncio.gather(*(mailer.send() for mailer in mailers))
    ids = [envelope.content.split(b"Message-ID: ")[1].split(b"\r\n")[0] for envelope in kept.mail]  # type: ignore[union-attr,arg-type]
    assert len(ids) == len(set(ids)) == 6


async def test_a_mail_server_in_trouble_is_named_and_blocks_nothing(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    mailer = Sender(on(service.settings, 1), service.database, clock)
    assert await mailer.send() == 0
    clock.forward(minutes=11)
    assert (await sender.readiness(service.database, clock()))["mail"].startswith("1 messages")
    await an_emergency(await service.caller("staff"))
    ready = await (await service.anonymous()).get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


async def test_what_nobody_takes_is_given_up_in_the_end(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    clock.forward(days=8)
    without = Sender(service.settings, service.database, clock)
    assert await without.send() == 0
    assert await outbox.claim(service.database, clock(), limit=9) == []


async def test_the_task_sends_by_itself_and_ends_when_told(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    kept, stop = Kept(), asyncio.Event()
    with mail_server(kept) as port:
        task = asyncio.create_task(
            Sender(on(service.settings, port), service.database, clock, pause=0.02).run(stop)
        )
        for _ in range(500):
            if kept.mail:
                break
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(task, 20)
    assert len(kept.mail) == 1


def test_a_mail_server_without_a_receiver_stops_the_start(settings: Settings) -> None:
    with pytest.raises(InvalidSettings, match="SHARING_MAIL_DSL"):
        Sender(settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"}), None, MovableClock())  # type: ignore[arg-type]
