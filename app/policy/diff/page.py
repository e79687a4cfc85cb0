"""The difference between two policy versions as a page. Pure.

Invariant: the page shows the whole difference, in the order of `app.policy.diff.compare`, the most
serious changes first.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from app.identity.model import Role
from app.kernel.canonical import Json
from app.platform.documents.page import Block, Grid, Page, Pairs, Paragraph, Part, Section
from app.policy.diff.compare import Change, Difference, TableDifference
from app.policy.diff.edits import Edit
from app.policy.engine.decision_tables import Condition
from app.policy.engine.evaluate import Policy
from app.policy.wording.page import inert
from app.policy.wording.sentences import FINDINGS, MET, OUTCOMES, STEPS, condition, occasions
from app.policy.wording.words import ROLES, either, label, sentence, spoken

_SECTIONS: Final[Mapping[str, str]] = {
    "policy": "The policy itself",
    "citations": "Clauses",
    "questions": "The questions",
    "sets": "Groups used in the rules",
    "flow": "When to share",
    "how": "How to share",
    "principles": "The seven principles",
    "golden_rules": "The golden rules",
    "actions": "What to do",
    "authority": "Who can decide",
    "clocks": "Time limits",
    "parameters": "Numbers",
    "guidance": "In every case",
    "duties": "Legal duties",
    "resources": "Where to read more",
    "upcoming": "Changes that do not apply yet",
    "cases": "Examples",
}
"""The headings of the sections of a document; other sections use their name."""

_ENDS: Final[Mapping[str, str]] = {"added": " (new)", "removed": " (removed)", "changed": ""}
_MEMBERS: Final[Mapping[str, str]] = {
    "rows": "rule",
    "cites": "clause cited",
    "values": "value",
    "bodies": "organisation",
    "tests": "test",
}
"""The name for a member of a list without a title."""
_CODE: Final = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+\Z")


_CHECKS: Final = re.compile(
    r"/parameters/smallest_group/values|/sets/routed/members|/questions/[a-z_]+/sound"
)
"""The values that the answer checks depend on; the comparison of tables does not show them."""


def page(old: Policy, new: Policy, found: Difference) -> Page:
    """The page with everything that changes from one version to another."""
    title = f"{new.document.policy.title}: from version {old.version} to version {new.version}"
    shown: Page = inert(
        Page(
            title=title,
            marking="What would change. Reading this page changes nothing.",
            head=Pairs(
                (("From", f"{old.version}, {old.digest}"), ("To", f"{new.version}, {new.digest}"))
            ),
            sections=(
                Section("In short", tuple(_short(found))),
                Section("What gives a different result", tuple(_decided(old, new, found))),
                Section(
                    "Every rule, text and number that changes",
                    tuple(_edits(old, new, found.edits)),
                ),
            ),
        )
    )
    return shown


def _short(found: Difference) -> Iterator[Block]:
    if not found.tables and not found.edits:
        yield Paragraph("Nothing changes. The 2 versions mean the same.")
        return
    flow = next((table for table in found.tables if table.table == "/flow"), None)
    if flow is None or not flow.changed:
        yield Paragraph(
            "The outcome is the same for every combination of answers: share, do not share, seek"
            " advice, share in an emergency."
        )
    else:
        yield Paragraph(
            f"The outcome is different for {flow.changed:,} of {flow.combinations:,} combinations"
            " of answers."
        )
    if any(_CHECKS.match(edit.pointer) for edit in found.edits):
        yield Paragraph(
            "But the service checks answers against their details in a different way, before it"
            " uses any table. An answer may now count as unsure where it did not before, or the"
            " other way round. See “The questions”, “Numbers” or “Groups used in the rules”."
        )
    decided = [table for table in found.tables if table.changed]
    reworded = [table for table in found.tables if not table.changed]
    yield Paragraph(
        f"{_some(len(decided), 'table')} of rules {'gives' if len(decided) == 1 else 'give'} a"
        f" different result in some cases. {_some(len(reworded), 'table')}"
        f" {'changes' if len(reworded) == 1 else 'change'} only in wording."
        f" {_some(len(found.edits), 'place')} in the document"
        f" {'differs' if len(found.edits) == 1 else 'differ'}."
    )


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _decided(old: Policy, new: Policy, found: Difference) -> Iterator[Block]:
    changed = [table for table in found.tables if table.changed]
    if not changed:
        yield Paragraph("Nothing.")
        return
    yield Paragraph(
        "Each table is compared for every combination of the facts that it uses. “Example” shows"
        " one combination."
    )
    for table in changed:
        title = _place(table.table, old, new)
        whole = _whole(table)
        if whole is not None:
            yield Part(title, (Paragraph(whole),))
            continue
        rows = tuple(_change(old, new, change) for change in table.changes)
        yield Part(
            title,
            (
                Paragraph(_count_text(table)),
                Grid(title, ("Example", "Before", "After", "How many"), rows),
            ),
        )


def _whole(table: TableDifference) -> str | None:
    """The text for a table that exists in one version only, else None."""
    if table.changed < table.combinations:
        return None
    if not any(change.before for change in table.changes):
        return "New. What it says is below."
    return (
        None if any(change.after for change in table.changes) else "Removed. What it said is below."
    )


def _count_text(table: TableDifference) -> str:
    reworded = f" In {table.reworded:,} more, only the wording changes." if table.reworded else ""
    return (
        f"A different result in {table.changed:,} of {table.combinations:,} combinations.{reworded}"
    )


def _change(old: Policy, new: Policy, change: Change) -> tuple[str, ...]:
    example = condition(Condition({fact: (word,) for fact, word in change.example.items()}))
    return (
        sentence(f"for example if {example}") if example else "Always.",
        sentence(_decision(old, change.before)),
        sentence(_decision(new, change.after)),
        f"{change.combinations:,}",
    )


def _decision(policy: Policy, decision: Mapping[str, Json]) -> str:
    """A decision in words."""
    if "who" in decision:
        due = (
            policy.document.clocks.rules[str(decision["due"])].text
            if decision["due"] is not None
            else "No time limit."
        )
        asks = f" Ask: {_roles(decision['ask'], 'and')}." if decision["ask"] else ""
        return f"{ROLES[Role(str(decision['who']))]}. {due}{asks}"
    parts = [
        _DECISION_WORDS[name](policy, value)
        for name, value in decision.items()
        if name in _DECISION_WORDS
    ]
    return ", ".join(filter(None, parts)) or (
        "the service says this" if decision else "the service says nothing"
    )


_DECISION_WORDS: Final[Mapping[str, Callable[[Policy, Json], str]]] = {
    "outcome": lambda _, value: OUTCOMES[str(value)],
    "decided_at": lambda _, value: f"decided by the question on {STEPS[str(value)]}",
    "finding": lambda _, value: FINDINGS[str(value)],
    "met": lambda _, value: MET[str(value)],
    "holds": lambda _, value: "" if value else "you do not need to wait for this",
    "may_decide": lambda _, value: f"{_roles(value, 'or')} can decide",
    "keep_as": lambda policy, value: (
        f"kept as “{policy.document.retention.classes[str(value)].title}”"
    ),
}


def _roles(names: Json, last: str) -> str:
    return (
        either((ROLES[Role(str(name))] for name in names), last)
        if isinstance(names, Sequence)
        else ""
    )


def _edits(old: Policy, new: Policy, edits: Sequence[Edit]) -> Iterator[Block]:
    if not edits:
        yield Paragraph("Nothing.")
    for section, members in groupby(edits, key=lambda edit: edit.pointer.split("/")[1]):
        rows = tuple(
            (_where(edit, old, new), _written(edit.before), _written(edit.after))
            for edit in members
        )
        title = _SECTIONS.get(section, label(section))
        yield Part(title, (Grid(title, ("Where", "Before", "After"), rows),))


def _where(edit: Edit, old: Policy, new: Policy) -> str:
    section, _, within = _place(edit.pointer, old, new).partition(": ")
    return f"{sentence(within or section).removesuffix('.')}{_ENDS[edit.kind]}"


def _place(pointer: str, old: Policy, new: Policy) -> str:
    """A place in the document in words: by titles if there are any, by number in lists."""
    words: list[str] = []
    here: list[Any] = [new.meaning, old.meaning]
    above = ""
    for part in pointer.strip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        here = [_member(value, name) for value in here]
        if not words:
            words.append(_SECTIONS.get(name, label(name)))
        elif name.isdecimal():
            words.append(_titled(here) or f"{_MEMBERS.get(above, 'line')} {int(name) + 1}")
        elif name not in _MEMBERS:
            words.append(_titled(here) or spoken(name))
        above = name
    return ": ".join(words)


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and name.isdecimal()
        and int(name) < len(value)
    ):
        return value[int(name)]
    return None


def _titled(here: Sequence[Any]) -> str | None:
    for value in here:
        if isinstance(value, Mapping):
            for key in ("title", "claim", "where", "name"):
                if isinstance(value.get(key), str):
                    return f"“{value[key]}”"
            if isinstance(value.get("code"), str):
                return f"“{label(str(value['code']))}”"
    return None


def _written(value: Json, name: str = "") -> str:
    """A part of a document as text, with conditions as sentences."""
    if name == "when":
        return "Otherwise." if value == "otherwise" else _when(value)
    if isinstance(value, Mapping):
        return "\n".join(
            f"{label(str(key))}: {_written(member, str(key))}" for key, member in value.items()
        )
    if isinstance(value, list | tuple):
        if any(isinstance(member, Mapping) for member in value):
            return "\n".join(
                f"{n}. {_written(member, 'in a list')}" for n, member in enumerate(value, 1)
            )
        return "; ".join(_written(member, "in a list") for member in value) or "none"
    return _word(value, name)


def _word(value: Json, name: str) -> str:
    if value is None:
        return "not set" if name else "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spoken(str(value)) if _CODE.match(str(value)) else str(value)


def _when(value: Json) -> str:
    many = value if isinstance(value, list) else [value]
    return occasions(
        Condition(
            {fact: _cell(cell) for fact, cell in one.items()} if isinstance(one, Mapping) else {}
        )
        for one in many
    )


def _cell(cell: Json) -> tuple[str, ...]:
    return tuple(str(word) for word in cell) if isinstance(cell, list | tuple) else (str(cell),)
