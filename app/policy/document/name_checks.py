"""Checks that every name in a document is known and every required name is present. Pure."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from app.kernel.suggestions import nearest
from app.policy.document.places import Places
from app.policy.document.source import DocumentFault, Node, step
from app.policy.engine.bitmasks import ANSWERS, DEPARTURE, DOMAINS, FLOW_FACTS
from app.policy.engine.codes import MythId
from app.policy.engine.decision_tables import Condition, FlowRow, Judged
from app.policy.engine.derive import DOUBTS, FUNCTIONS, NEEDED_PARAMETERS, NEEDED_SETS
from app.policy.engine.grammar import Document, Question
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
"""The facts that each table may name: only those determined before it is evaluated."""

NEEDED_CLOCKS = frozenset(
    {*Urgency, "emergency_record", "advice", "file_transfer", "notice_deferred"}
)
"""The clocks that the service starts by itself."""


def check(root: Node, document: Document, places: Places) -> list[DocumentFault]:
    """Every unknown name, and every missing one that is required."""
    names = _Names(root, places)
    found = [
        *_complete(document, places),
        *_other_editions(document, places),
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
    for name, retained in document.retention.classes.items():
        for field in ("keep_years", "review_years"):
            found += names.known(
                "parameters",
                f"/retention/classes/{name}/{field}",
                getattr(retained, field),
                "unknown-parameter",
            )
    for name, clock in document.clocks.rules.items():
        if clock.days is not None:
            at = f"/clocks/rules/{name}/days"
            found += names.known("parameters", at, clock.days, "unknown-parameter")
    return [*found, *_sets(document, places), *_judged(document, places)]


class _Names:
    """The names that a document declares, taken from the source: a faulty entry is still a known
    name.
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
                f"{name!r} is not a {what} of this document",
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
                "the clause that this is based on",
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
                "fact-not-allowed",
                at,
                f"{fact} may not be used in {section}",
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
                    "wrong-set", at, f"{value} has values of {of.fact}, not of {fact}"
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
    """Every golden rule of the edition that most of the document's rules belong to."""
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
                f"{rule} belongs to another edition of the advice",
                f"rules of {followed}",
            )


def _text(name: object) -> str:
    return str(name.value) if isinstance(name, Enum) else str(name)


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
                "one of " + ", ".join(known) if known else "no function: this answer is not checked"
            )
            yield places.fault(
                "unknown-function",
                f"{at}/sound",
                f"{asked.sound!r} is not a function for {question}",
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
            if not _has_one_target(row):
                yield places.fault(
                    "invalid-flow-row",
                    at,
                    "this row has no target, or two",
                    "either to, or outcome with decided_at",
                )


def _has_one_target(row: FlowRow) -> bool:
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
            yield places.fault("wrong-set", f"{at}/fact", f"{name} has values of {of.fact}", wanted)
        for i, member in enumerate(of.members):
            if member not in domain:
                problem = f"{member!r} is not a value of {of.fact}"
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
            yield places.fault(
                "needs", at, "needs and because must be used together", "both or neither"
            )
        for i, need in enumerate(table.needs):
            if need not in ANSWERS:
                problem = f"{need!r} is not a question answered yes, no or unsure"
                yield places.fault(
                    "unknown-fact",
                    f"{at}/needs/{i}",
                    problem,
                    "one of " + ", ".join(sorted(ANSWERS)),
                    nearest(need, ANSWERS),
                )
