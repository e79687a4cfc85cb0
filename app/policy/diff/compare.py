"""Compares two policy versions: for every table the combinations of facts with another result, and
each changed text or number. Pure.

Invariant: every combination of the facts that a table names in either version is counted; nothing
is sampled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.kernel.canonical import Json
from app.policy.diff.combination_count import CombinationCounter
from app.policy.diff.edits import Edit, edits
from app.policy.diff.rows import NO_DECISION, ComparedRow, Decision, tables_of
from app.policy.document.combinations import in_words
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The combinations with one decision before and another after, with an example."""

    before: Mapping[str, Json]
    after: Mapping[str, Json]
    combinations: int
    example: Mapping[str, str]

    def to_json(self) -> dict[str, Json]:
        """The change as JSON, with a sentence that says the same."""
        case = f"When {in_words(self.example).replace('_', ' ')}" if self.example else "Always"
        return {
            "before": self.before,
            "after": self.after,
            "combinations": self.combinations,
            "example": dict(self.example),
            "in_words": f"{case}: {_text(self.before)} becomes {_text(self.after)}.",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDifference:
    """The changes of one table: the number of combinations with another decision, and of those with
    the same decision in other words.
    """

    table: str
    combinations: int
    changed: int
    reworded: int
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Json]:
        """The table as JSON, with the most serious changes first."""
        return {
            "table": self.table,
            "combinations": self.combinations,
            "changed": self.changed,
            "reworded": self.reworded,
            "changes": [change.to_json() for change in self.changes],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs between two versions; empty if they mean the same."""

    tables: tuple[TableDifference, ...]
    edits: tuple[Edit, ...]

    def to_json(self) -> dict[str, Json]:
        """The difference as JSON, as it is stored and shown."""
        return {
            "tables": [table.to_json() for table in self.tables],
            "edits": [edit.to_json() for edit in self.edits],
        }


def compare(old: Policy, new: Policy) -> Difference:
    """Everything that changes from one version to another."""
    before, after = tables_of(old.tables), tables_of(new.tables)
    names = list(dict.fromkeys((*before, *after)))
    compared = (compare_table(name, before.get(name, ()), after.get(name, ())) for name in names)
    return Difference(
        tables=tuple(found for found in compared if found is not None),
        edits=tuple(edits(old.meaning, new.meaning)),
    )


def compare_table(
    name: str, old: Sequence[ComparedRow], new: Sequence[ComparedRow]
) -> TableDifference | None:
    """The changes of one table, or None if there are none."""
    if old == new:
        return None
    total, counted = CombinationCounter(old, new).count()
    changes: dict[tuple[Decision, Decision], tuple[int, tuple[tuple[str, str], ...]]] = {}
    reworded = 0
    for (left, right), (count, example) in counted.items():
        before, after = (
            old[left] if left is not None else None,
            new[right] if right is not None else None,
        )
        decisions = (
            before.decision if before else NO_DECISION,
            after.decision if after else NO_DECISION,
        )
        if decisions[0] != decisions[1]:
            so_far, first = changes.get(decisions, (0, example))
            changes[decisions] = (so_far + count, first)
        elif before is not None and after is not None and before.texts != after.texts:
            reworded += count
    if not changes and not reworded:
        return None
    found = [
        Change(
            before=_named(before), after=_named(after), combinations=count, example=dict(example)
        )
        for (before, after), (count, example) in changes.items()
    ]
    found.sort(
        key=lambda change: (
            severity(_outcome(change.before), _outcome(change.after)),
            -change.combinations,
        )
    )
    return TableDifference(
        table=name,
        combinations=total,
        changed=sum(change.combinations for change in found),
        reworded=reworded,
        changes=tuple(found),
    )


def _outcome(code: Mapping[str, Json]) -> str | None:
    found = code.get("outcome")
    return None if found is None else str(found)


def _named(code: Decision) -> dict[str, Json]:
    return {
        name: [str(member) for member in value] if isinstance(value, tuple) else _word(value)
        for name, value in code
    }


def _word(value: Any) -> Json:
    return value if value is None or isinstance(value, bool) else str(value)


def severity(before: str | None, after: str | None) -> int:
    """The severity of a change of outcome: 0 an emergency share ends, 1 a share becomes a refusal,
    2 a share is delayed, 3 any other.
    """
    if before == Outcome.SHARE_EMERGENCY and after != before:
        return 0
    if before == Outcome.SHARE and after == Outcome.DO_NOT_SHARE:
        return 1
    return 2 if before == Outcome.SHARE and after != before else 3


_OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.SHARE: "share",
    Outcome.SHARE_EMERGENCY: "share in an emergency",
    Outcome.DO_NOT_SHARE: "do not share",
    Outcome.SEEK_ADVICE: "seek advice",
}


def _text(code: Mapping[str, Json]) -> str:
    """A decision as part of a sentence."""
    if not code:
        return "nothing"
    if "outcome" in code:
        return f"{_OUTCOMES[str(code['outcome'])]} (decided by {_plainly(code['decided_at'])})"
    return ", ".join(f"{name.replace('_', ' ')}: {_plainly(value)}" for name, value in code.items())


def _plainly(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " or ".join(_plainly(member) for member in value) or "no one"
    return "not set" if value is None else str(value).replace("_", " ")
