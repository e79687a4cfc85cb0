"""The sections of the page other than the tables: lawful reasons, time limits, retention, numbers,
myths, duties, cases and clauses. Pure.
"""

import dataclasses
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any

from app.platform.documents.page import Block, Bullets, Grid, Pairs, Paragraph, Part, Steps
from app.policy.engine.grammar import Case, ClockKind, ClockRule, Document, Lawful, Parameter
from app.policy.engine.vocabulary import Answer
from app.policy.wording.rules import rests_on
from app.policy.wording.sentences import OUTCOMES, STEPS, occasions, rule
from app.policy.wording.words import day, either, label, sentence, spoken


def lawful_reasons(document: Document) -> tuple[Block, ...]:
    """Each lawful reason with its basis in data protection law."""
    return tuple(_lawful(document, reason) for reason in document.lawful_reasons.values())


def _lawful(document: Document, reason: Lawful) -> Part:
    law = (
        ("UK GDPR, Article 6", "; ".join(reason.article_6)),
        ("UK GDPR, Article 9", "; ".join(reason.article_9)),
        ("Data Protection Act 2018, Schedule 1", "; ".join(reason.schedule_1)),
    )
    blocks: list[Block] = [Paragraph(reason.text), Pairs(tuple(pair for pair in law if pair[1]))]
    if reason.tests:
        blocks += [Paragraph("All of these must be met:"), Steps(reason.tests)]
    return Part(reason.title, (*blocks, rests_on(document, reason.cites)))


def clocks(document: Document) -> tuple[Block, ...]:
    """The time limits, and the days on which the school is closed."""
    of = document.clocks
    rows = tuple(
        (label(name), rule_.text, _counted(document, rule_)) for name, rule_ in of.rules.items()
    )
    years = sorted({on.year for on in of.bank_holidays})
    holidays = tuple(
        f"{year}: "
        + "; ".join(
            f"{day(on).removesuffix(f' {year}')}, {name}"
            for on, name in sorted(of.bank_holidays.items())
            if on.year == year
        )
        for year in years
    )
    off = tuple(
        f"{each.name}: {day(each.first)} to {day(each.last)}" for each in of.school_holidays
    )
    return (
        Paragraph(
            f"The school day ends at {of.day_ends}. The service shows what is overdue, but does not"
            " stop you."
        ),
        Grid("Time limits", ("Name", "Time limit", "How it is counted"), rows),
        Part(
            "Bank holidays",
            (Bullets(holidays),) if holidays else (Paragraph("No bank holidays are entered."),),
        ),
        Part(
            "School holidays",
            (Bullets(off),) if off else (Paragraph("No school holidays are entered."),),
        ),
        rests_on(document, *(rule_.cites for rule_ in of.rules.values())),
    )


def _counted(document: Document, of: ClockRule) -> str:
    if of.days is not None:
        return (
            f"Working days, from the day after it starts: {_values(document.parameters[of.days])}."
        )
    return {
        ClockKind.NOW: "At once.",
        ClockKind.SAME_SCHOOL_DAY: (
            "By the end of the school day, or of the next school day if the school has closed."
        ),
        ClockKind.DATE_TO_BE_SET: "A date that you set.",
    }[of.kind]


def _values(parameter: Parameter) -> str:
    ordered = sorted(parameter.values, key=lambda dated: dated.start)
    return ", then ".join(f"{dated.value} from {day(dated.start)}" for dated in ordered)


def parameters(document: Document) -> tuple[Block, ...]:
    """The parameters used by rules and time limits."""
    rows = tuple(
        (label(name), of.text, sentence(_values(of))) for name, of in document.parameters.items()
    )
    return Grid("Numbers", ("Name", "What it says", "Value"), rows), rests_on(
        document, *(of.cites for of in document.parameters.values())
    )


def retention(document: Document) -> tuple[Block, ...]:
    """The retention classes, and the rules that assign records to them."""
    table = document.retention
    rows = tuple(
        (
            of.title,
            of.text,
            sentence(_values(document.parameters[of.keep_years])),
            sentence(_values(document.parameters[of.review_years])),
        )
        for of in table.classes.values()
    )
    said = (
        rule(row.when, f"kept as “{table.classes[row.keep_as].title}”", first=n == 0)
        for n, row in enumerate(table.rows)
    )
    cited = (table.cites, *(of.cites for of in table.classes.values()))
    return (
        Paragraph(table.text),
        Grid(
            "Kinds of record",
            ("Kind", "What it includes", "Years to keep after it closes", "Years between reviews"),
            rows,
        ),
        Steps(tuple(said)),
        rests_on(document, *cited),
    )


