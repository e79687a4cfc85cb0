"""A scenario of ten days at a school, and its disposal years later. The audit log is verified after
each day.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from app.audit import checkpoint, seal
from app.audit.verify import verify
from app.main import LOG_KEY, RECORD_SOURCES
from app.platform import outbox
from tests.api.sharing import REFUSE, SHARE, consented_facts, decide, facts, landlord_facts, submit
from tests.running import LiveServer, MovableClock
from tests.service import PASSWORD, Account, Caller, Service

pytestmark = pytest.mark.database_independent

WORDS: Final = {
    "reasons": "You named no purpose that concerns the child's welfare.",
    "contact": "The school office.",
}
MISSING: Final[dict[str, Any]] = {
    "recipient": {"organisation_type": "police", "identity_verified": "yes"},
    "what": "Name, a photograph, what she wore",
    "why": "She did not come home",
}
AGREED: Final[dict[str, Any]] = {
    "person_ref": "mis:7781",
    "status": "given",
    "explicit": True,
    "freely_given": "yes",
    "unambiguous": "yes",
    "form": "written",
    "authority": "parental_responsibility",
}


@dataclass
class School:
    """The people of the scenario. Each signs in again when a day begins, because tokens expire
    after 15 minutes.
    """

    service: Service
    clock: MovableClock
    accounts: dict[str, Account]
    people: dict[str, Caller] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def opens(cls, service: Service, clock: MovableClock) -> "School":
        roles = {
            "teacher": "staff",
            "office": "staff",
            "dsl": "dsl",
            "deputy": "dsl",
            "ig_lead": "ig_lead",
            "mis": "integration",
        }
        school = cls(service, clock, {who: await service.add(role) for who, role in roles.items()})
        await school.morning(clock())
        return school

    async def morning(self, at: datetime) -> None:
        self.clock.now = at
        self.people = {
            who: await self.service.sign_in(account) for who, account in self.accounts.items()
        }

    async def evening(self) -> None:
        """Seal the day's entries, verify the log, and move to the next working day."""
        for _ in range(600):
            async with self.service.database.reading() as session:
                if (await seal.backlog(session, self.clock()))[0] == 0:
                    break
            await asyncio.sleep(0.05)
        key = checkpoint.checkpoint_key(
            self.service.settings.keys_dir / LOG_KEY, make=False
        ).public_key()
        report = await verify(self.service.database, key, RECORD_SOURCES, now=self.clock())
        assert report.exit_code == 0, "\n".join(report.lines())
        tomorrow = self.clock() + timedelta(days=1)
        while tomorrow.weekday() > 4:
            tomorrow += timedelta(days=1)
        await self.morning(tomorrow)

    async def does(
        self, who: str, case: str, path: str, body: dict[str, Any] | None = None, status: int = 201
    ) -> dict[str, Any]:
        reply = await self.people[who].post(
            f"/v1/sharing-requests/{self.cases[case]}/{path}", json=body or {}
        )
        assert reply.status_code == status, reply.text
        found: dict[str, Any] = reply.json()
        return found

    async def asks(self, who: str, case: str, body: dict[str, Any]) -> dict[str, Any]:
        made = await submit(self.people[who], body)
        self.cases[case] = made["id"]
        return made

    async def decides(self, who: str, case: str, decision: dict[str, Any]) -> dict[str, Any]:
        return await decide(self.people[who], self.cases[case], decision)

    async def sends(
        self, who: str, case: str, decision: dict[str, Any], status: int = 201
    ) -> dict[str, Any]:
        went = {
            "recipient": {"named_individual": "A. Khan"},
            "route": "secure_email",
            "sent_at": self.clock().isoformat(),
        }
        return await self.does(
            who, case, "disclosures", went | {"decision_id": decision["id"]}, status
        )

    async def amends(self, who: str, case: str, changed: dict[str, Any]) -> dict[str, Any]:
        path = f"/v1/sharing-requests/{self.cases[case]}"
        tag = (await self.people[who].get(path)).headers["ETag"]
        reply = await self.people[who].patch(path, json=changed, headers={"If-Match": tag})
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    async def sees(self, who: str, case: str) -> dict[str, Any]:
        reply = await self.people[who].get(f"/v1/sharing-requests/{self.cases[case]}")
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    async def waits(self) -> set[tuple[str, str]]:
        names = {request: case for case, request in self.cases.items()}
        items = (await self.people["dsl"].get("/v1/attention")).json()["items"]
        return {(one["kind"], names.get(one["sharing_request_id"], "the policy")) for one in items}


async def a_landlord_asks_and_is_refused(school: School) -> None:
    made = await school.asks("office", "tenants", landlord_facts())
    assert made["outcome"] == "do_not_share"
    await school.decides("ig_lead", "tenants", REFUSE)
    letter = await school.does("office", "tenants", "letters", WORDS)
    page = await school.people["office"].get(
        f"/v1/sharing-requests/{made['id']}/letters/{letter['id']}", headers={"Accept": "text/html"}
    )
    assert WORDS["contact"] in page.text
    assert REFUSE["reasons"] not in page.text


