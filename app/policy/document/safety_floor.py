"""The safety floor: rules that every policy must meet, proved by trying every combination. Pure.

A document that breaks a rule is refused with a counterexample that a governor can read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.identity.model import Role
from app.policy.document.combinations import columns, combinations, in_words
from app.policy.engine.bitmasks import DOMAINS, bit
from app.policy.engine.codes import ActionCode
from app.policy.engine.evaluate import FlowTable, Policy, flow_tables, outcome_of_bits
from app.policy.engine.vocabulary import OrganisationType, Outcome

_O = OrganisationType

ALWAYS_PROTECTIVE: Final = frozenset(
    {_O.POLICE, _O.AMBULANCE_OR_EMERGENCY_SERVICE, _O.CHILDRENS_SOCIAL_CARE, _O.MASH}
)
"""Every policy must count these as protective bodies."""

EVER_PROTECTIVE: Final = ALWAYS_PROTECTIVE | {
    _O.NSPCC,
    _O.HEALTH_PROVIDER,
    _O.ADULT_SOCIAL_CARE,
    _O.LADO,
    _O.SAFEGUARDING_PARTNERS,
    _O.PREVENT_TEAM,
    _O.MARAC,
    _O.YOUTH_OFFENDING_TEAM,
    _O.PROBATION,
}
"""No policy may count any other body as protective, because the emergency branch asks no further
question."""

ADVISERS: Final = frozenset({Role.DSL, Role.IG_LEAD})
"""The roles that give advice under golden rule 3; not an integration, and not a colleague with the
same doubt."""

_SHARES: Final = frozenset({Outcome.SHARE, Outcome.SHARE_EMERGENCY})
_TOWARDS: Final = {
    "consent": ("no", "unsure", "yes"),
    "lawful_reason": ("no", "unsure", "yes"),
    "identifiable": ("yes", "unsure", "no"),
    "immediate_risk": ("no", "unsure", "yes"),
}
"""For each fact its answers, in order of increasing support for sharing."""

_QUESTIONS: Final = ("purpose", "consent", "identifiable", "lawful_reason")


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that is not met, a case that shows it, and the pointer of the row that decides it."""

    rule: str
    counterexample: str
    pointer: str


@dataclass(frozen=True, slots=True)
class _Combination:
    words: dict[str, str]
    bits: int
    outcome: Outcome


FlowRule = tuple[str, Callable[["_Flow", _Combination], str | None]]


class _Flow:
    """The outcomes of a policy for every combination that its flow distinguishes."""

    def __init__(self, policy: Policy) -> None:
        self.tables = policy.tables
        self.protective = frozenset(policy.document.sets["protective"].members)
        outside = next(str(body) for body in OrganisationType if body not in self.protective)
        rows = [bars for table in flow_tables(policy.tables.flow) for bars, _, _ in table]
        four = {fact: DOMAINS[fact] for fact in (*_TOWARDS, "purpose", "recipient_verified")}
        self.columns = columns(
            rows, always={**four, "recipient_type": (*sorted(self.protective), outside)}
        )
        self.columns["recipient_type"] = _representatives(
            self.columns["recipient_type"], rows, self.protective
        )

    def outcome(self, bits: int) -> Outcome:
        return outcome_of_bits(self.tables, bits).outcome

    def cases(self) -> Iterator[_Combination]:
        for words, bits in combinations(self.columns):
            yield _Combination(words, bits, self.outcome(bits))

    def changed(self, case: _Combination, fact: str, value: str) -> Outcome:
        return self.outcome(case.bits - bit(fact, case.words[fact]) + bit(fact, value))


Section = tuple[str, Callable[[Policy], Iterable[Breach]]]


def breaches(policy: Policy) -> list[Breach]:
    """Every rule that the policy does not meet, each with one counterexample. Raises TooWide."""
    return [breach for _, broken in sections(policy) for breach in broken(policy)]


def sections(policy: Policy) -> tuple[Section, ...]:
    """The parts of a document that the rules apply to, each with a function that finds breaches.

    The other parts are checked only if the set of protective bodies is valid.
    """
    bodies: Section = ("/sets/protective", _protective)
    return (
        (bodies,)
        if any(_protective(policy))
        else (("/flow", _flow), ("/actions", _actions), ("/authority", _authority))
    )


