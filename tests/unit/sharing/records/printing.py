"""Builders for printed records: a request as its reader sees it, sound in every member; a test
changes one thing.
"""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from app.policy.flowchart import drawing
from tests.unit.sharing.records.printed_facts import (
    DIGEST,
    ITEM,
    OTHER_ITEM,
    WAYS,
    evaluation,
    facts,
    how,
)

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BY = {"subject": "01a2048c-0000-7000-8000-0000000000d1", "role": "dsl"}
HOSTILE = (
    "<script>alert(1)</script> & \"quoted\" 'single' #emph[typst] $x$ \u202eecnetnes eht nrut\u202c"
    " \x07"
)
NAMES = (
    "Siân Llŷr-Gwynedd",
    "Łucja Żółkiewska",
    "محمد بن عبد الله",
    "李小龍",
    "ਹਰਪ੍ਰੀਤ ਕੌਰ",
    "Олена Шевченко",
    "👩‍👧 Ada",
)


def record(number: int, **says: Any) -> dict[str, Any]:
    """Anything that was recorded on the day after."""
    return {
        "id": f"01a2048c-0000-7000-8000-0000000000{number:02d}",
        "recorded_at": "2026-11-23T11:05:00.000000Z",
        "recorded_by": BY,
        **says,
    }


def request(outcome: str = "share", **changed: Any) -> dict[str, Any]:
    """A request to which everything happened that can happen, as its submitter and the DSL see
    it.
    """
    evaluated = evaluation(outcome)
    return {
        "id": "01a2048c-538b-7f43-a0cf-42edea9dbc00",
        "version": 9,
        "status": "disclosed",
        "view": "full",
        "direction": "received",
        "urgency": "urgent",
        "purpose_code": "section_47_enquiry",
        "recipient_type": "mash",
        "outcome": outcome,
        "release": evaluated["release"],
        "decision": "share_partially",
        "departs_from_evaluation": False,
        "policy_digest": DIGEST,
        "submitted_by": {"subject": "01a2048c-0000-7000-8000-0000000000a1", "role": "staff"},
        "submitted_at": "2026-11-23T10:02:00.000000Z",
        "decided_at": "2026-11-23T11:05:00.000000Z",
        "due_at": "2026-11-23T17:00:00.000000Z",
        "overdue": True,
        "overdue_clocks": ["notice"],
        "facts": facts(),
        "evaluation": evaluated,
        "evaluations": [
            evaluation("seek_advice") | {"trigger": "submitted"},
            evaluated | {"trigger": "amended"},
        ],
        "questions": [record(1, question="Which dates do you need?")],
        "advice": [
            record(
                2,
                ask="dsl",
                release_free_text=False,
                question="May we share without asking the parents?",
                answer=record(
                    3,
                    advice_id="01a2048c-0000-7000-8000-000000000002",
                    advised_outcome="share",
                    advice="Yes: asking would put the child at risk.",
                    outcome_of_discussion="Agreed to share attendance only.",
                ),
            )
        ],
        "decisions": [
            record(
                4,
                outcome="do_not_share",
                departs_from_evaluation=True,
                evaluation_id="01a2048c-0000-7000-8000-00000000e001",
                items=[],
                discussed_with_requester="yes",
                supersedes=None,
                reasons="The purpose was not clear yet.",
                departs_because="The caller could not say under which power she asked.",
                lawful_reason=None,
                refusal_how="By telephone the same morning.",
            ),
            record(
                5,
                outcome="share_partially",
                departs_from_evaluation=False,
                evaluation_id="01a2048c-0000-7000-8000-00000000e001",
                items=[ITEM],
                discussed_with_requester=None,
                supersedes="01a2048c-0000-7000-8000-000000000004",
                reasons="Attendance is what the enquiry needs.\nThe rest is not.",
                departs_because=None,
                lawful_reason={
                    "code": "safeguarding_condition",
                    "necessity": "The enquiry cannot wait.",
                },
                refusal_how=None,
            ),
        ],
        "disclosures": [
            record(
                6,
                decision_id="01a2048c-0000-7000-8000-000000000005",
                evaluation_id="01a2048c-0000-7000-8000-00000000e001",
                items=[ITEM],
                items_not_shared=[OTHER_ITEM],
                route="secure_email",
                sent_at="2026-11-23T11:30:00.000000Z",
                receipt_at="2026-11-23T11:41:00.000000Z",
                recipient={"named_individual": "A. Khan", "role_title": "Social worker"},
                secure_exception=None,
                acknowledged_by="A. Khan",
            )
        ],
        "notices": [
            record(
                7,
                decision="deferred",
                reason="would_prejudice_enquiry",
                revisit_on="2026-12-07",
                person_ref="mis:7781",
                how=None,
            )
        ],
        "consents": [
            record(
                8,
                status="given",
                explicit=True,
                freely_given="yes",
                form="written",
                authority="parental_responsibility",
                scope={
                    "purposes": ["sen_support"],
                    "recipients": ["educational_psychologist"],
                    "items": None,
                },
                given_at="2026-09-01T08:00:00.000000Z",
                expires_on="2027-07-31",
                person_ref="mis:7781",
                evidence="Signed form in the file",
                withdrawal=record(
                    9,
                    consent_id="01a2048c-0000-7000-8000-000000000008",
                    at="2026-11-01T09:00:00.000000Z",
                    withdrawn_by="The mother",
                ),
            )
        ],
        "reconsiderations": [
            record(
                10,
                decision_id="01a2048c-0000-7000-8000-000000000004",
                new_information="The team sent its section 47 reference.",
            )
        ],
        "letters": [
            record(
                12,
                decision_id="01a2048c-0000-7000-8000-000000000004",
                reasons="The purpose was not clear to us.",
                contact="The office",
                asked=None,
            )
        ],
        "retention_reviews": [
            record(
                11,
                keep="until",
                until="2041-09-01",
                next_review_on=None,
                why="Part of the child protection file.",
            )
        ],
        "tasks": [
            {
                "code": "complete_record_retrospectively",
                "due": "2026-11-24T17:00:00.000000Z",
                "done_at": None,
            }
        ],
        "retention": {
            "class": "child_protection",
            "retain_until": "2041-09-01",
            "review_on": None,
            "legal_hold": False,
        },
        **changed,
    }


