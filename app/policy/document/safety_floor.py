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
from app.policy.engine.evaluate import FlowTable, Policy, outcome_of_bits
from app.policy.engine.vocabulary import OrganisationType, Outcome

_O = OrganisationType

ALWAYS_PROTECTIVE: Final = frozenset(
    {_O.POLICE, _O.AMBULANCE_OR_EMERGENCY_SERVICE, _O.CHILDRENS_SOCIAL_CARE, _O.MASH}
)
"""No school may leave these out of its protective bodies."""

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
"""No school may count any other body as protective: the emergency branch asks no further
question."""

ADVISERS: Final = frozenset({Role.DSL, Role.IG_LEAD})
"""Those whom golden rule 3 has in mind when it says to seek advice; a machine cannot be asked, nor
can somebody in the same doubt."""

_SHARES: Final = frozenset({Outcome.SHARE, Outcome.SHARE_EMERGENCY})
_TOWARDS: Final = {
    "consent": ("no", "unsure", "yes"),
    "lawful_reason": ("no", "unsure", "yes"),
    "identifiable": ("yes", "unsure", "no"),
    "immediate_risk": ("no", "unsure", "yes"),
}
"""For each fact its answers, each more in favour of sharing than the one before."""

_SETTLED: Final = ("purpose", "consent", "identifiable", "lawful_reason")


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that is broken, a case that shows it, and the pointer of what decides that case so."""

    law: str
    counterexample: str
    pointer: str


@dataclass(frozen=True, slots=True)
class _Seen:
    words: dict[str, str]
    bits: int
    outcome: Outcome


Law = tuple[str, Callable[["_Flow", _Seen], str | None]]


class _Flow:
    """The outcomes of a policy over every combination its flow can tell apart."""

    def __init__(self, policy: Policy) -> None:
        self.tables = policy.tables
        self.protective = frozenset(policy.document.sets["protective"].members)
        outside = next(str(body) for body in OrganisationType if body not in self.protective)
        rows = list(_flow_rows(policy))
        four = {fact: DOMAINS[fact] for fact in (*_TOWARDS, "purpose", "recipient_verified")}
        self.columns = columns(
            rows, always={**four, "recipient_type": (*sorted(self.protective), outside)}
        )
        self.columns["recipient_type"] = _representatives(
            self.columns["recipient_type"], rows, self.protective
        )

    def outcome(self, bits: int) -> Outcome:
        return outcome_of_bits(self.tables, bits).outcome

    def seen(self) -> Iterator[_Seen]:
        for words, bits in combinations(self.columns):
            yield _Seen(words, bits, self.outcome(bits))

    def changed(self, seen: _Seen, fact: str, value: str) -> Outcome:
        return self.outcome(seen.bits - bit(fact, seen.words[fact]) + bit(fact, value))


Section = tuple[str, Callable[[Policy], Iterable[Breach]]]


def breaches(policy: Policy) -> list[Breach]:
    """Every law of the floor that the policy breaks, each with one counterexample; empty when it
    stands. Raises TooWide.
    """
    return [breach for _, broken in sections(policy) for breach in broken(policy)]


def sections(policy: Policy) -> tuple[Section, ...]:
    """The parts of a document that laws are about, each with what finds those that it breaks.

    Without the bodies that protect, nothing can be said of the rest.
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
            f"{body} is not in $protective: a verified call from it in an emergency would be"
            " held up",
            at,
        )
    for i, other in enumerate(members):
        if other not in EVER_PROTECTIVE:
            yield Breach(
                PROTECTIVE,
                f"{other} is in $protective: in an emergency it would be given whatever it"
                " asks for",
                f"{at}/{i}",
            )


def _flow(policy: Policy) -> list[Breach]:
    flow = _Flow(policy)
    broken: dict[str, Breach] = {}
    for seen in flow.seen():
        for law, shows in LAWS:
            if law not in broken and (because := shows(flow, seen)):
                taken = _taken(policy.tables.flow, seen.bits)
                held_up = law is EMERGENCY and seen.outcome is not Outcome.SHARE_EMERGENCY
                broken[law] = Breach(
                    law, f"{in_words(seen.words)}: {because}", taken[0] if held_up else taken[-1]
                )
    return list(broken.values())


def _taken(table: FlowTable, bits: int) -> list[str]:
    """The pointers of the rows taken: the first, by which an emergency should leave, to the one
    that gives the outcome.
    """
    pointer, edge = next((pointer, edge) for bars, pointer, edge in table if not bits & bars)
    return [pointer] if edge.to is None else [pointer, *_taken(edge.to, bits)]


def _flow_rows(policy: Policy) -> Iterator[int]:
    todo, done = [policy.tables.flow], set()
    while todo:
        table = todo.pop()
        if id(table) not in done:
            done.add(id(table))
            for bars, _, edge in table:
                yield bars
                if edge.to is not None:
                    todo.append(edge.to)


def _representatives(
    values: Iterable[str], rows: list[int], protective: frozenset[str]
) -> tuple[str, ...]:
    found: dict[tuple[bool, ...], str] = {}
    for value in values:
        place = bit("recipient_type", value)
        found.setdefault((value in protective, *(bool(row & place) for row in rows)), value)
    return tuple(found.values())


