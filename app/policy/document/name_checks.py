"""Whether every name in a document is known: citations, sets, parameters, clocks, functions, nodes,
and nothing required left out.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import Enum

from app.kernel.suggestions import nearest
from app.policy.document.parser import FIRST_YEAR, LAST_YEAR
from app.policy.document.source import DocumentFault, Node, step
from app.policy.engine.bitmasks import ANSWERS, DEPARTURE, DOMAINS, FLOW_FACTS
from app.policy.engine.codes import MythId
from app.policy.engine.deadlines import calendar_of
from app.policy.engine.decision_tables import Condition, FlowRow, Judged
from app.policy.engine.derive import DOUBTS, FUNCTIONS, NEEDED_PARAMETERS, NEEDED_SETS
from app.policy.engine.grammar import ClockKind, Clocks, Document, Question
from app.policy.engine.vocabulary import (
    GoldenRuleId,
    HowCheck,
    LawfulReasonCode,
    PrincipleId,
    Urgency,
)

_LATER = frozenset({"outcome", "decided_at"})
_ALL = FLOW_FACTS | _LATER | {"release"}
_ALLOWED: Mapping[str, frozenset[str]] = {
    "flow": FLOW_FACTS,
    "how": FLOW_FACTS | _LATER,
    "principles": _ALL,
    "golden_rules": _ALL,
    "actions": _ALL,
    "myths": _ALL,
    "authority": FLOW_FACTS | {"outcome", DEPARTURE},
    "retention": FLOW_FACTS | {"outcome"},
}
"""Which facts each table may look at: none may look ahead at what is established after it."""

NEEDED_CLOCKS = frozenset(
    {*Urgency, "emergency_record", "advice", "file_transfer", "notice_deferred"}
)
"""The clocks that the service itself starts."""


LONGEST_VERSION = 64
LONGEST_HOLIDAY = 100
"""Days."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")


class Places:
    """Finds the line of a pointer."""

    def __init__(self, root: Node) -> None:
        self._lines = {node.pointer: node.line for node in root.walk()}

    def line(self, pointer: str) -> int | None:
        """The line of a pointer, or of the nearest thing above it."""
        while pointer and pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer)

    def fault(
        self, code: str, pointer: str, problem: str, expected: str = "", near: str | None = None
    ) -> DocumentFault:
        """A fault at a pointer."""
        return DocumentFault(code, pointer, self.line(pointer), problem, expected, near)


def check(root: Node, document: Document) -> list[DocumentFault]:
    """Every unknown name, and every required one that is missing."""
    places = Places(root)
    names = _Names(root, places)
    found = [
        *_complete(document, places),
        *_other_editions(document, places),
        *_parameters(document, places),
        *_questions(document, places),
        *_flow(document, places, names),
    ]
    for pointer, value in _walk(document, ""):
        found += names.cites(pointer, value)
        if isinstance(value, Condition):
            found += _condition(document, places, names, pointer, value)
    for i, rule in enumerate(document.actions):
        if rule.due is not None:
            found += names.known("clocks/rules", f"/actions/{i}/due", rule.due, "unknown-clock")
    for i, row in enumerate(document.retention.rows):
        found += names.known(
            "retention/classes", f"/retention/rows/{i}/keep_as", row.keep_as, "unknown-class"
        )
    for name, kept in document.retention.classes.items():
        for field in ("keep_years", "review_years"):
            found += names.known(
                "parameters",
                f"/retention/classes/{name}/{field}",
                getattr(kept, field),
                "unknown-parameter",
            )
    found += [
        *_sets(document, places),
        *_judged(document, places),
        *_clocks(document.clocks, places, names),
    ]
    return found or list(_never_open(document, places))


