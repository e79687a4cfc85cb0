"""Print the history of a request, from advice to disposal, and its audit proof. Pure."""

from collections.abc import Collection, Iterator, Mapping

from app.platform.documents.page import Block, Bullets, Grid, Pairs, Paragraph, Part, Verbatim
from app.policy.wording.words import label
from app.sharing.records.formatting import Printed, Shown, one_or_more, records_in


def _each(case: Printed, member: str, title: str, *first: tuple[str, str]) -> Iterator[Block]:
    """Print every record of a kind in full."""
    records = records_in(case.request.get(member))
    if not records:
        yield Paragraph("Nothing recorded.")
    for number, record in enumerate(records, 1):
        yield Part(f"{title} {number}", (case.record(record, *first),))


def notices(case: Printed) -> Iterator[Block]:
    """Print the notices: whether people were informed, the reason and the review day."""
    return _each(case, "notices", "Notice", ("person_ref", "Person"), ("decision", "Decision"))


def reconsiderations(case: Printed) -> Iterator[Block]:
    """Print the new information after a refusal."""
    return _each(
        case,
        "reconsiderations",
        "Reconsideration",
        ("new_information", "What is new"),
        ("decision_id", "After"),
    )


def letters(case: Printed) -> Iterator[Block]:
    """Print the letters that answered a refusal, with the released text."""
    return _each(
        case,
        "letters",
        "Letter",
        ("asked", "What they asked for, as the letter repeats it"),
        ("reasons", "Reasons given in the letter"),
        ("decision_id", "After"),
    )


def unforeseen(case: Printed, foreseen: Collection[str]) -> Iterator[Block]:
    """Print the members that no other section prints.

    Invariant: a new member of the view is printed without a change of this code.
    """
    for member, value in case.request.items():
        if member not in foreseen and value not in (None, [], {}):
            records = one_or_more(value)
            if not records:
                yield Part(label(member), (Paragraph(case.text(value)),))
            for number, record in enumerate(records, 1):
                yield Part(
                    f"{label(member)} {number}",
                    (case.record(record) if "recorded_at" in record else case.pairs(record),),
                )


def beside(case: Printed) -> Iterator[Block]:
    """Print the guidance: legal power, routing, recipient check and hints."""
    compelled, routed, check = (
        case.request.get(name) for name in ("compelled", "routed", "recipient_check")
    )
    if isinstance(compelled, Mapping):
        first = (
            ("source", "Legal power"),
            ("burden_explained", "The burden is explained"),
            ("compelled_reason", "Reason given"),
        )
        yield Part("Required by law", (case.pairs(compelled, *first, skip=("power",)),))
    if isinstance(routed, Mapping):
        yield Part(
            "Another procedure",
            (case.pairs(routed, ("to", "Dealt with by"), ("because", "Because")),),
        )
    if isinstance(check, Mapping):
        words = tuple(str(finding["text"]) for finding in records_in(check.get("findings")))
        shown = (("verified", "Verified in the directory"), ("checked_on", "Looked up on"))
        agrees = Bullets(words) if words else Paragraph("Everything stated matches the directory.")
        yield Part(
            "The recipient in the directory",
            (case.pairs(check, *shown, skip=("findings", "directory_id", "contact_id")), agrees),
        )
    hints = tuple(str(hint["text"]) for hint in records_in(case.request.get("hints")))
    if hints:
        yield Part("Points to consider", (Bullets(hints),))


def advice(case: Printed) -> Iterator[Block]:
    """Print the requests for advice with their answers, and the questions to the requester."""
    every, questions = (
        records_in(case.request.get("advice")),
        records_in(case.request.get("questions")),
    )
    if not every and not questions:
        yield Paragraph("No advice was sought, and no one was asked for more information.")
    for number, sought in enumerate(every, 1):
        blocks: list[Block] = [
            case.record(
                sought, ("ask", "Who was asked"), ("question", "Question"), skip=("answer",)
            )
        ]
        answer = sought.get("answer")
        if isinstance(answer, Mapping):
            shown = (
                ("advice", "Advice"),
                ("advised_outcome", "Advised outcome"),
                ("outcome_of_discussion", "Outcome of the discussion"),
            )
            blocks.append(
                Part(
                    f"The answer to advice {number}",
                    (case.record(answer, *shown, skip=("advice_id",)),),
                )
            )
        else:
            blocks.append(Paragraph("Not answered yet."))
        yield Part(f"Advice {number}", tuple(blocks))
    for number, question in enumerate(questions, 1):
        yield Part(
            f"Question {number} to the person who asked",
            (case.record(question, ("question", "Question")),),
        )


def decisions(case: Printed) -> Iterator[Block]:
    """Print every decision, with the discussions of a refusal."""
    every = records_in(case.request.get("decisions"))
    if not every:
        yield Paragraph("Nothing has been decided.")
    for number, decision in enumerate(every, 1):
        refused = decision.get("outcome") == "do_not_share"
        first = [
            ("outcome", "Outcome"),
            ("reasons", "Reasons"),
            ("departs_from_evaluation", "Goes against the recommendation"),
        ]
        first += (
            [("departs_because", "Why it goes against the recommendation")]
            if decision.get("departs_from_evaluation")
            else []
        )
        first += (
            [
                ("discussed_with_requester", "Discussed with the person who asked"),
                ("refusal_how", "How, or why not yet"),
            ]
            if refused
            else []
        )
        first += [] if refused else [("items", "Items that may be shared")]
        current = number == len(every) and case.request.get("decision") is not None
        skip = (
            "evaluation_id",
            *(("items",) if refused else ()),
            *(() if decision.get("departs_from_evaluation") else ("departs_because",)),
        )
        yield Part(
            f"Decision {number}{' (current)' if current else ''}",
            (case.record(decision, *first, skip=skip),),
        )