def refused(**changed: Any) -> dict[str, Any]:
    """A request that was refused, and the refusal stands."""
    whole = request(
        "do_not_share",
        decision="do_not_share",
        status="decided",
        disclosures=[],
        purpose_code="locate_family",
    )
    whole["decisions"] = whole["decisions"][:1]
    return {**whole, **changed}


def deidentified() -> dict[str, Any]:
    """The same request as the information governance lead sees it: codes, days, no words, no
    names.
    """
    whole = deepcopy(request())
    held = {
        "question", "reasons", "departs_because", "lawful_reason", "refusal_how", "recipient", "secure_exception", "acknowledged_by", "how",  # noqa: E501
        "contact", "asked", "evidence", "withdrawn_by", "new_information", "why",
    }  # fmt: skip
    days = {"submitted_at", "decided_at", "due_at", "recorded_at", "due"}

    def thin(value: Any) -> Any:
        if isinstance(value, list):
            return [thin(member) for member in value]
        if not isinstance(value, dict):
            return value
        shown: dict[str, Any] = {}
        for name, member in value.items():
            shown[name] = None if name in held and "recorded_by" in value else thin(member)
            if name in days and str(member)[:2] == "20":
                shown[name] = member[:10] + "T00:00:00.000000Z"
            elif name in {"submitted_by", "recorded_by"}:
                shown[name] = {**member, "subject": None}
            elif name == "person_ref":
                shown[name] = {"mis:7781": "child-1", "mis:7790": "sibling-2"}[member]
        return shown

    seen: dict[str, Any] = thin(whole)
    seen["view"] = "deidentified"
    seen["facts"] |= {
        "requester": {"identity_verified": "yes"},
        "recipient": {"organisation_type": "mash"},
        "external_id": None,
    }
    child, sibling = seen["facts"]["subjects"]
    child.pop("born_on")
    child["age_band"], sibling["age_band"] = "11_to_15", None
    seen["facts"]["purpose"].pop("statement")
    seen["facts"]["lawful_reason"].pop("necessity")
    for item in seen["facts"]["items"]:
        item.pop("description")
        item.pop("withheld_because", None)
    return seen


def audit() -> dict[str, Any]:
    """Where the trail has the request."""
    return {
        "entries": [
            {
                "id": "01a2048c-538c-7000-8000-000000000001",
                "index": 41,
                "action": "sharing.request.submitted",
                "occurred_at": "2026-11-23T10:02:00.000000Z",
            },
            {
                "id": "01a2048c-538c-7000-8000-000000000002",
                "index": None,
                "action": "sharing.request.decided",
                "occurred_at": "2026-11-23T11:05:00.000000Z",
            },
        ],
        "checkpoint": (
            "school.example/123456\n57\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n\n—"
            " school.example+4f2a ABCDEFGH\n"
        ),
    }


def chart(outcome: str = "share") -> str:
    """The flowchart of an evaluation."""
    path, decided_at, release = WAYS[outcome]
    checks = how(secure="unsure")
    described = drawing.describe(
        path, outcome=outcome, decided_at=decided_at, release=release, how=checks
    )
    return drawing.draw(
        path,
        outcome=outcome,
        decided_at=decided_at,
        release=release,
        how=checks,
        title="When and how to share information: the way this request took",
        description=described,
        policy_version="2025-11",
    )