async def the_hub_asks_and_the_family_is_told_later(school: School) -> None:
    hub = {
        "organisation": "Anytown MASH",
        "organisation_type": "mash",
        "call_back_number": "01632 960123",
        "secure_routes": ["secure_email"],
    }
    entry = (await school.people["dsl"].post("/v1/recipients", json=hub)).json()["id"]
    body = facts(
        recipient={
            "organisation": "Anytown MASH",
            "organisation_type": "mash",
            "directory_id": entry,
            "identity_verified": "yes",
        }
    )
    made = await school.asks("teacher", "enquiry", body)
    assert [one["code"] for one in made["recipient_check"]["findings"]] == ["never_verified"]
    await school.sends("teacher", "enquiry", await school.decides("dsl", "enquiry", SHARE))
    later = (school.clock() + timedelta(days=9)).date().isoformat()
    deferred = {
        "person_ref": "mis:7781",
        "decision": "deferred",
        "reason": "would_prejudice_enquiry",
        "revisit_on": later,
    }
    await school.does("dsl", "enquiry", "notices", deferred)


async def it_was_a_social_worker_all_along(school: School) -> None:
    changed = {
        "recipient": {"organisation_type": "childrens_social_care"},
        "purpose": {"code": "child_in_need_update", "answer": "yes"},
        "lawful_reason": {"answer": "yes", "code": "safeguarding_condition"},
    }
    await school.does(
        "office",
        "tenants",
        "reconsiderations",
        {"new_information": "A social worker asked for him.", "facts": changed},
    )
    decision = await school.decides("dsl", "tenants", SHARE)
    assert [one["outcome"] for one in (await school.sees("dsl", "tenants"))["decisions"]] == [
        "do_not_share",
        "share",
    ]
    await school.sends("office", "tenants", decision)


async def a_girl_does_not_come_home(school: School) -> None:
    reply = await school.people["teacher"].post("/v1/emergency-disclosures", json=MISSING)
    assert reply.status_code == 201, reply.text
    school.cases["missing"] = reply.json()["sharing_request"]["id"]
    assert reply.json()["sharing_request"]["evaluation"]["outcome"] == "share_emergency"
    owed = await outbox.claim(school.service.database, school.clock(), limit=9)
    assert [(one.kind, str(one.about)) for one in owed] == [
        ("emergency_recorded", school.cases["missing"])
    ]
    assert await school.waits() == {
        ("emergency_open", "missing"),
        ("emergency_incomplete", "missing"),
    }


async def she_is_found_and_the_record_is_completed(school: School) -> None:
    known = {
        "subjects": [{"person_ref": "mis:7781"}],
        "purpose": {"code": "missing_child"},
        "consent": {"answer": "no"},
    }
    await school.amends("dsl", "missing", known)
    await school.decides(
        "dsl",
        "missing",
        SHARE
        | {"outcome": "share_emergency", "reasons": "She was in danger; the police found her."},
    )
    assert (await school.sees("dsl", "missing"))["tasks"][0]["done_at"] is not None
    assert await school.waits() == set()


async def a_psychologist_is_to_help_and_the_mother_agrees(school: School) -> None:
    await school.asks("mis", "assessment", consented_facts())
    school.cases["consent"] = (await school.does("mis", "assessment", "consents", AGREED))["id"]
    decision = await school.decides("deputy", "assessment", SHARE)
    await school.sends("mis", "assessment", decision)


async def the_mother_thinks_again(school: School) -> None:
    taken = await school.does(
        "mis",
        "assessment",
        f"consents/{school.cases['consent']}/withdrawal",
        {"withdrawn_by": "Mother"},
    )
    sent = (await school.sees("dsl", "assessment"))["disclosures"]
    assert taken["disclosures_to_tell"] == [one["id"] for one in sent]
    await school.sends(
        "mis", "assessment", (await school.sees("dsl", "assessment"))["decisions"][0], status=409
    )


async def a_partner_asks_by_law_and_is_asked_why(school: School) -> None:
    body = facts(
        recipient={
            "organisation_type": "safeguarding_partners",
            "identity_verified": "yes",
            "secure_route": "secure_email",
        },
        purpose={"code": "statutory_request", "statement": "A review", "answer": "yes"},
        lawful_reason={"answer": "yes", "code": "statutory_request"},
        statutory={"power": "section_16h"},
        urgency="routine",
    )
    made = await school.asks("office", "review", body)
    assert [hint["code"] for hint in made["hints"]] == ["ask_partner_why"]
    asked = await school.does(
        "office", "review", "advice", {"ask": "dsl", "question": "Must we send everything?"}
    )
    assert await school.waits() == {("advice_waiting", "review")}
    answer = {
        "advice": "Ask what they need it for, and send that.",
        "outcome_of_discussion": "The office asks.",
    }
    await school.does("deputy", "review", f"advice/{asked['id']}/answer", answer)
    await school.does("ig_lead", "review", "questions", {"question": "What is the review about?"})
    explained = await school.amends(
        "office",
        "review",
        {"statutory": {"burden_explained": "yes", "explanation": "Her protection since May."}},
    )
    assert explained["hints"] == []
    decision = await school.decides(explained["evaluation"]["may_decide"][-1], "review", SHARE)
    await school.sends("office", "review", decision)


