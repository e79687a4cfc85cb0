"""The input and output of an evaluation: enumerated facts, and a recommendation with reasons. Pure.

Invariant: `Facts` contains no name, text or date of a case, so that facts can be stored and an
evaluation repeated years later, to the byte.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from app.identity.model import Role
from app.kernel import plain
from app.kernel.canonical import Json
from app.policy.engine.codes import ActionCode, Doubt, MythId
from app.policy.engine.vocabulary import (
    Answer,
    ConsentStatus,
    Direction,
    EmergencyKind,
    Finding,
    GoldenRuleId,
    HowCheck,
    LawfulReasonCode,
    Mais,
    NotSoughtReason,
    OrganisationType,
    Outcome,
    PrincipleId,
    PurposeCode,
    Release,
    SecureRoute,
    Step,
    TransparencyDecision,
    TransparencyReason,
    Urgency,
    Word,
)

FACTS_VERSION: Final = 1
"""The version of the shape of stored facts."""


class FactsUnreadable(ValueError):
    """The stored facts are not of a known version, or incomplete."""


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """Stored facts, possibly incomplete; `missing` names the facts that did not exist when they
    were stored.
    """

    words: Mapping[str, Word | None]
    doubts: tuple[Doubt, ...]
    missing: tuple[str, ...]

    def facts(self, supposed: Mapping[str, Word | None] | None = None) -> "Facts":
        """The facts, with `supposed` values replacing stored and missing ones; raises
        FactsUnreadable if any is still missing.
        """
        words = {**self.words, **(supposed or {})}
        missing = fact_words().keys() - words.keys()
        if missing:
            names = ", ".join(sorted(missing))
            raise FactsUnreadable(f"not known when these facts were stored: {names}")
        return Facts(**words, doubts=self.doubts)  # type: ignore[arg-type]


def read_stored(value: Mapping[str, Json]) -> StoredFacts:
    """Read stored facts of this version or an earlier one; missing facts are named, never supplied.

    Raises FactsUnreadable for a later version, an unknown name, or a word outside the vocabulary.
    """
    version, doubts = value.get("v"), value.get("doubts", [])
    known = (
        isinstance(version, int) and not isinstance(version, bool) and 1 <= version <= FACTS_VERSION
    )
    if (
        not known
        or not isinstance(doubts, list | tuple)
        or value.keys() - {"v", "doubts"} - fact_words().keys()
    ):
        raise FactsUnreadable("not facts of a known version")
    try:
        words = {
            name: _word(kind, value[name], optional=optional)
            for name, (kind, optional) in fact_words().items()
            if name in value
        }
        found = tuple(Doubt(str(doubt)) for doubt in doubts)
    except ValueError as error:
        raise FactsUnreadable("a fact has no such word") from error
    return StoredFacts(words, found, tuple(name for name in fact_words() if name not in value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All input of an evaluation: the checked answers, and properties of all the items together."""

    direction: Direction
    urgency: Urgency
    recipient_type: OrganisationType
    recipient_verified: Answer
    purpose_code: PurposeCode
    purpose: Answer
    consent: Answer
    consent_status: ConsentStatus | None
    not_sought_reason: NotSoughtReason | None
    identifiable: Answer
    lawful_reason: Answer
    lawful_code: LawfulReasonCode | None
    immediate_risk: Answer
    crime_suspected: Answer
    emergency_kind: EmergencyKind | None
    amount: Answer
    fact_from_opinion: Answer
    right_recipient: Answer
    secure: Answer
    secure_route: SecureRoute | None
    transparency: TransparencyDecision | None
    transparency_reason: TransparencyReason | None
    special_category: Answer
    criminal_offence: Answer
    unexplained_history: Answer
    opinion: Answer
    third_party: Answer
    review_overdue: Answer
    doubts: tuple[Doubt, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The facts as words; a fact that was not stated is null."""
        values: dict[str, Json] = {
            name: getattr(self, name) and str(getattr(self, name)) for name in fact_words()
        }
        return {"v": FACTS_VERSION, **values, "doubts": [str(doubt) for doubt in self.doubts]}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Facts":
        """The facts written by `to_json`; raises FactsUnreadable for another shape, an unknown word
        or a missing fact.
        """
        if "doubts" not in value:
            raise FactsUnreadable("not facts of a known version")
        return read_stored(value).facts()


def _word(kind: type[Word], value: Json, *, optional: bool) -> Word | None:
    return None if value is None and optional else kind(str(value))


@cache
def fact_words() -> Mapping[str, tuple[type[Word], bool]]:
    """Each fact but the doubts, with its vocabulary and whether it may be left unstated."""
    hints = get_type_hints(Facts)
    found: dict[str, tuple[type[Word], bool]] = {}
    for field in dataclasses.fields(Facts):
        hint = hints[field.name]
        if field.name != "doubts":
            optional = get_origin(hint) is UnionType and NoneType in get_args(hint)
            found[field.name] = (get_args(hint)[0] if optional else hint, optional)
    return found


@dataclass(frozen=True, slots=True)
class PathStep:
    """A question asked on the path to the outcome."""

    step: Step
    answer: Answer
    basis: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HowFinding:
    """The result of a check on how to share."""

    check: HowCheck
    met: Answer
    basis: str


@dataclass(frozen=True, slots=True)
class PrincipleFinding:
    """The finding for a principle."""

    id: PrincipleId
    finding: Finding
    basis: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """The finding for a golden rule."""

    id: GoldenRuleId
    finding: Finding
    basis: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A recommended action: who acts, by which clock of the policy, and for advice whom to ask."""

    code: ActionCode
    text: str
    who: Role
    clock: str | None
    ask: tuple[Role, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Myth:
    """A myth to correct in this case."""

    id: MythId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A recommendation with its reasons."""

    policy_version: str
    policy_digest: str
    review_overdue: bool
    outcome: Outcome
    decided_at: Step
    release: Release
    path: tuple[PathStep, ...]
    how: tuple[HowFinding, ...]
    principles: tuple[PrincipleFinding, ...]
    golden_rules: tuple[RuleFinding, ...]
    actions: tuple[Action, ...]
    may_decide: tuple[Role, ...]
    myths: tuple[Myth, ...]
    mais: Mais

    def to_json(self, due: Mapping[str, str | None] | None = None) -> dict[str, Json]:
        """The evaluation as JSON, without an id.

        `due` gives the instant of each clock. Without it, an action's `due` is the name of its
        clock, so that the result depends only on facts and policy.
        """
        return {
            "policy": {
                "version": self.policy_version,
                "digest": self.policy_digest,
                "review_overdue": self.review_overdue,
            },
            "outcome": self.outcome.value,
            "decided_at": self.decided_at.value,
            "release": self.release.value,
            "path": [
                {
                    "step": p.step.value,
                    "answer": p.answer.value,
                    "basis": p.basis,
                    "cites": list(p.cites),
                }
                for p in self.path
            ],
            "how": [
                {"check": h.check.value, "met": h.met.value, "basis": h.basis} for h in self.how
            ],
            "principles": [_finding(finding) for finding in self.principles],
            "golden_rules": [_finding(finding) for finding in self.golden_rules],
            "actions": [_action(action, due) for action in self.actions],
            "may_decide": [role.value for role in self.may_decide],
            "myths": [{"id": myth.id.value, "text": myth.text} for myth in self.myths],
            "mais": self.mais.value,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Evaluation":
        """The evaluation that `to_json` wrote without instants. Raises ValueError for a word that
        is in no vocabulary.
        """
        policy = value["policy"]
        members = {
            "policy_version": policy["version"],
            "policy_digest": policy["digest"],
            "review_overdue": policy["review_overdue"],
            "actions": [{**action, "clock": action["due"]} for action in value["actions"]],
        }
        return plain.read(cls, {**value, **members})


def _finding(found: PrincipleFinding | RuleFinding) -> Json:
    return {
        "id": found.id.value,
        "finding": found.finding.value,
        "basis": found.basis,
        "cites": list(found.cites),
    }


def _action(action: Action, due: Mapping[str, str | None] | None) -> Json:
    when = action.clock if due is None or action.clock is None else due[action.clock]
    return {
        "code": action.code.value,
        "text": action.text,
        "who": action.who.value,
        "due": when,
        "ask": [role.value for role in action.ask],
        "cites": list(action.cites),
    }
