"""Print the sections of the record from a request as presented to its reader. Pure.

Invariant: a section states explicitly that a value is missing.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from app.platform.documents.page import Block, Bullets, Chart, Grid, Pairs, Paragraph, Part, Section
from app.policy.flowchart import drawing
from app.policy.wording.words import label
from app.sharing.records import history as records_history
from app.sharing.records.formatting import Printed, Shown, records_in
from app.sharing.records.text import GOLDEN_RULES

_FORESEEN: Final = frozenset(
    (
        *(
            "id",
            "version",
            "status",
            "view",
            "direction",
            "urgency",
            "purpose_code",
            "recipient_type",
            "outcome",
            "release",
            "decision",
        ),
        *(
            "departs_from_evaluation",
            "policy_digest",
            "submitted_by",
            "submitted_at",
            "decided_at",
            "due_at",
            "overdue",
            "overdue_clocks",
            "facts",
        ),
        *(
            "evaluation",
            "evaluations",
            "questions",
            "advice",
            "decisions",
            "disclosures",
            "notices",
            "consents",
            "reconsiderations",
        ),
        *(
            "letters",
            "retention_reviews",
            "tasks",
            "retention",
            "emergency",
            "emergencies",
            "withdrawal",
            "closure",
            "disposal",
        ),
        *("compelled", "routed", "recipient_check", "hints"),
    )
)
"""The members of a request that a section prints; `history.unforeseen` prints all others."""


def sections(request: Shown, *, audit: Shown, chart_svg: str | None) -> tuple[Section, ...]:
    """All sections of the record, in reading order."""
    case = Printed.of(request)
    rest = tuple(records_history.unforeseen(case, _FORESEEN))
    return (
        Section("Summary", tuple(_summary(case))),
        Section("Who asked, why, and who would receive it", tuple(_asked(case))),
        Section("The information", tuple(_information(case))),
        Section("Answers to the questions", tuple(_answered(case))),
        Section("What the policy recommends", tuple(_recommended(case, chart_svg))),
        Section("Principles, golden rules and actions", tuple(_findings(case))),
        Section("Advice and questions", tuple(records_history.advice(case))),
        Section("Decisions", tuple(records_history.decisions(case))),
        Section("What was shared", tuple(records_history.disclosures(case))),
        Section("Telling the person and family", tuple(records_history.notices(case))),
        Section("Consent", tuple(records_history.consents(case))),
        Section("Reconsideration after a refusal", tuple(records_history.reconsiderations(case))),
        Section("Letters", tuple(records_history.letters(case))),
        Section("Time limits", tuple(records_history.clocks(case))),
        Section("How long this record is kept", tuple(records_history.retention(case))),
        *((Section("Also recorded", rest),) if rest else ()),
        Section("Proof", tuple(records_history.proof(case, audit))),
    )


def _summary(case: Printed) -> Iterator[Block]:
    request = case.request
    shared = len(records_in(request.get("disclosures")))
    late = request.get("overdue_clocks") or []
    outcome = str(request.get("outcome"))
    departs = (
        case.text(bool(request.get("departs_from_evaluation")))
        if request.get("decision")
        else "Not decided"
    )
    yield Pairs(
        (
            ("Status", label(str(request.get("status")))),
            ("The policy recommends", drawing.OUTCOMES.get(outcome, label(outcome))),
            ("Decision", label(request["decision"]) if request.get("decision") else "Not decided"),
            ("Goes against the recommendation", departs),
            (
                "Date of decision",
                (
                    case.text(request.get("decided_at"))
                    if request.get("decided_at")
                    else "Not decided"
                ),
            ),
            ("Shared", {0: "Nothing recorded as shared", 1: "Once"}.get(shared, f"{shared} times")),
            ("Overdue", ", ".join(label(str(clock)) for clock in late) if late else "Nothing"),
        )
    )


def _asked(case: Printed) -> Iterator[Block]:
    request, facts = case.request, case.request.get("facts", {})
    yield Pairs(
        (
            (
                "Direction",
                (
                    "The school was asked"
                    if request.get("direction") == "received"
                    else "The school’s own initiative"
                ),
            ),
            ("Urgency", case.text(request.get("urgency"))),
            *((("Needed by", case.text(facts["needed_by"])),) if facts.get("needed_by") else ()),
            ("Submitted", case.text(request.get("submitted_at"))),
            ("Submitted by", case.person(request.get("submitted_by"))),
            *(
                (("Reference in another system", case.text(facts["external_id"])),)
                if facts.get("external_id")
                else ()
            ),
        )
    )
    requester = (("name", "Name"), ("role_title", "Role"), ("organisation", "Organisation"))
    yield Part("Who asked", (_object(case, facts.get("requester"), *requester),))
    recipient = (
        ("organisation", "Organisation"),
        ("organisation_type", "Kind of organisation"),
        ("named_individual", "Named person"),
    )
    yield Part(
        "Who would receive it",
        (_object(case, facts.get("recipient"), *recipient, ("role_title", "Role")),),
    )
    purpose = (
        ("code", "Purpose"),
        ("statement", "In words"),
        ("answer", "The purpose is clear and legitimate"),
    )
    yield Part("Why it is wanted", (_object(case, facts.get("purpose"), *purpose),))
    yield from records_history.beside(case)
    people = records_in(facts.get("subjects"))
    rows = tuple(
        (
            str(n),
            case.text(person.get("person_ref")),
            case.text(person.get("role")),
            _age(case, person),
        )
        for n, person in enumerate(people, 1)
    )
    columns = ("No.", "Reference", "Role", "Age when it was submitted" if case.partial else "Born")
    yield Part(
        "Who it is about",
        (Grid("People", columns, rows) if rows else Paragraph("No one is named."),),
    )


def _age(case: Printed, person: Shown) -> str:
    """The date of birth; in the de-identified copy the age band."""
    if not case.partial:
        return case.text(person.get("born_on"))
    return case.text(person["age_band"]) if person.get("age_band") else "Not known"


def _object(case: Printed, value: object, *first: tuple[str, str]) -> Block:
    return case.pairs(value, *first) if isinstance(value, Mapping) else Paragraph(f"{case.empty}.")


def _information(case: Printed) -> Iterator[Block]:
    items = records_in(case.request.get("facts", {}).get("items"))
    if not items:
        yield Paragraph("No items are listed.")
    for number, item in enumerate(items, 1):
        first = (
            ("description", "Description"),
            ("category", "Category"),
            ("nature", "Nature"),
            ("include", "Share, redact or withhold"),
        )
        yield Part(f"Item {number}", (case.pairs(item, *first, skip=("id",)),))


def _answered(case: Printed) -> Iterator[Block]:
    facts = case.request.get("facts", {})
    yield Part(
        "Consent",
        (
            _object(
                case,
                facts.get("consent"),
                ("answer", "There is consent"),
                ("status", "Status of consent"),
            ),
        ),
    )
    yield Part(
        "Identification",
        (
            Pairs(
                (
                    (
                        "Someone could be identified",
                        case.text(facts.get("identifiable") or "unsure"),
                    ),
                )
            ),
        ),
    )
    reason = (
        ("answer", "There is a lawful reason"),
        ("code", "Which reason"),
        ("necessity", "Why it is necessary"),
    )
    yield Part(
        "Lawful reason without consent", (_object(case, facts.get("lawful_reason"), *reason),)
    )
    risk = (
        ("immediate_risk", "A child is in danger now"),
        ("crime_suspected", "A crime is suspected"),
    )
    yield Part("Danger", (_object(case, facts.get("risk"), *risk),))
    checks = tuple(
        (check, words) for check, words in drawing.CHECKS.items() if check != "transparency"
    )
    yield Part("How it would be shared", (_object(case, facts.get("how"), *checks),))
    known = {
        "requester",
        "recipient",
        "purpose",
        "subjects",
        "items",
        "consent",
        "identifiable",
        "lawful_reason",
        "risk",
        "how",
    } | {"statutory"}
    rest = case.pairs(facts, skip=(*known, "direction", "urgency", "needed_by", "external_id"))
    if rest.rows:
        yield Part("Also stated", (rest,))


def _recommended(case: Printed, chart_svg: str | None) -> Iterator[Block]:
    found = case.request.get("evaluation")
    if not isinstance(found, Mapping):
        yield Paragraph("Not evaluated.")
        return
    policy = found.get("policy", {})
    yield Pairs(
        (
            (
                "Outcome",
                drawing.OUTCOMES.get(str(found["outcome"]), label(str(found["outcome"]))),
            ),
            (
                "Decided by the question",
                drawing.QUESTIONS.get(str(found["decided_at"]), label(str(found["decided_at"]))),
            ),
            ("Release", case.text(found.get("release"))),
            (
                "Who can decide",
                ", ".join(label(str(role)) for role in found.get("may_decide", [])) or "No one",
            ),
            ("Evaluated", case.text(found.get("recorded_at"))),
            ("Policy version", str(policy.get("version"))),
            ("Policy digest", str(policy.get("digest"))),
            *(
                (("Policy review", "Overdue when this was evaluated. The policy stays in force."),)
                if policy.get("review_overdue")
                else ()
            ),
        )
    )
    steps, checks = records_in(found.get("path")), records_in(found.get("how"))
    asked = drawing.QUESTIONS
    rows = tuple(
        (
            str(n),
            asked.get(str(step["step"]), label(str(step["step"]))),
            label(str(step["answer"])),
            str(step["basis"]),
            _cites(step),
        )
        for n, step in enumerate(steps, 1)
    )
    yield Grid(
        "When to share: the questions, in order",
        ("Step", "Question", "Answered", "Why", "Clauses"),
        rows,
    )
    state = tuple(
        (
            drawing.CHECKS.get(str(one["check"]), label(str(one["check"]))),
            label(str(one["met"])),
            str(one["basis"]),
        )
        for one in checks
    )
    yield Grid("How to share: the checks", ("Check", "Met", "Why"), state)
    if chart_svg is not None:
        outcome, settled, release = (
            str(found[name]) for name in ("outcome", "decided_at", "release")
        )
        described = drawing.describe(
            steps, outcome=outcome, decided_at=settled, release=release, how=checks
        )
        yield Part("The flowchart, with the path of this request", (Chart(chart_svg, described),))
    every = records_in(case.request.get("evaluations"))
    if len(every) > 1:
        history = tuple(
            (
                str(n),
                case.text(one.get("recorded_at")),
                label(str(one.get("trigger"))),
                label(str(one.get("outcome"))),
                label(str(one.get("decided_at"))),
                label(str(one.get("release"))),
                str(one.get("policy_version"))
                + ("" if one.get("current", True) else " (for comparison only)"),
            )
            for n, one in enumerate(every, 1)
        )
        yield Grid(
            "Every evaluation, oldest first",
            ("No.", "When", "Because", "Outcome", "Decided by", "Release", "Policy"),
            history,
        )


def _cites(finding: Shown) -> str:
    return ", ".join(str(cite) for cite in finding.get("cites") or []) or "–"


def _findings(case: Printed) -> Iterator[Block]:
    found = case.request.get("evaluation")
    if not isinstance(found, Mapping):
        yield Paragraph("Not evaluated.")
        return
    for caption, member in (
        ("The seven principles", "principles"),
        ("The seven golden rules", "golden_rules"),
    ):
        rows = tuple(
            (
                GOLDEN_RULES.get(str(one["id"]), label(str(one["id"]))),
                label(str(one["finding"])),
                str(one["basis"]),
                _cites(one),
            )
            for one in records_in(found.get(member))
        )
        yield Grid(caption, ("What", "Finding", "Why", "Clauses"), rows)
    actions = tuple(
        (
            str(action["text"]),
            label(str(action["who"])),
            case.text(action["due"]) if action.get("due") else "No time limit",
            _cites(action),
        )
        for action in records_in(found.get("actions"))
    )
    yield Grid("What to do", ("Action", "Who", "Due", "Clauses"), actions)
    myths = records_in(found.get("myths"))
    if myths:
        yield Part("Worth remembering", (Bullets(tuple(str(myth["text"]) for myth in myths)),))