class _Names:
    """The names a document declares, taken from the source, so that a faulty entry is not also
    called unknown.
    """

    def __init__(self, root: Node, places: Places) -> None:
        self._root, self._places = root, places

    def declared(self, path: str) -> frozenset[str]:
        node = self._root
        for part in path.split("/"):
            if not isinstance(node.value, dict) or part not in node.value:
                return frozenset()
            node = node.value[part]
        return frozenset(node.value) if isinstance(node.value, dict) else frozenset()

    def known(self, path: str, pointer: str, name: str, code: str) -> Iterator[DocumentFault]:
        declared = self.declared(path)
        if name not in declared:
            what = code.removeprefix("unknown-")
            yield self._places.fault(
                code,
                pointer,
                f"{name!r} is no {what} of this document",
                f"a name under /{path}",
                nearest(name, declared),
            )

    def cites(self, pointer: str, value: object) -> Iterator[DocumentFault]:
        if not dataclasses.is_dataclass(value) or not hasattr(value, "cites"):
            return
        if not value.cites:
            yield self._places.fault(
                "missing-citation",
                step(pointer, "cites"),
                "nothing is cited",
                "the clause this rests on",
            )
        for i, name in enumerate(value.cites):
            yield from self.known("citations", f"{pointer}/cites/{i}", name, "unknown-citation")


def _walk(value: object, pointer: str) -> Iterator[tuple[str, object]]:
    yield pointer, value
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _walk(member, step(pointer, str(key)))
    elif isinstance(value, tuple):
        for i, member in enumerate(value):
            yield from _walk(member, step(pointer, i))
    elif dataclasses.is_dataclass(value) and not isinstance(value, Condition):
        for field in dataclasses.fields(value):
            yield from _walk(getattr(value, field.name), step(pointer, field.name))


def _condition(
    document: Document, places: Places, names: _Names, pointer: str, condition: Condition
) -> Iterator[DocumentFault]:
    section = pointer.split("/")[1]
    for fact, values in condition.cells.items():
        at = step(pointer, fact)
        if fact not in _ALLOWED[section]:
            known = _ALLOWED[section]
            yield places.fault(
                "fact-not-here",
                at,
                f"{fact} may not stand in {section}",
                "one of " + ", ".join(sorted(known)),
            )
        for value in values:
            if not value.startswith("$"):
                continue
            unknown = list(names.known("sets", at, value[1:], "unknown-set"))
            yield from unknown
            of = document.sets.get(value[1:])
            if not unknown and of is not None and of.fact != fact:
                yield places.fault(
                    "wrong-set", at, f"{value} holds values of {of.fact}, not of {fact}"
                )


def _complete(document: Document, places: Places) -> Iterator[DocumentFault]:
    wanted: Iterable[tuple[str, Iterable[object], Iterable[object]]] = (
        ("questions", document.questions, Question),
        ("lawful_reasons", document.lawful_reasons, LawfulReasonCode),
        ("how", document.how, HowCheck),
        ("principles", document.principles, PrincipleId),
        ("golden_rules", document.golden_rules, _edition(document)),
        ("myths", document.myths, MythId),
        ("parameters", document.parameters, NEEDED_PARAMETERS),
        ("sets", document.sets, NEEDED_SETS),
        ("clocks/rules", document.clocks.rules, NEEDED_CLOCKS),
    )
    for section, present, every in wanted:
        names = {_text(name) for name in present}
        for name in every:
            if _text(name) not in names:
                yield places.fault(
                    "missing", f"/{section}/{_text(name)}", f"{_text(name)} is missing", _text(name)
                )


def _edition(document: Document) -> list[GoldenRuleId]:
    """Every rule of the edition that the document follows: the one from which it has most."""
    has = Counter(rule.edition for rule in document.golden_rules)
    followed = max((rule.edition for rule in GoldenRuleId), key=lambda edition: has[edition])
    return [rule for rule in GoldenRuleId if rule.edition == followed]


def _other_editions(document: Document, places: Places) -> Iterator[DocumentFault]:
    followed = _edition(document)[0].edition
    for rule in document.golden_rules:
        if rule.edition != followed:
            yield places.fault(
                "two-editions",
                f"/golden_rules/{rule}",
                f"{rule} is of another edition of the advice",
                f"rules of {followed}",
            )


def _text(name: object) -> str:
    return str(name.value) if isinstance(name, Enum) else str(name)


