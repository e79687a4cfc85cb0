"""The access matrix: one row for each operation that needs a token. A new operation needs a row
here, or the tests fail.

Each row states, by `operationId`:

* `cells`: the result of the call for each role, one word for each column of the row's `scope`:
  `ok`, `403` or `404`. `REQUEST` has the columns own, another person's, another school's; `SCHOOL`
  has this school's, another school's; `ALONE` has one.
* `needs`: the step of `STEPS` that creates what the operation acts on. A step starts from the one
  before it and adds ids, which fill the parameters of the path by name. A new kind of resource
  needs its own step.
* `body`, plain or as a function of those ids; `query`; `if_match` if the operation needs the ETag
  of what `read` names.

A cell is `ok` only if the service performs the operation: a 409 or 422 is a mistake in the row or
in the service.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.policy.lifecycle.in_force import shipped
from tests.api.policies import APPROVED, changed_policy
from tests.api.sharing import SHARE, facts
from tests.architecture.steps import GIVEN, LET_GO, ORGANISATION, RECIPIENT_URL, REQUEST_URL, Ids

ROLES: Final = ("staff", "dsl", "ig_lead", "integration")
Body = Mapping[str, Any] | Callable[[Ids], Mapping[str, Any]] | None

ALONE: Final = ("any",)
SCHOOL: Final = ("home", "far")
REQUEST: Final = ("own", "other", "far")


@dataclass(frozen=True, slots=True)
class Cells:
    """The result of the call for each role, by column."""

    staff: str
    dsl: str
    ig_lead: str
    integration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation and its permissions."""

    cells: Cells
    scope: tuple[str, ...] = ALONE
    needs: str = "nothing"
    body: Body = None
    query: Mapping[str, str] | None = None
    read: str | None = None
    many: bool = False


ALL_ROLES: Final = Cells("ok", "ok", "ok", "ok")
DSL_AND_IG_LEAD: Final = Cells("403", "ok", "ok", "403")
IG_LEAD: Final = Cells("403", "403", "ok", "403")

THEIR_SCHOOLS: Final = Cells("ok 404", "ok 404", "ok 404", "ok 404")
LEADS_OF_SCHOOL: Final = Cells("403 403", "ok 404", "ok 404", "403 403")

LEADS: Final = Cells("403 403", "403 403", "ok 404", "403 403")

SEEN: Final = Cells("ok 404 404", "ok ok 404", "ok ok 404", "ok 404 404")
SUBMITTER_OR_DSL: Final = Cells("ok 404 404", "ok ok 404", "ok 403 404", "ok 404 404")
SUBMITTER: Final = Cells("ok 404 404", "ok 403 404", "ok 403 404", "ok 404 404")
ADVISERS: Final = Cells("403 403 403", "403 ok 404", "403 ok 404", "403 403 403")
"""Advice is answered by another person than the one who asked."""

NO_MACHINE: Final = Cells("ok 404 404", "ok ok 404", "ok ok 404", "403 403 403")
AUTHORITY: Final = Cells("ok 404 404", "ok ok 404", "403 403 404", "403 403 403")
"""The authority table of the policy for sharing with consent and without special category data: the
submitting member of staff, or the DSL."""

KEEPER: Final = Cells("403 403 403", "403 403 403", "ok ok 404", "403 403 403")
"""Only the IG lead changes retention periods and disposes of requests."""


def disclosure(ids: Ids) -> dict[str, Any]:
    return {
        "decision_id": ids["decision_id"],
        "recipient": {"named_individual": "A. Khan"},
        "route": "secure_email",
        "sent_at": "2026-03-03T10:00:00Z",
    }


