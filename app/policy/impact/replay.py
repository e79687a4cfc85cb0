"""Evaluates past requests under two policy versions and compares the results. Pure.

Invariant: only stored facts are used. A fact that did not exist when they were stored is never
supplied; if it could affect a result, the result is `not_known`. The comparison contains only
request ids, codes and steps.
"""

import itertools
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import prod
from typing import Final, TypeVar
from uuid import UUID

from app.kernel.canonical import Json
from app.policy.diff.compare import severity
from app.policy.diff.rows import tables_of
from app.policy.document.combinations import facts_in
from app.policy.engine.bitmasks import DOMAINS, NOT_STATED, RESULTS
from app.policy.engine.codes import Doubt
from app.policy.engine.evaluate import Policy, evaluate
from app.policy.engine.model import (
    Evaluation,
    Facts,
    FactsUnreadable,
    StoredFacts,
    fact_words,
    read_stored,
)
from app.policy.engine.vocabulary import Answer, Outcome, Release, Step, Word

T = TypeVar("T", bound=Hashable)

NOT_KNOWN: Final = "not_known"
MOST_COMPLETIONS: Final = 4096
"""The most ways of completing the facts that are tried; with more, the outcome is not known."""

_OTHER_PURPOSE: Final = frozenset({Doubt.PURPOSE_NOT_STATED, Doubt.PURPOSE_INCOMPATIBLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRequest:
    """A past request: the facts of its effective evaluation, and the decision, if there is one."""

    request: UUID
    facts: Mapping[str, Json]
    decision: str | None
    departs: bool


@dataclass(frozen=True, slots=True)
class PastResult:
    """The result of a past request under a version.

    A member that depends on unknown facts is None, and `unknown` names the facts. `asked` lists the
    questions on the path; `whole` is present if every fact is known.
    """

    outcome: Outcome | None
    decided_at: Step | None
    release: Release | None
    asked: tuple[Step, ...] | None = None
    whole: Evaluation | None = None
    unknown: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The codes; `not_known` for None."""
        return {
            name: str(getattr(self, name) or NOT_KNOWN)
            for name in ("outcome", "decided_at", "release")
        }


class PastEvaluator:
    """Evaluates under one version facts that were stored under another.

    `under` is the version under which the answers were checked. If both versions check an answer
    differently, the answer is not known, because its details are not stored: a group that was large
    enough then may be too small now.
    """

    def __init__(self, policy: Policy, under: Policy, on: date) -> None:
        self._policy = policy
        self._rules, before = policy.rules(on), under.rules(on)
        self._stricter = self._rules.smallest_group > before.smallest_group
        self._laxer = self._rules.smallest_group < before.smallest_group
        self._other = tuple(
            question
            for question in sorted({*self._rules.functions, *before.functions})
            if self._rules.functions.get(question) != before.functions.get(question)
        )
        tables = tables_of(policy.tables)
        decides = [
            row.bars
            for name, table in tables.items()
            if name == "/flow" or name.startswith("/how/")
            for row in table
        ]
        self._deciding = frozenset(facts_in(decides)) - RESULTS.keys()

    def evaluate(self, stored: StoredFacts) -> PastResult:
        """The result, as far as it is the same for every value of the unknown facts."""
        routed = self._routed(stored)
        open_facts = self._open(stored)
        unknown = tuple(sorted(name for name in open_facts if name in self._deciding))
        if (
            prod(len(values) for name, values in open_facts.items() if name in self._deciding)
            > MOST_COMPLETIONS
        ):
            return PastResult(None, None, None, unknown=unknown)
        found = [
            evaluate(self._policy, facts)
            for facts in _completions(stored, routed, open_facts, self._deciding)
        ]
        outcome, decided_at = (
            _same(each.outcome for each in found),
            _same(each.decided_at for each in found),
        )
        release = _same(each.release for each in found)
        clear = outcome is not None and decided_at is not None and release is not None
        asked = _same(tuple([passed.step for passed in each.path]) for each in found)
        return PastResult(
            outcome,
            decided_at,
            release,
            asked,
            None if open_facts else found[0],
            () if clear else unknown,
        )

    def _routed(self, stored: StoredFacts) -> dict[str, Word | None]:
        """The answer about the purpose under this version's routed purposes. It is always known,
        because a stored doubt says why a yes was not accepted.
        """
        purpose, code = stored.words.get("purpose"), stored.words.get("purpose_code")
        if (
            purpose is None
            or code is None
            or not (purpose is Answer.YES or Doubt.PURPOSE_ROUTED in stored.doubts)
        ):
            return {}
        doubted = code in self._rules.routed or not _OTHER_PURPOSE.isdisjoint(stored.doubts)
        return {"purpose": Answer.UNSURE if doubted else Answer.YES}

    def _open(self, stored: StoredFacts) -> dict[str, tuple[Word | None, ...]]:
        """The unknown facts, each with every possible value."""
        found = {name: _values(name) for name in (*stored.missing, *self._other)}
        identifiable = stored.words.get("identifiable")
        large_enough = self._stricter and identifiable is Answer.NO
        only_too_small = (
            self._laxer
            and Doubt.SMALL_GROUP in stored.doubts
            and Doubt.SCHOOL_HOLDS_THE_KEY not in stored.doubts
        )
        if (large_enough or only_too_small) and "identifiable" not in found:
            found["identifiable"] = (Answer.NO, Answer.UNSURE)
        return found


def _completions(
    stored: StoredFacts,
    routed: Mapping[str, Word | None],
    open_facts: Mapping[str, tuple[Word | None, ...]],
    deciding: frozenset[str],
) -> Iterator[Facts]:
    """The facts with every combination of values of the unknown facts; a fact that the flow and the
    checks do not use takes one value.
    """
    chosen = [(values if name in deciding else values[:1]) for name, values in open_facts.items()]
    for values in itertools.product(*chosen):
        yield stored.facts({**routed, **dict(zip(open_facts, values, strict=True))})


def _values(name: str) -> tuple[Word | None, ...]:
    kind, _ = fact_words()[name]
    return tuple(None if value == NOT_STATED else kind(value) for value in DOMAINS[name])


def _same(values: Iterable[T]) -> T | None:
    different = set(values)
    return different.pop() if len(different) == 1 else None


class Replay:
    """The comparison of past requests under two versions, built one request at a time."""

    def __init__(self, old: Policy, new: Policy, on: date) -> None:
        self._old, self._new = PastEvaluator(old, old, on), PastEvaluator(new, old, on)
        self._matrix: Counter[tuple[str, str]] = Counter()
        self._changed: list[tuple[int, dict[str, Json]]] = []
        self._unknown: list[dict[str, Json]] = []
        self._more: Counter[str] = Counter()
        self._fewer: Counter[str] = Counter()
        self._deciders = 0
        self.done = 0

    def add(self, past: PastRequest) -> None:
        """Evaluate one more request."""
        self.done += 1
        try:
            stored = read_stored(past.facts)
        except FactsUnreadable:
            before = after = PastResult(None, None, None, unknown=("facts",))
        else:
            before, after = self._old.evaluate(stored), self._new.evaluate(stored)
        self._matrix[before.outcome or NOT_KNOWN, after.outcome or NOT_KNOWN] += 1
        if before.whole is not None and after.whole is not None:
            self._count(before.whole, after.whole)
        if before.unknown or after.unknown:
            facts: list[Json] = list(dict.fromkeys((*before.unknown, *after.unknown)))
            self._unknown.append(
                {**_of(past), "facts": facts, "before": before.to_json(), "after": after.to_json()}
            )
        elif (before.outcome, before.decided_at, before.release) != (
            after.outcome,
            after.decided_at,
            after.release,
        ):
            rank = severity(before.outcome, after.outcome)
            parts_at = (
                last_common_step(before.asked, after.asked)
                if before.asked and after.asked
                else NOT_KNOWN
            )
            row = {
                **_of(past),
                "before": before.to_json(),
                "after": after.to_json(),
                "parts_at": parts_at,
                "grave": _SEVERE[rank],
            }
            self._changed.append((rank, row))

    def _count(self, before: Evaluation, after: Evaluation) -> None:
        old, new = (
            {action.code for action in before.actions},
            {action.code for action in after.actions},
        )
        self._more.update(str(code) for code in new - old)
        self._fewer.update(str(code) for code in old - new)
        self._deciders += before.may_decide != after.may_decide

    def result(self) -> dict[str, Json]:
        """The comparison as JSON: the matrix of outcomes, the changed requests, most serious first,
        the requests with unknown results, and the actions added and removed.
        """
        words = [*map(str, Outcome), NOT_KNOWN]
        matrix: Json = {
            before: {after: self._matrix[before, after] for after in words} for before in words
        }
        changed: list[Json] = [
            row
            for _, row in sorted(self._changed, key=lambda pair: (pair[0], str(pair[1]["request"])))
        ]
        unknown: list[Json] = [*sorted(self._unknown, key=lambda row: str(row["request"]))]
        actions: list[Json] = [
            {"code": code, "asked_more": self._more[code], "asked_less": self._fewer[code]}
            for code in sorted({*self._more, *self._fewer})
        ]
        return {
            "requests": self.done,
            "changed": len(changed),
            "not_known": len(unknown),
            "leaves_emergency": sum(rank == 0 for rank, _ in self._changed),
            "share_to_refusal": sum(rank == 1 for rank, _ in self._changed),
            "matrix": matrix,
            "changes": changed,
            "unknown": unknown,
            "actions": actions,
            "other_deciders": self._deciders,
        }


_SEVERE: Final = ("leaves_emergency", "share_to_refusal", None, None)


def _of(past: PastRequest) -> dict[str, Json]:
    return {"request": str(past.request), "decision": past.decision, "departs": past.departs}


def last_common_step(before: tuple[Step, ...], after: tuple[Step, ...]) -> str:
    """The last question that both paths ask, after which they differ."""
    common = [
        step
        for step, _ in itertools.takewhile(
            lambda both: both[0] is both[1], zip(before, after, strict=False)
        )
    ]
    return str(common[-1] if common else after[0])