def _parameters(document: Document, places: Places) -> Iterator[DocumentFault]:
    start = document.policy.start
    for name, parameter in document.parameters.items():
        if parameter.on(start) is None:
            at = f"/parameters/{name}/values"
            yield places.fault(
                "no-value",
                at,
                f"{name} has no value on {start}, the day the policy starts",
                f"a value from {start} or earlier",
            )
        if len({dated.start for dated in parameter.values}) != len(parameter.values):
            yield places.fault(
                "two-values", f"/parameters/{name}/values", f"{name} has two values from one day on"
            )
        for i, dated in enumerate(parameter.values):
            for least, most, unit in _bounds(document, name):
                if not least <= dated.value <= most:
                    at = f"/parameters/{name}/values/{i}/value"
                    yield places.fault(
                        "out-of-bounds", at, f"{name} is {dated.value}", f"{least} to {most}{unit}"
                    )
    for name, of in (
        ("last_review", document.policy.last_review),
        ("next_review", document.policy.next_review),
    ):
        if not _month(of):
            yield places.fault(
                "not-a-month", f"/policy/{name}", f"{of!r} is not a month", "YYYY-MM"
            )
    if len(document.policy.version) > LONGEST_VERSION:
        yield places.fault(
            "too-long",
            "/policy/version",
            "the version's name is too long",
            f"at most {LONGEST_VERSION} characters",
        )


def _bounds(document: Document, name: str) -> list[tuple[int, int, str]]:
    """Within which a number makes sense, by what uses it: a slip of the pen must not put a day
    beyond every calendar.
    """
    kept = {
        parameter
        for one in document.retention.classes.values()
        for parameter in (one.keep_years, one.review_years)
    }
    found = [(2, 1000, " people")] if name in NEEDED_PARAMETERS else []
    found += (
        [(0, 260, " working days")]
        if name in {rule.days for rule in document.clocks.rules.values()}
        else []
    )
    found += [(1, 100, " years")] if name in kept else []
    return found or [(0, 1000, "")]


def _month(text: str) -> bool:
    try:
        return FIRST_YEAR <= date.fromisoformat(f"{text}-01").year <= LAST_YEAR and len(
            text
        ) == len("YYYY-MM")
    except ValueError:
        return False


def _questions(document: Document, places: Places) -> Iterator[DocumentFault]:
    for question, asked in document.questions.items():
        at = f"/questions/{question}"
        known = FUNCTIONS.get(question, {})
        if asked.sound is None:
            if known:
                yield places.fault(
                    "missing",
                    f"{at}/sound",
                    "no function checks the answer",
                    "one of " + ", ".join(known),
                )
            continue
        if asked.sound not in known:
            expected = (
                "one of " + ", ".join(known)
                if known
                else "no function: this answer is taken as it is given"
            )
            yield places.fault(
                "unknown-function",
                f"{at}/sound",
                f"{asked.sound!r} is no function for {question}",
                expected,
                nearest(asked.sound, known),
            )
            continue
        raised = DOUBTS[asked.sound]
        for doubt in sorted(raised - asked.doubts.keys()):
            yield places.fault(
                "missing-text", f"{at}/doubts/{doubt}", f"there is no text for {doubt}", doubt
            )
        for doubt in sorted(asked.doubts.keys() - raised):
            yield places.fault(
                "unknown-doubt",
                f"{at}/doubts/{doubt}",
                f"{asked.sound} never raises {doubt}",
                "",
                nearest(doubt, raised),
            )


def _flow(document: Document, places: Places, names: _Names) -> Iterator[DocumentFault]:
    yield from names.known("flow/nodes", "/flow/start", document.flow.start, "unknown-node")
    for name, node in document.flow.nodes.items():
        for i, row in enumerate(node.rows):
            at = f"/flow/nodes/{name}/rows/{i}"
            if row.to is not None:
                yield from names.known("flow/nodes", f"{at}/to", row.to, "unknown-node")
            if not _leads_somewhere(row):
                yield places.fault(
                    "no-edge",
                    at,
                    "this row leads nowhere or to two places",
                    "either to, or outcome with decided_at",
                )


