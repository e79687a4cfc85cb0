"""The DSL receives e-mail at least once, without names; a failing mail server blocks no request."""

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
from tests.unit.mail.test_server import Inbox, mail_server

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


async def test_the_dsl_is_informed_of_an_emergency_without_names(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    request_id = await an_emergency(staff)
    inbox = Inbox()
    with mail_server(inbox) as port:
        mailer = Sender(on(service.settings, port), service.database, clock)
        assert (await mailer.send(), await mailer.send()) == (1, 0)
    [envelope] = inbox.mail
    assert envelope.rcpt_tos == ["dsl@school.example"]
    raw = envelope.content
    assert isinstance(raw, bytes)
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == "Information sharing: An emergency disclosure was recorded"
    text = message.get_content()
    assert f"https://sharing.school.example/v1/sharing-requests/{request_id}" in text
    assert b"anary" not in raw
    assert b"mis:" not in raw


async def test_the_dsl_is_informed_of_advice_sought_from_them(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    made = await submit(staff, facts(lawful_reason={"answer": "unsure"}))
    for whom in ("ig_lead", "dsl"):
        body = {"ask": whom, "question": "Is there a lawful reason?"}
        assert (
            await staff.post(f"/v1/sharing-requests/{made['id']}/advice", json=body)
        ).status_code == 201
    inbox = Inbox()
    with mail_server(inbox) as port:
        assert await Sender(on(service.settings, port), service.database, clock).send() == 1
    assert b"You have been asked for advice" in bytes(inbox.mail[0].content or b"")  # type: ignore[arg-type]


async def test_a_refused_record_sends_no_message(service: Service) -> None:
    staff = await service.caller("staff", raise_app_exceptions=False)
    async with service.database.transaction() as session:
        await session.execute(sa.text("ALTER TABLE audit_pending RENAME TO audit_pending_gone"))
    assert (await staff.post("/v1/emergency-disclosures", json=EMERGENCY)).status_code in {500, 503}
    assert await outbox.claim(service.database, service.clock(), limit=9) == []


async def test_failed_deliveries_are_repeated_after_growing_pauses(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    inbox = Inbox("451 try later")
    with mail_server(inbox) as port:
        mailer = Sender(on(service.settings, port), service.database, clock)
        assert (await mailer.send(), mailer.trouble) == (0, "SMTPDataError 451")
        assert (await an_emergency(staff), await mailer.send())[1] == 0
        clock.forward(seconds=31)
        inbox.answer = "250 OK"
        assert (await mailer.send(), mailer.trouble) == (2, None)
    assert [outbox.wait_after(n) for n in (1, 2, 3, 99)] == [
        timedelta(seconds=s) for s in (30, 60, 120, 3600)
    ]


async def test_an_interrupted_delivery_is_repeated(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    assert len(await outbox.claim(service.database, clock(), limit=9)) == 1
    inbox = Inbox()
    with mail_server(inbox) as port:
        mailer = Sender(on(service.settings, port), service.database, clock)
        assert await mailer.send() == 0
        clock.forward(minutes=6)
        assert await mailer.send() == 1


async def test_two_workers_do_not_send_the_same_message(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    for _ in range(6):
        await an_emergency(staff)
    inbox = Inbox()
    with mail_server(inbox) as port:
        mailers = [Sender(on(service.settings, port), service.database, clock) for _ in range(3)]
        await asyncio.gather(*(mailer.send() for mailer in mailers))
    ids = [envelope.content.split(b"Message-ID: ")[1].split(b"\r\n")[0] for envelope in inbox.mail]  # type: ignore[union-attr,arg-type]
    assert len(ids) == len(set(ids)) == 6


async def test_a_failing_mail_server_is_reported_and_blocks_no_request(
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


async def test_undeliverable_messages_are_deleted_in_the_end(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    clock.forward(days=8)
    without = Sender(service.settings, service.database, clock)
    assert await without.send() == 0
    assert await outbox.claim(service.database, clock(), limit=9) == []


async def test_the_background_task_sends_and_stops(
    service: Service, staff: Caller, clock: MovableClock
) -> None:
    await an_emergency(staff)
    inbox, stop = Inbox(), asyncio.Event()
    with mail_server(inbox) as port:
        task = asyncio.create_task(
            Sender(on(service.settings, port), service.database, clock, pause=0.02).run(stop)
        )
        for _ in range(500):
            if inbox.mail:
                break
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(task, 20)
    assert len(inbox.mail) == 1


def test_a_mail_server_without_a_receiver_is_an_invalid_setting(settings: Settings) -> None:
    with pytest.raises(InvalidSettings, match="SHARING_MAIL_DSL"):
        Sender(settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"}), None, MovableClock())  # type: ignore[arg-type]