def _protective(policy: Policy) -> Iterator[Breach]:
    members = policy.document.sets["protective"].members
    at = "/sets/protective/members"
    for body in sorted(ALWAYS_PROTECTIVE.difference(members)):
        yield Breach(
            PROTECTIVE,
            f"{body} is not in $protective: sharing with it in an emergency would be delayed",
            at,
        )
    for i, other in enumerate(members):
        if other not in EVER_PROTECTIVE:
            yield Breach(
                PROTECTIVE,
                f"{other} is in $protective: in an emergency it would receive whatever it asks for",
                f"{at}/{i}",
            )


def _flow(policy: Policy) -> list[Breach]:
    flow = _Flow(policy)
    broken: dict[str, Breach] = {}
    for case in flow.cases():
        for rule, violation in FLOW_RULES:
            if rule not in broken and (because := violation(flow, case)):
                taken = _taken(policy.tables.flow, case.bits)
                held_up = rule is EMERGENCY and case.outcome is not Outcome.SHARE_EMERGENCY
                broken[rule] = Breach(
                    rule, f"{in_words(case.words)}: {because}", taken[0] if held_up else taken[-1]
                )
    return list(broken.values())


def _taken(table: FlowTable, bits: int) -> list[str]:
    """The pointers of the rows that apply, from the emergency branch to the outcome."""
    pointer, edge = next((pointer, edge) for bars, pointer, edge in table if not bits & bars)
    return [pointer] if edge.to is None else [pointer, *_taken(edge.to, bits)]


def _representatives(
    values: Iterable[str], rows: list[int], protective: frozenset[str]
) -> tuple[str, ...]:
    found: dict[tuple[bool, ...], str] = {}
    for value in values:
        place = bit("recipient_type", value)
        found.setdefault((value in protective, *(bool(row & place) for row in rows)), value)
    return tuple(found.values())


PROTECTIVE: Final = "protective bodies are bodies whose function is to protect people"
EMERGENCY: Final = (
    "the outcome is an emergency share exactly when there is immediate risk and the recipient is a"
    " verified protective body"
)
PURPOSE: Final = "nothing is shared without a legitimate purpose"
BASIS: Final = "identifiable information is shared only with consent or a lawful reason"
NO_REFUSAL: Final = "sharing with a purpose and a basis is never refused"
NO_DOUBTFUL_REFUSAL: Final = (
    "an unsure answer that could change the outcome never leads to a refusal"
)
MONOTONE: Final = "stronger consent, lawful reason, anonymity or risk never stops sharing"
SETTLING: Final = "answering an unsure question never changes an outcome other than seek advice"
POLICE: Final = "immediate risk or a suspected crime always gives the police action"
RECORD: Final = "the action to record the decision and reasons is always present"
ADVICE: Final = "the outcome seek advice always names an adviser"
DECIDERS: Final = "at least one role may decide, and never an integration"


def _emergency(flow: _Flow, case: _Combination) -> str | None:
    words = case.words
    danger = (
        words["immediate_risk"] == "yes"
        and words["recipient_type"] in flow.protective
        and words["recipient_verified"] == "yes"
    )
    if danger is (case.outcome is Outcome.SHARE_EMERGENCY):
        return None
    return f"the outcome is {case.outcome}, " + (
        "which delays an emergency" if danger else "although this is not a verified emergency"
    )


def _purpose(_flow: _Flow, case: _Combination) -> str | None:
    shared = case.words["purpose"] == "no" and case.outcome is Outcome.SHARE
    return "the information is shared without a legitimate purpose" if shared else None


def _based(words: dict[str, str]) -> bool:
    return (
        words["consent"] == "yes"
        or words["identifiable"] == "no"
        or words["lawful_reason"] == "yes"
    )


def _basis(_flow: _Flow, case: _Combination) -> str | None:
    shared = case.outcome is Outcome.SHARE and not _based(case.words)
    return "identifiable information is shared without consent or lawful reason" if shared else None


def _no_refusal(_flow: _Flow, case: _Combination) -> str | None:
    refused = (
        case.outcome is Outcome.DO_NOT_SHARE
        and case.words["purpose"] == "yes"
        and _based(case.words)
    )
    return "sharing is refused although there is a purpose and a basis" if refused else None