async def the_family_can_be_told_now(school: School) -> None:
    assert await school.waits() == {("notice_due", "enquiry")}
    await school.does(
        "dsl",
        "enquiry",
        "notices",
        {"person_ref": "mis:7781", "decision": "informed_after", "how": "Met the mother."},
    )
    assert await school.waits() == set()


async def the_week_is_put_away(school: School) -> None:
    for case in ("tenants", "enquiry", "missing", "assessment", "review"):
        await school.does("dsl", case, "closure", {"why": "All is done."})
        assert (await school.sees("ig_lead", case))["status"] == "closed"
    keep = {
        "keep": "indefinitely",
        "next_review_on": "2027-03-01",
        "why": "An inquiry asked us to keep it.",
        "legal_hold": True,
    }
    await school.does("ig_lead", "enquiry", "retention-reviews", keep)


TEN_DAYS: Final = (
    a_landlord_asks_and_is_refused,
    the_hub_asks_and_the_family_is_told_later,
    it_was_a_social_worker_all_along,
    a_girl_does_not_come_home,
    she_is_found_and_the_record_is_completed,
    a_psychologist_is_to_help_and_the_mother_agrees,
    the_mother_thinks_again,
    a_partner_asks_by_law_and_is_asked_why,
    the_family_can_be_told_now,
    the_week_is_put_away,
)


async def test_ten_days_at_a_school(service: Service, clock: MovableClock) -> None:
    school = await School.opens(service, clock)
    for day in TEN_DAYS:
        await day(school)
        await school.evening()

    await school.morning(clock() + timedelta(days=60 * 366))
    due = {
        one["id"]
        for one in (await school.people["ig_lead"].get("/v1/retention/due")).json()["items"]
    }
    assert set(school.cases.values()) - {school.cases["consent"]} <= due
    await school.does(
        "ig_lead",
        "missing",
        "disposal",
        {"basis": "Retention ended.", "approved_by": "The head teacher"},
    )
    await school.does(
        "ig_lead",
        "enquiry",
        "disposal",
        {"basis": "Retention ended.", "approved_by": "The head teacher"},
        status=409,
    )
    left = await school.sees("dsl", "missing")
    assert (left["status"], left["decisions"][0]["reasons"]) == ("disposed", None)
    assert "photograph" not in json.dumps(left)
    assert (await school.sees("dsl", "enquiry"))["decisions"][0]["reasons"] == SHARE["reasons"]
    await school.evening()


async def signed_in(server: LiveServer, role: str) -> httpx.AsyncClient:
    email = f"{role.replace('_', '.')}@school.example"
    server.run("users", "add", email, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")
    async with server.client() as client:
        granted = await client.post(
            "/v1/token", data={"grant_type": "password", "username": email, "password": PASSWORD}
        )
    assert granted.status_code == 200, granted.text
    return server.client(granted.json()["access_token"])


@pytest.mark.live
async def test_the_main_steps_over_a_real_socket(live_server: LiveServer) -> None:
    staff, dsl, ig_lead = [
        await signed_in(live_server, role) for role in ("staff", "dsl", "ig_lead")
    ]
    async with staff, dsl, ig_lead:
        asked = await submit(staff)
        decision = await decide(dsl, asked["id"])
        path = f"/v1/sharing-requests/{asked['id']}"
        went = {
            "decision_id": decision["id"],
            "recipient": {},
            "route": "secure_email",
            "sent_at": "2026-01-01T00:00:00Z",
        }
        assert (await staff.post(f"{path}/disclosures", json=went)).status_code == 201
        refused = await submit(ig_lead, landlord_facts())
        await decide(ig_lead, refused["id"], REFUSE)
        emergency = (await staff.post("/v1/emergency-disclosures", json=MISSING)).json()[
            "sharing_request"
        ]
        await decide(dsl, emergency["id"], SHARE | {"outcome": "share_emergency"})
        assert (await dsl.post(f"{path}/closure", json={})).status_code == 201
        assert (await dsl.get(path)).json()["status"] == "closed"
        assert (await dsl.get("/v1/attention")).json()["next_cursor"] is None
        assert (await ig_lead.get("/v1/audit/entries?limit=200")).status_code == 200
    found = live_server.run("audit", "verify")
    assert found.returncode == 0, found.stdout + found.stderr