PROTECTIVE: Final = "protective bodies are those that protect"
EMERGENCY: Final = (
    "an emergency with a verified protective body is never held up, and only then is it an"
    " emergency share"
)
PURPOSE: Final = "without a legitimate purpose nothing is shared"
BASIS: Final = "identifying information needs consent or a lawful reason"
NO_REFUSAL: Final = "a purpose with a basis is never refused"
NO_DOUBTFUL_REFUSAL: Final = "an unsure answer that could matter never yields a refusal"
MONOTONE: Final = "more consent, lawful reason, anonymity or danger never stops sharing"
SETTLING: Final = "settling an unsure answer never overturns a settled outcome"
POLICE: Final = "danger or crime always raises the police action"
RECORD: Final = "the decision and its reasons are always to be recorded"
ADVICE: Final = "whoever is to seek advice is told whom to ask"
DECIDERS: Final = "somebody may decide, and never an integration"


def _emergency(flow: _Flow, seen: _Seen) -> str | None:
    words = seen.words
    danger = (
        words["immediate_risk"] == "yes"
        and words["recipient_type"] in flow.protective
        and words["recipient_verified"] == "yes"
    )
    if danger is (seen.outcome is Outcome.SHARE_EMERGENCY):
        return None
    return f"the outcome is {seen.outcome}, " + (
        "which holds up an emergency" if danger else "although this is no verified emergency"
    )


def _purpose(_flow: _Flow, seen: _Seen) -> str | None:
    shared = seen.words["purpose"] == "no" and seen.outcome is Outcome.SHARE
    return "it is shared without a legitimate purpose" if shared else None


def _based(words: dict[str, str]) -> bool:
    return (
        words["consent"] == "yes"
        or words["identifiable"] == "no"
        or words["lawful_reason"] == "yes"
    )


def _basis(_flow: _Flow, seen: _Seen) -> str | None:
    shared = seen.outcome is Outcome.SHARE and not _based(seen.words)
    return (
        "it identifies somebody and is shared without consent or lawful reason" if shared else None
    )


def _no_refusal(_flow: _Flow, seen: _Seen) -> str | None:
    refused = (
        seen.outcome is Outcome.DO_NOT_SHARE
        and seen.words["purpose"] == "yes"
        and _based(seen.words)
    )
    return "it is refused although there is a purpose and a basis" if refused else None


def _no_doubtful_refusal(_flow: _Flow, seen: _Seen) -> str | None:
    if seen.outcome is not Outcome.DO_NOT_SHARE or seen.words["purpose"] == "no":
        return None
    doubtful = [fact for fact in _SETTLED if seen.words[fact] == "unsure"]
    return f"it is refused although {doubtful[0]} is not settled" if doubtful else None


def _monotone(flow: _Flow, seen: _Seen) -> str | None:
    if seen.outcome not in _SHARES:
        return None
    for fact, order in _TOWARDS.items():
        for better in order[order.index(seen.words[fact]) + 1 :]:
            changed = flow.changed(seen, fact, better)
            if changed not in _SHARES:
                return f"it is shared, but with {fact} {better} the outcome is {changed}"
    return None


def _settling(flow: _Flow, seen: _Seen) -> str | None:
    if seen.outcome is Outcome.SEEK_ADVICE:
        return None
    for fact in _SETTLED:
        if seen.words[fact] == "unsure":
            for settled in ("yes", "no"):
                changed = flow.changed(seen, fact, settled)
                if changed is not seen.outcome:
                    return (
                        f"the outcome is {seen.outcome}, but settling {fact} as {settled} makes it"
                        f" {changed}"
                    )
    return None


LAWS: Final[tuple[Law, ...]] = (
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
    for law, code, always, lacks in (
        (
            POLICE,
            ActionCode.NOTIFY_POLICE_IMMEDIATELY,
            danger,
            "nobody is told to notify the police",
        ),
        (
            RECORD,
            ActionCode.RECORD_DECISION_AND_REASONS,
            {},
            "nobody is told to record the decision",
        ),
        (ADVICE, ActionCode.SEEK_ADVICE, seek, "no adviser is named to ask"),
    ):
        rules = [
            (i, conditions, action)
            for i, (conditions, action) in enumerate(policy.tables.actions)
            if action.code is code
        ]
        for words, bits in combinations(
            columns([bars for _, when, _ in rules for bars, _ in when], always=always)
        ):
            if not _needed(law, words, bits):
                continue
            spoken = next(
                (
                    (i, action)
                    for i, when, action in rules
                    if any(not bits & bars for bars, _ in when)
                ),
                None,
            )
            if spoken is None:
                at = f"/actions/{rules[0][0]}/when" if rules else "/actions"
            elif law is ADVICE and ADVISERS.isdisjoint(spoken[1].ask):
                at = f"/actions/{spoken[0]}/ask"
            else:
                continue
            yield Breach(law, f"{in_words(words)}: {lacks}", at)
            break


def _needed(law: str, words: Mapping[str, str], bits: int) -> bool:
    if law is POLICE:
        return "yes" in (words["immediate_risk"], words["crime_suspected"])
    return law is RECORD or bool(bits & bit("outcome", Outcome.SEEK_ADVICE))


def _authority(policy: Policy) -> Iterator[Breach]:
    rows = policy.tables.authority
    for _, pointer, roles in rows:
        if not roles or Role.INTEGRATION in roles:
            words = "an integration would decide" if roles else "nobody may decide"
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
