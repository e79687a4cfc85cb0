"""The flowchart in sentences (the description of the image), and the words that both use. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from app.policy.engine.vocabulary import Answer, HowCheck, Outcome, Release, Step

QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Step.IMMEDIATE_RISK: "Is a child in danger now?",
        Step.PURPOSE: "Is the purpose clear and legitimate?",
        Step.CONSENT: "Is there consent that covers this?",
        Step.IDENTIFIABLE: "Could anyone be identified from this?",
        Step.LAWFUL_REASON: "Is there a lawful reason to share without consent?",
    }
)
"""The default wording of the questions."""

CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        HowCheck.AMOUNT: "Only as much as the purpose needs",
        HowCheck.FACT_FROM_OPINION: "Facts separate from opinions, old information explained",
        HowCheck.RIGHT_RECIPIENT: "The right information to the right person",
        HowCheck.SECURE: "In a secure way, where possible",
        HowCheck.TRANSPARENCY: "Decided whether to tell the person or family",
    }
)
"""The default wording of the checks on how to share."""

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Outcome.SHARE: "You can share, but consider how",
        Outcome.SHARE_EMERGENCY: "Share now: emergency",
        Outcome.DO_NOT_SHARE: "Do not share",
        Outcome.SEEK_ADVICE: "Seek advice",
    }
)
"""The outcomes in words."""

RELEASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Release.READY: "Release: ready. You can share now.",
        Release.HOLD: "Release: on hold. Every required check must be met first.",
        Release.NONE: "Not reached. Do not share anything.",
    }
)
"""The releases in words."""

_NOT_HELD_UP: Final = "Release: ready. In an emergency, do not wait for checks that are still open."

MIDDLE: Final = (Step.CONSENT, Step.IDENTIFIABLE, Step.LAWFUL_REASON)
SHARES_BY: Final[Mapping[str, Answer]] = MappingProxyType(
    {Step.CONSENT: Answer.YES, Step.IDENTIFIABLE: Answer.NO, Step.LAWFUL_REASON: Answer.YES}
)
"""The answer to each middle question that leads to sharing, as the safety floor requires."""


def describe(
    steps: Sequence[Mapping[str, object]],
    *,
    outcome: str,
    decided_at: str,
    release: str,
    how: Sequence[Mapping[str, object]],
    questions: Mapping[str, str] | None = None,
    checks: Mapping[str, str] | None = None,
) -> str:
    """The flowchart with the path of a request, in sentences."""
    asked, checked = {**QUESTIONS, **(questions or {})}, {**CHECKS, **(checks or {})}
    said = [
        f"{n}. {asked.get(str(step['step']), str(step['step']))} Answered: {step['answer']}."
        for n, step in enumerate(steps, 1)
    ]
    said.append(
        f"{len(said) + 1}. Outcome: {OUTCOMES[outcome]}, decided by the question:"
        f" {asked.get(decided_at, decided_at)}"
    )
    if outcome in {Outcome.SHARE, Outcome.SHARE_EMERGENCY}:
        said.append(released(outcome, release))
        said.extend(
            f"{checked.get(str(check['check']), str(check['check']))}: {check['met']}."
            for check in how
        )
    return " ".join(said)


def describe_policy(
    *,
    questions: Mapping[str, str] | None = None,
    checks: Mapping[str, str] | None = None,
    order: Sequence[str] = (),
) -> str:
    """The blank flowchart in sentences."""
    asked, checked = {**QUESTIONS, **(questions or {})}, {**CHECKS, **(checks or {})}
    middle = ordered(order)
    said = [
        (
            f"First: {asked[Step.IMMEDIATE_RISK]} Yes, and the recipient can protect people and"
            " is verified: share now. Otherwise go on."
        ),
        f"Then: {asked[Step.PURPOSE]} No: do not share. Unsure: seek advice. Yes: go on.",
    ]
    for step in middle:
        last = step == middle[-1]
        other = opposite(step)
        said.append(
            f"Then: {asked[step]} {SHARES_BY[step].capitalize()}: you can share, but consider how. "
            + (
                f"{other.capitalize()}: do not share, or seek advice if an earlier answer was"
                " unsure. Unsure: seek advice."
                if last
                else "Otherwise go on."
            )
        )
    said.append(
        "How to share: "
        + "; ".join(checked[check] for check in HowCheck)
        + ". Whatever the outcome, record it with the reasons."
    )
    return " ".join(said)


def released(outcome: str, release: str) -> str:
    """The release in words; an emergency share is always ready."""
    return _NOT_HELD_UP if outcome == Outcome.SHARE_EMERGENCY else RELEASES[release]


def ordered(order: Sequence[str]) -> tuple[str, ...]:
    """The three middle questions: first those asked, in that order, then the others."""
    first = [step for step in order if step in MIDDLE]
    return (*first, *(step for step in MIDDLE if step not in first))


def opposite(step: str) -> Answer:
    """The answer to a middle question that does not lead to sharing."""
    return Answer.NO if SHARES_BY[step] is Answer.YES else Answer.YES