ROWS: Final[dict[str, Row]] = {
    "read_me": Row(cells=ALL_ROLES),
    # --- policy
    "get_policy": Row(cells=ALL_ROLES),
    "list_policies": Row(cells=ALL_ROLES),
    "get_policy_version": Row(cells=ALL_ROLES, needs="policy"),
    "get_policy_document": Row(cells=ALL_ROLES, needs="policy"),
    "get_policy_flowchart": Row(cells=ALL_ROLES, needs="policy"),
    "compare_policy_versions": Row(
        cells=ALL_ROLES, needs="policy", query={"from": shipped().digest}
    ),
    "draft_policy_version": Row(cells=IG_LEAD, body=lambda _: changed_policy(version="drafted")),
    "approve_policy_version": Row(cells=LEADS, scope=SCHOOL, needs="drafted", body=APPROVED),
    "withdraw_policy_version": Row(cells=LEADS, scope=SCHOOL, needs="drafted"),
    "assess_policy_impact": Row(cells=LEADS, scope=SCHOOL, needs="drafted"),
    "read_policy_impact": Row(cells=LEADS, scope=SCHOOL, needs="assessed"),
    "evaluate_facts": Row(cells=ALL_ROLES, body=facts()),
    # --- sharing requests
    "submit_sharing_request": Row(cells=ALL_ROLES, body=facts()),
    "list_sharing_requests": Row(cells=ALL_ROLES),
    "list_attention": Row(cells=DSL_AND_IG_LEAD),
    "read_sharing_request": Row(cells=SEEN, scope=REQUEST, needs="submitted"),
    "read_evaluation": Row(cells=SEEN, scope=REQUEST, needs="evaluated"),
    "amend_sharing_request": Row(
        cells=SUBMITTER_OR_DSL,
        scope=REQUEST,
        needs="submitted",
        body={"urgency": "routine"},
        read=REQUEST_URL,
    ),
    "evaluate_sharing_request": Row(cells=SEEN, scope=REQUEST, needs="submitted"),
    "withdraw_sharing_request": Row(cells=SUBMITTER, scope=REQUEST, needs="submitted"),
    "close_sharing_request": Row(cells=SUBMITTER_OR_DSL, scope=REQUEST, needs="decided"),
    "ask_for_information": Row(
        cells=NO_MACHINE, scope=REQUEST, needs="submitted", body={"question": "Why all years?"}
    ),
    "decide_sharing_request": Row(
        cells=AUTHORITY, scope=REQUEST, needs="submitted", body=SHARE, read=REQUEST_URL
    ),
    "record_disclosure": Row(
        cells=SUBMITTER_OR_DSL, scope=REQUEST, needs="decided", body=disclosure
    ),
    "record_emergency_disclosure": Row(
        cells=Cells("ok", "ok", "ok", "403"),
        body={
            "recipient": {"organisation_type": "police"},
            "subjects": [{"person_ref": "mis:7781"}],
            "what": "Address",
            "why": "Danger now",
        },
    ),
    "seek_advice": Row(
        cells=SEEN,
        scope=REQUEST,
        needs="submitted",
        body={"ask": "dsl", "question": "Is this a disclosure?"},
    ),
    "answer_advice": Row(
        cells=ADVISERS,
        scope=REQUEST,
        needs="advised",
        body={"advice": "Treat it as one.", "outcome_of_discussion": "Refer today."},
    ),
    "record_notice": Row(
        cells=SUBMITTER_OR_DSL,
        scope=REQUEST,
        needs="submitted",
        body={"person_ref": "mis:7781", "decision": "informed_before", "how": "By telephone"},
    ),
    "record_consent": Row(cells=SUBMITTER_OR_DSL, scope=REQUEST, needs="submitted", body=GIVEN),
    "withdraw_consent": Row(
        cells=SUBMITTER_OR_DSL, scope=REQUEST, needs="consented", body={"withdrawn_by": "Mother"}
    ),
    "reconsider_sharing_request": Row(
        cells=SUBMITTER_OR_DSL,
        scope=REQUEST,
        needs="refused",
        body={"new_information": "The enquiry was explained."},
    ),
    "read_decision_record": Row(cells=SEEN, scope=REQUEST, needs="submitted"),
    "draw_flowchart": Row(cells=SEEN, scope=REQUEST, needs="submitted"),
    "release_letter": Row(
        cells=SUBMITTER_OR_DSL,
        scope=REQUEST,
        needs="refused",
        body={"reasons": "It does not concern the child.", "contact": "The office"},
    ),
    "read_letter": Row(cells=SUBMITTER_OR_DSL, scope=REQUEST, needs="answered"),
    "account_for_disclosures": Row(cells=DSL_AND_IG_LEAD, needs="person"),
    # --- recipients
    "list_recipient_types": Row(cells=ALL_ROLES),
    "list_recipients": Row(cells=ALL_ROLES),
    "register_recipient": Row(cells=DSL_AND_IG_LEAD, body=ORGANISATION, many=True),
    "get_recipient": Row(cells=THEIR_SCHOOLS, scope=SCHOOL, needs="recipient"),
    "change_recipient": Row(
        cells=LEADS_OF_SCHOOL,
        scope=SCHOOL,
        needs="recipient",
        body={"call_back_source": "the council's website"},
        read=RECIPIENT_URL,
    ),
    "list_contacts": Row(cells=THEIR_SCHOOLS, scope=SCHOOL, needs="recipient"),
    "add_contact": Row(
        cells=LEADS_OF_SCHOOL, scope=SCHOOL, needs="recipient", body={"name": "B. Jones"}
    ),
    "get_contact": Row(cells=THEIR_SCHOOLS, scope=SCHOOL, needs="contact"),
    "change_contact": Row(
        cells=LEADS_OF_SCHOOL,
        scope=SCHOOL,
        needs="contact",
        body={"role_title": "Manager"},
        read=RECIPIENT_URL + "/contacts/{contact_id}",
    ),
    "list_verifications": Row(cells=THEIR_SCHOOLS, scope=SCHOOL, needs="recipient"),
    "verify_recipient": Row(
        cells=LEADS_OF_SCHOOL,
        scope=SCHOOL,
        needs="recipient",
        body={"method": "call_back_published_number", "result": "yes"},
    ),
    # --- retention
    "list_retention_due": Row(cells=IG_LEAD),
    "review_retention": Row(cells=KEEPER, scope=REQUEST, needs="submitted", body=LET_GO),
    "dispose_of_sharing_request": Row(
        cells=KEEPER,
        scope=REQUEST,
        needs="due",
        body={"basis": "Retention ended.", "approved_by": "Head teacher"},
    ),
    "read_report_summary": Row(cells=DSL_AND_IG_LEAD),
    # --- the audit log
    "list_audit_entries": Row(cells=ALL_ROLES),
    "get_audit_entry": Row(cells=SEEN, scope=REQUEST, needs="entry"),
    "get_audit_proof": Row(cells=SEEN, scope=REQUEST, needs="entry"),
    "get_audit_checkpoint": Row(cells=ALL_ROLES),
    "get_audit_consistency": Row(cells=ALL_ROLES, query={"from": "1"}),
    "export_audit_entries": Row(cells=IG_LEAD),
}
