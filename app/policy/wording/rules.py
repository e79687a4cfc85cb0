"""The tables of a policy as numbered rules: questions, flow, checks, principles, golden rules,
actions and authority. Pure.
"""

from collections.abc import Iterable, Iterator

from app.identity.model import Role
from app.platform.documents.page import Block, Bullets, Grid, Paragraph, Part, Steps
from app.policy.engine.decision_tables import AuthorityRow, FlowRow, Judged
from app.policy.engine.grammar import Document, Question
from app.policy.engine.vocabulary import GoldenRuleId, PrincipleId, Step
from app.policy.wording.sentences import MET, OUTCOMES, STEPS, judged, occasions, rule
from app.policy.wording.words import ROLES, either, label, sentence


def rests_on(document: Document, *cited: Iterable[str]) -> Paragraph:
    """The clauses that a part of the policy cites, each once."""
    names = dict.fromkeys(name for cites in cited for name in cites)
    return Paragraph(
        "Based on: "
        + "; ".join(dict.fromkeys(document.citations[name].where for name in names))
        + "."
    )


def questions(document: Document) -> tuple[Block, ...]:
    """The questions, how to answer them, and when an answer is changed to unsure."""
    return tuple(
        _question(document, question) for question in Question if question in document.questions
    )


def _question(document: Document, question: Question) -> Part:
    asked = document.questions[question]
    blocks: list[Block] = [Paragraph(asked.help)]
    if asked.doubts:
        blocks.append(
            Paragraph(
                "The service checks the details under the answer. If they do not support it, the"
                " service says:"
            )
        )
        blocks.append(Bullets(tuple(asked.doubts.values())))
    return Part(asked.text, (*blocks, rests_on(document, asked.cites)))


def order(document: Document) -> tuple[Step, ...]:
    """The questions in the order in which the flow first asks them."""
    return tuple(dict.fromkeys(document.flow.nodes[name].asks for name in _nodes(document)))


def _nodes(document: Document) -> list[str]:
    found = [document.flow.start]
    for name in found:
        found += [
            row.to
            for row in document.flow.nodes[name].rows
            if row.to is not None and row.to not in found
        ]
    return list(dict.fromkeys(found))


def flow(document: Document) -> tuple[Block, ...]:
    """Each node of the flow with its rules, numbered in the order of first use."""
    numbers = {name: number for number, name in enumerate(_nodes(document), 1)}
    return tuple(_node(document, name, numbers) for name in numbers)


def _node(document: Document, name: str, numbers: dict[str, int]) -> Part:
    node = document.flow.nodes[name]
    before = sorted(
        numbers[other]
        for other in numbers
        for row in document.flow.nodes[other].rows
        if row.to == name
    )
    came = (
        "You come to this point from"
        f" {either(f'point {number}' for number in dict.fromkeys(before))}."
        if before
        else "Start here."
    )
    return Part(
        f"Point {numbers[name]}. {document.questions[Question(node.asks)].text}",
        (
            Paragraph(came),
            Steps(
                tuple(
                    rule(row.when, _leads(row, numbers), first=n == 0)
                    for n, row in enumerate(node.rows)
                )
            ),
            rests_on(document, *(row.cites for row in node.rows)),
        ),
    )


def _leads(row: FlowRow, numbers: dict[str, int]) -> str:
    if row.outcome is not None:
        settled = (
            f", decided by the question on {STEPS[row.decided_at]}"
            if row.decided_at is not None
            else ""
        )
        return f"{OUTCOMES[row.outcome]}{settled}. {row.basis}"
    return f"go to point {numbers[row.to or '']}. {row.basis}"


def checks(document: Document) -> tuple[Block, ...]:
    """The checks on how to share, and whether the release waits for each."""
    return tuple(
        Part(
            table.title,
            (
                Paragraph(table.text),
                Paragraph(
                    "You cannot share until this is met."
                    if table.holds
                    else "You do not need to wait for this before you share."
                ),
                Steps(
                    tuple(
                        rule(row.when, f"{MET[row.met]}. {row.basis}", first=n == 0)
                        for n, row in enumerate(table.rows)
                    )
                ),
                rests_on(document, table.cites),
            ),
        )
        for table in document.how.values()
    )


def principles(document: Document) -> tuple[Block, ...]:
    """The seven principles with the rules for each finding."""
    return tuple(
        _judged(document, document.principles[name].title, document.principles[name])
        for name in PrincipleId
    )


def golden_rules(document: Document) -> tuple[Block, ...]:
    """The golden rules of the edition that the policy follows."""
    followed = [name for name in GoldenRuleId if name in document.golden_rules]
    edition = followed[0].edition.removeprefix("hmg")
    rules = (
        _judged(
            document,
            f"{name.number}. {document.golden_rules[name].title}",
            document.golden_rules[name],
        )
        for name in followed
    )
    return (Paragraph(f"The numbers are those in HM Government’s advice of {edition}."), *rules)


def _judged(document: Document, title: str, table: Judged) -> Part:
    return Part(
        title, (Paragraph(table.text), Steps(judged(table)), rests_on(document, table.cites))
    )


def actions(document: Document) -> tuple[Block, ...]:
    """The actions, who performs them and by when, and in which cases."""
    return (
        Paragraph(
            "Every action that fits a case applies. If several actions with the same name fit,"
            " only the first one applies."
        ),
        Grid(
            "What to do",
            ("Name", "What to do", "Who and by when", "When it applies"),
            tuple(_actions(document)),
        ),
        rests_on(document, *(action.cites for action in document.actions)),
    )


def _actions(document: Document) -> Iterator[tuple[str, ...]]:
    for action in document.actions:
        asks = f" Ask: {either((ROLES[role] for role in action.ask), 'and')}." if action.ask else ""
        due = document.clocks.rules[action.due].text if action.due is not None else "No time limit."
        yield (
            label(action.code),
            action.text,
            f"{sentence(ROLES[action.who])} {due}{asks}",
            occasions(action.when),
        )


def authority(document: Document) -> tuple[Block, ...]:
    """The roles that may record each outcome."""
    table = document.authority
    said = (
        rule(row.when, f"{_deciders(row)} can decide", first=n == 0)
        for n, row in enumerate(table.rows)
    )
    return Paragraph(table.text), Steps(tuple(said)), rests_on(document, table.cites)


def _deciders(row: AuthorityRow) -> str:
    return either(
        f"any {ROLES[role]}" if role is Role.STAFF else f"the {ROLES[role]}"
        for role in row.may_decide
    )