def _no_doubtful_refusal(_flow: _Flow, case: _Combination) -> str | None:
    if case.outcome is not Outcome.DO_NOT_SHARE or case.words["purpose"] == "no":
        return None
    doubtful = [fact for fact in _QUESTIONS if case.words[fact] == "unsure"]
    return f"sharing is refused although {doubtful[0]} is unsure" if doubtful else None


def _monotone(flow: _Flow, case: _Combination) -> str | None:
    if case.outcome not in _SHARES:
        return None
    for fact, order in _TOWARDS.items():
        for better in order[order.index(case.words[fact]) + 1 :]:
            changed = flow.changed(case, fact, better)
            if changed not in _SHARES:
                return f"the information is shared, but with {fact} {better} it is {changed}"
    return None


def _settling(flow: _Flow, case: _Combination) -> str | None:
    if case.outcome is Outcome.SEEK_ADVICE:
        return None
    for fact in _QUESTIONS:
        if case.words[fact] == "unsure":
            for answer in ("yes", "no"):
                changed = flow.changed(case, fact, answer)
                if changed is not case.outcome:
                    return (
                        f"the outcome is {case.outcome}, but with {fact} {answer} it is {changed}"
                    )
    return None


FLOW_RULES: Final[tuple[FlowRule, ...]] = (
    (EMERGENCY, _emergency),
    (PURPOSE, _purpose),
    (BASIS, _basis),
    (NO_REFUSAL, _no_refusal),
    (NO_DOUBTFUL_REFUSAL, _no_doubtful_refusal),
    (MONOTONE, _monotone),
    (SETTLING, _settling),
)


def _actions(policy: Policy) -> Iterator[Breach]:
    danger = {
        "immediate_risk": DOMAINS["immediate_risk"],
        "crime_suspected": DOMAINS["crime_suspected"],
    }
    seek = {"outcome": (str(Outcome.SEEK_ADVICE),)}
    for rule, code, always, problem in (
        (
            POLICE,
            ActionCode.NOTIFY_POLICE_IMMEDIATELY,
            danger,
            "there is no action to notify the police",
        ),
        (
            RECORD,
            ActionCode.RECORD_DECISION_AND_REASONS,
            {},
            "there is no action to record the decision",
        ),
        (ADVICE, ActionCode.SEEK_ADVICE, seek, "no adviser is named"),
    ):
        rules = [
            (i, conditions, action)
            for i, (conditions, action) in enumerate(policy.tables.actions)
            if action.code is code
        ]
        for words, bits in combinations(
            columns([bars for _, when, _ in rules for bars, _ in when], always=always)
        ):
            if not _needed(rule, words, bits):
                continue
            chosen = next(
                (
                    (i, action)
                    for i, when, action in rules
                    if any(not bits & bars for bars, _ in when)
                ),
                None,
            )
            if chosen is None:
                at = f"/actions/{rules[0][0]}/when" if rules else "/actions"
            elif rule is ADVICE and ADVISERS.isdisjoint(chosen[1].ask):
                at = f"/actions/{chosen[0]}/ask"
            else:
                continue
            yield Breach(rule, f"{in_words(words)}: {problem}", at)
            break


def _needed(rule: str, words: Mapping[str, str], bits: int) -> bool:
    if rule is POLICE:
        return "yes" in (words["immediate_risk"], words["crime_suspected"])
    return rule is RECORD or bool(bits & bit("outcome", Outcome.SEEK_ADVICE))


def _authority(policy: Policy) -> Iterator[Breach]:
    rows = policy.tables.authority
    for _, pointer, roles in rows:
        if not roles or Role.INTEGRATION in roles:
            words = "an integration may decide" if roles else "no role may decide"
            yield Breach(DECIDERS, f"{pointer}: {words}", f"{pointer}/may_decide")
    emergency = bit("outcome", Outcome.SHARE_EMERGENCY)
    for words_of, bits in combinations(
        columns([bars for bars, _, _ in rows], always={"outcome": (Outcome.SHARE_EMERGENCY,)})
    ):
        if not bits & emergency:
            continue
        pointer, chosen = next(
            ((f"{at}/may_decide", roles) for bars, at, roles in rows if not bits & bars),
            ("/authority/rows", ()),
        )
        if Role.STAFF not in chosen:
            yield Breach(
                EMERGENCY,
                f"{in_words(words_of)}: a member of staff may not decide in an emergency",
                pointer,
            )
            break
