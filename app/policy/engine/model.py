"""What evaluation takes and gives: enumerated facts in, a recommendation with its reasons out.

Law: no name, text or date of a case is in `Facts`; so facts may be kept, and any evaluation
repeated years later, byte for byte.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Final, get_args, get_origin, get_type_hints

from app.identity.model import Role
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
"""Written into stored facts: a later shape reads an earlier one knowingly, or not at all."""


class FactsUnreadable(ValueError):
    """Stored facts that are not facts of a version known here."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """Stored facts as far as they go. `missing` names facts that were not asked for when they were
    stored: nobody knows them.
    """

    words: Mapping[str, Word | None]
    doubts: tuple[Doubt, ...]
    missing: tuple[str, ...]

    def facts(self, supposed: Mapping[str, Word | None] | None = None) -> "Facts":
        """Facts with what is `supposed` in the place of what was stored or is missing; raises
        FactsUnreadable when some still is.
        """
        words = {**self.words, **(supposed or {})}
        lacking = _words().keys() - words.keys()
        if lacking:
            raise FactsUnreadable(
                f"not known when these facts were stored: {', '.join(sorted(lacking))}"
            )
        return Facts(**words, doubts=self.doubts)  # type: ignore[arg-type]


def recall(value: Mapping[str, Json]) -> Recalled:
    """What stored facts say, of this shape or an earlier one; what they lack is named, never
    supplied.

    Raises FactsUnreadable for a later version, a name that was never a fact, or a word that is in
    no vocabulary.
    """
    version, doubts = value.get("v"), value.get("doubts", [])
    known = (
        isinstance(version, int) and not isinstance(version, bool) and 1 <= version <= FACTS_VERSION
    )
    if (
        not known
        or not isinstance(doubts, list | tuple)
        or value.keys() - {"v", "doubts"} - _words().keys()
    ):
        raise FactsUnreadable("not facts of a known version")
    try:
        words = {
            name: _word(kind, value[name], optional=optional)
            for name, (kind, optional) in _words().items()
            if name in value
        }
        found = tuple(Doubt(str(doubt)) for doubt in doubts)
    except ValueError as error:
        raise FactsUnreadable("a fact has no such word") from error
    return Recalled(words, found, tuple(name for name in _words() if name not in value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that an evaluation depends on: closed answers after their details were checked, and what
    the items show taken together.
    """

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
        """The facts as closed words; what was not stated is null."""
        values: dict[str, Json] = {
            name: getattr(self, name) and str(getattr(self, name)) for name in _words()
        }
        return {"v": FACTS_VERSION, **values, "doubts": [str(doubt) for doubt in self.doubts]}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Facts":
        """The facts that `to_json` wrote, whole; raises FactsUnreadable for another shape or word,
        or when a fact is lacking.
        """
        if "doubts" not in value:
            raise FactsUnreadable("not facts of a known version")
        return recall(value).facts()


def _word(kind: type[Word], value: Json, *, optional: bool) -> Word | None:
    return None if value is None and optional else kind(str(value))


@cache
def _words() -> Mapping[str, tuple[type[Word], bool]]:
    hints = get_type_hints(Facts)
    found: dict[str, tuple[type[Word], bool]] = {}
    for field in dataclasses.fields(Facts):
        hint = hints[field.name]
        if field.name != "doubts":
            optional = get_origin(hint) is UnionType and NoneType in get_args(hint)
            found[field.name] = (get_args(hint)[0] if optional else hint, optional)
    return found


def fact_words() -> Mapping[str, tuple[type[Word], bool]]:
    """Each single-word fact with its vocabulary and whether it may be left unstated."""
    return _words()


@dataclass(frozen=True, slots=True)
class PathStep:
    """A question that was asked on the way to the outcome."""

    step: Step
    answer: Answer
    basis: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HowFinding:
    """How a check that holds the release stands."""

    check: HowCheck
    met: Answer
    basis: str


@dataclass(frozen=True, slots=True)
class PrincipleFinding:
    """How the facts stand against one principle."""

    id: PrincipleId
    finding: Finding
    basis: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """How the facts stand against one golden rule."""

    id: GoldenRuleId
    finding: Finding
    basis: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody is to do: who, by which clock of the policy, and for advice whom to ask."""

    code: ActionCode
    text: str
    who: Role
    clock: str | None
    ask: tuple[Role, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Myth:
    """A myth worth dispelling in this case."""

    id: MythId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The recommendation and its reasons. A person decides."""

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
        """The evaluation object of the wire, without its id.

        `due` gives the instant of each clock; without it an action's `due` is the name of its
        clock, so that the result depends on nothing but facts and policy.
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