def _leads_somewhere(row: FlowRow) -> bool:
    ends = row.outcome is not None and row.decided_at is not None
    return ends if row.to is None else row.outcome is None and row.decided_at is None


def _sets(document: Document, places: Places) -> Iterator[DocumentFault]:
    for name, of in document.sets.items():
        at = f"/sets/{name}"
        domain = DOMAINS.get(of.fact)
        if domain is None:
            yield places.fault(
                "unknown-fact",
                f"{at}/fact",
                f"{of.fact!r} is not a fact",
                "",
                nearest(of.fact, DOMAINS),
            )
            continue
        wanted = {"routed": "purpose_code", "protective": "recipient_type"}.get(name, of.fact)
        if of.fact != wanted:
            yield places.fault(
                "wrong-set", f"{at}/fact", f"{name} holds values of {of.fact}", wanted
            )
        for i, member in enumerate(of.members):
            if member not in domain:
                problem = f"{member!r} is no value of {of.fact}"
                yield places.fault(
                    "unknown-answer",
                    f"{at}/members/{i}",
                    problem,
                    "one of " + ", ".join(domain),
                    nearest(member, domain),
                )
        if not of.members:
            yield places.fault("empty-set", f"{at}/members", f"{name} has no members")


def _judged(document: Document, places: Places) -> Iterator[DocumentFault]:
    tables: list[tuple[str, Judged]] = [
        (f"/principles/{name}", table) for name, table in document.principles.items()
    ]
    tables += [(f"/golden_rules/{name}", table) for name, table in document.golden_rules.items()]
    for at, table in tables:
        if bool(table.needs) is (table.because is None):
            yield places.fault("needs", at, "needs and because go together", "both or neither")
        for i, need in enumerate(table.needs):
            if need not in ANSWERS:
                problem = f"{need!r} is no question answered yes, no or unsure"
                yield places.fault(
                    "unknown-fact",
                    f"{at}/needs/{i}",
                    problem,
                    "one of " + ", ".join(sorted(ANSWERS)),
                    nearest(need, ANSWERS),
                )


def _clocks(clocks: Clocks, places: Places, names: _Names) -> Iterator[DocumentFault]:
    if not _TIME.match(clocks.day_ends):
        yield places.fault(
            "not-a-time", "/clocks/day_ends", f"{clocks.day_ends!r} is no time of day", "HH:MM"
        )
    for name, rule in clocks.rules.items():
        at = f"/clocks/rules/{name}"
        if (rule.kind == "working_days") is (rule.days is None):
            yield places.fault(
                "days",
                at,
                "days go with working_days, and only with them",
                "a parameter for working_days",
            )
        if rule.days is not None:
            yield from names.known("parameters", f"{at}/days", rule.days, "unknown-parameter")
        if name == "emergency_record" and rule.kind is ClockKind.DATE_TO_BE_SET:
            problem = "nobody is there to set a date when the record of an emergency is opened"
            yield places.fault(
                "no-limit", f"{at}/kind", problem, "now, same_school_day or working_days"
            )
    for i, holiday in enumerate(clocks.school_holidays):
        if not 0 <= (holiday.last - holiday.first).days <= LONGEST_HOLIDAY:
            yield places.fault(
                "bad-holiday",
                f"/clocks/school_holidays/{i}",
                "a holiday that ends before it begins, or never",
            )


def _never_open(document: Document, places: Places) -> Iterator[DocumentFault]:
    """A stretch of closed days after which no time limit could be counted."""
    calendar = calendar_of(document)
    ends = {
        f"/clocks/school_holidays/{i}": holiday.last
        for i, holiday in enumerate(document.clocks.school_holidays)
    }
    ends |= {f"/clocks/bank_holidays/{day}": day for day in document.clocks.bank_holidays}
    for at, end in ends.items():
        if not any(calendar.works(end + timedelta(days=n)) for n in range(1, LONGEST_HOLIDAY + 1)):
            yield places.fault(
                "never-open",
                at,
                f"after this the school is closed for {LONGEST_HOLIDAY} days and more",
                "a working day",
            )
            return