def groups(document: Document) -> tuple[Block, ...]:
    """The named sets and their members."""
    pairs = tuple(
        (f"{label(name)} ({spoken(of.fact)})", sentence(either(map(spoken, of.members), "and")))
        for name, of in document.sets.items()
    )
    return Pairs(pairs), rests_on(document, *(of.cites for of in document.sets.values()))


def myths(document: Document) -> tuple[Block, ...]:
    """Each myth with its correction and the cases in which it is shown."""
    return tuple(
        Part(
            f"“{myth.claim}”",
            (
                Paragraph(myth.text),
                Paragraph(f"When the service says this:\n{occasions(myth.when)}"),
                rests_on(document, myth.cites),
            ),
        )
        for myth in document.myths.values()
    )


def guidance(document: Document) -> tuple[Block, ...]:
    """The instructions for every case."""
    said = tuple(each.text for each in document.guidance.values())
    return Bullets(said), rests_on(document, *(each.cites for each in document.guidance.values()))


def duties(document: Document) -> tuple[Block, ...]:
    """The legal duties and the bodies they bind."""
    return tuple(
        Part(
            duty.title,
            (
                Paragraph(duty.text),
                Bullets(tuple(map(sentence, duty.bodies))),
                rests_on(document, duty.cites),
            ),
        )
        for duty in document.duties.values()
    )


def upcoming(document: Document) -> tuple[Block, ...]:
    """Changes of law that are not yet applied."""
    if not document.upcoming:
        return (Paragraph("None."),)
    return tuple(
        Part(
            each.title,
            (Paragraph(each.text), Paragraph(f"Status: {sentence(each.status)}")),
        )
        for each in document.upcoming
    )


def resources(document: Document) -> tuple[Block, ...]:
    """References for further reading."""
    said = (
        f"{each.title}. {each.publisher}." + (f" {each.url}" if each.url else "")
        for each in document.resources
    )
    return Bullets(tuple(said)), rests_on(document, *(each.cites for each in document.resources))


def clauses(document: Document) -> tuple[Block, ...]:
    """Every cited clause."""
    rows = tuple((name, each.where, each.says) for name, each in document.citations.items())
    return (Grid("Clauses", ("Id", "Where it is", "What it says"), rows),)


def cases(document: Document) -> tuple[Block, ...]:
    """The worked cases with their facts and expected results."""
    return (
        Paragraph(
            "The people in these examples are invented. The service checks every example before it"
            " accepts a version."
        ),
        *(_case(case) for case in document.cases.values()),
    )


def _case(case: Case) -> Part:
    expected = case.expected
    release = {
        "ready": "You can share it now.",
        "hold": "A check must be met first.",
        "none": "Do not share anything.",
    }[expected.release]
    outcome = sentence(
        f"{OUTCOMES[expected.outcome]}, decided by the question on {STEPS[expected.decided_at]}"
    )
    do = [sentence(label(code)) for code in expected.actions]
    pairs = [*_stated(case.facts), ("What the policy says", f"{outcome} {release}")]
    if do:
        pairs.append(("Some of the actions", " ".join(do)))
    if case.on is not None:
        pairs.insert(0, ("Date", day(case.on)))
    if case.arguable:
        pairs.append(("Another view", case.arguable))
    return Part(case.title, (Paragraph(case.story), Pairs(tuple(pairs))))


def _stated(facts: Any) -> Iterator[tuple[str, str]]:
    """The stated facts, one line for each part that is not omitted."""
    for field, part in _members(facts):
        said = _said(part)
        if said:
            yield label(field.name), sentence(said)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return spoken(str(value.value))
    if isinstance(value, date):
        return day(value)
    if isinstance(value, tuple):
        return "; ".join(filter(None, map(_said, value)))
    if dataclasses.is_dataclass(value):
        told = (
            f"{spoken(field.name)}: {said}"
            for field, part in _members(value)
            if (said := _said(part))
        )
        return ", ".join(told)
    return "" if value is None else str(value)


def _members(value: Any) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    """The stated members of an object: its answers, and members that differ from their default."""
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Answer) or (part is not False and part != field.default):
            yield field, part