def disclosures(case: Printed) -> Iterator[Block]:
    """Print the disclosures: items sent and left out, recipient, route and instant."""
    emergencies = [
        record
        for member in ("emergency", "emergencies")
        for record in one_or_more(case.request.get(member))
    ]
    for record in emergencies:
        yield Part(
            "Emergency record",
            (case.record(record, ("what", "What was shared"), ("why", "Why it could not wait")),),
        )
    every = records_in(case.request.get("disclosures"))
    if not every:
        yield Paragraph("Nothing is recorded as shared.")
    first = (
        ("items", "Shared"),
        ("items_not_shared", "Not shared"),
        ("recipient", "Who received it"),
        ("route", "How"),
        ("sent_at", "When"),
    )
    for number, disclosure in enumerate(every, 1):
        rest = (("receipt_at", "Receipt acknowledged"), ("decision_id", "Shared under"))
        yield Part(
            f"Disclosure {number}",
            (case.record(disclosure, *first, *rest, skip=("evaluation_id",)),),
        )


def consents(case: Printed) -> Iterator[Block]:
    """Print the consents and their withdrawals."""
    every = records_in(case.request.get("consents"))
    if not every:
        yield Paragraph("No consent is recorded, apart from the answers above.")
    for number, consent in enumerate(every, 1):
        blocks: list[Block] = [
            case.record(
                consent, ("person_ref", "Person"), ("status", "Status"), skip=("withdrawal",)
            )
        ]
        if isinstance(consent.get("withdrawal"), Mapping):
            shown = (("withdrawn_by", "Withdrawn by"), ("at", "When"))
            blocks.append(
                Part(
                    f"The withdrawal of consent {number}",
                    (case.record(consent["withdrawal"], *shown, skip=("consent_id",)),),
                )
            )
        yield Part(f"Consent {number}", tuple(blocks))


def clocks(case: Printed) -> Iterator[Block]:
    """Print the due instants, and the expired clocks."""
    request = case.request
    late = request.get("overdue_clocks") or []
    yield Pairs(
        (
            (
                "Decision due",
                case.text(request["due_at"]) if request.get("due_at") else "No time limit",
            ),
            (
                "Overdue when this was printed",
                ", ".join(label(str(clock)) for clock in late) if late else "Nothing",
            ),
        )
    )
    for task in records_in(request.get("tasks")):
        shown = Pairs(
            (
                ("Due", case.text(task.get("due"))),
                ("Done", case.text(task["done_at"]) if task.get("done_at") else "Not yet"),
            )
        )
        yield Part(label(str(task.get("code"))), (shown,))


def retention(case: Printed) -> Iterator[Block]:
    """Print the retention period, and how the request ended."""
    retention_terms = case.request.get("retention", {})
    yield Pairs(
        (
            ("Class", label(str(retention_terms.get("class")))),
            (
                "Keep until",
                (
                    case.text(retention_terms["retain_until"])
                    if retention_terms.get("retain_until")
                    else "Not set while the request is open"
                ),
            ),
            (
                "Review on",
                case.text(retention_terms["review_on"])
                if retention_terms.get("review_on")
                else "No review is set",
            ),
            ("Legal hold", case.text(bool(retention_terms.get("legal_hold")))),
        )
    )
    for number, review in enumerate(records_in(case.request.get("retention_reviews")), 1):
        yield Part(f"Review {number}", (case.record(review, ("keep", "Keep"), ("why", "Why")),))
    for member, title in (
        ("withdrawal", "Withdrawal of the request"),
        ("closure", "Closure"),
        ("disposal", "Disposal"),
    ):
        for record in one_or_more(case.request.get(member)):
            yield Part(title, (case.record(record),))


def proof(case: Printed, audit: Shown) -> Iterator[Block]:
    """Print the audit log entries of the request and the newest checkpoint."""
    yield Paragraph(
        "Each step above has an entry in the school’s audit log. Entries can be added to the log"
        " but never changed. The entries are hashed together, and the checkpoint is the signed"
        " state of the log. Anyone who has the checkpoint can prove that no entry was changed or"
        " left out."
    )
    entries = tuple(
        (
            str(entry.get("index")) if entry.get("index") is not None else "Not sealed yet",
            str(entry.get("id")),
            str(entry.get("action") or "–"),
            _instant(case, entry),
        )
        for entry in records_in(audit.get("entries"))
    )
    yield (
        Grid(
            "Audit entries",
            ("Index", "Entry", "Action", "Day" if case.partial else "Instant"),
            entries,
        )
        if entries
        else Paragraph("This copy includes no entries.")
    )
    checkpoint = audit.get("checkpoint")
    if isinstance(checkpoint, str):
        yield Part("Checkpoint", (Verbatim(checkpoint),))
    elif isinstance(checkpoint, Mapping):
        yield Part(
            "Checkpoint",
            (Pairs(tuple((label(name), str(value)) for name, value in checkpoint.items())),),
        )
    else:
        yield Paragraph("No checkpoint has been signed yet.")
    rest = case.pairs(audit, skip=("entries", "checkpoint"))
    if rest.rows:
        yield rest


def _instant(case: Printed, entry: Shown) -> str:
    """The instant exactly as hashed; in a de-identified copy only the day."""
    at = str(entry.get("occurred_at") or "–")
    return at[:10] if case.partial else at
