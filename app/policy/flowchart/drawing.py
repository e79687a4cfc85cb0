"""Draws the flowchart of a policy as SVG, blank or with the path that one request took.

Invariant: numbers, words and line widths show the path taken, never colour alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from app.platform.documents.svg import INK, image
from app.policy.engine.vocabulary import HowCheck, Outcome, Release, Step
from app.policy.flowchart.elements import (
    GAP,
    LEFT_X,
    MIDDLE_WIDTH,
    MIDDLE_X,
    PAD,
    RIGHT_X,
    SIDE_WIDTH,
    WIDTH,
    PathTaken,
    answer_edge,
    label,
    question,
    result,
    result_height,
)
from app.policy.flowchart.svg import BADGE, LINE, SIZE, Box, Mark, Sheet, Words, wrap
from app.policy.flowchart.text import (
    CHECKS,
    OUTCOMES,
    QUESTIONS,
    SHARES_BY,
    describe,
    describe_policy,
    opposite,
    ordered,
    released,
)

__all__ = ["CHECKS", "OUTCOMES", "QUESTIONS", "describe", "describe_policy", "draw", "draw_policy"]


def draw(
    steps: Sequence[Mapping[str, object]],
    *,
    outcome: str,
    decided_at: str,
    release: str,
    how: Sequence[Mapping[str, object]],
    title: str,
    description: str,
    policy_version: str,
    questions: Mapping[str, str] | None = None,
    checks: Mapping[str, str] | None = None,
) -> str:
    """Draw the flowchart with the path of a request.

    `steps` and `how` are as in the evaluation reply, in the order asked. `questions` and `checks`
    give the policy's wording by step and by check; the rest uses the default wording.
    """
    path = PathTaken(
        answers={str(step["step"]): str(step["answer"]) for step in steps},
        outcome=outcome,
        decided_at=decided_at,
        release=release,
        how={str(check["check"]): str(check["met"]) for check in how},
    )
    return _draw(
        path,
        title,
        description,
        policy_version,
        {**QUESTIONS, **(questions or {})},
        {**CHECKS, **(checks or {})},
        tuple(path.answers),
    )


def draw_policy(
    *,
    title: str,
    description: str,
    policy_version: str,
    questions: Mapping[str, str] | None = None,
    checks: Mapping[str, str] | None = None,
    order: Sequence[str] = (),
) -> str:
    """Draw the blank flowchart of a policy version; `order` is the order of its questions if it
    differs from the vocabulary's.
    """
    path = PathTaken(answers={}, outcome=None, decided_at=None, release=None, how={})
    return _draw(
        path,
        title,
        description,
        policy_version,
        {**QUESTIONS, **(questions or {})},
        {**CHECKS, **(checks or {})},
        tuple(order),
    )


def _draw(
    path: PathTaken,
    title: str,
    description: str,
    version: str,
    questions: Mapping[str, str],
    checks: Mapping[str, str],
    order: Sequence[str],
) -> str:
    sheet = Sheet()
    heading = Words(wrap(title, WIDTH - 2 * LEFT_X, bold=True), bold=True)
    sheet.words(LEFT_X, 16, [heading], INK)
    bottom = _when_to_share(sheet, path, questions, ordered(order), 16 + heading.height + 24)
    bottom = _how_to_share(sheet, path, checks, bottom)
    bottom = _notes(sheet, path, version, bottom)
    return image(
        "flowchart",
        (WIDTH, bottom),
        sheet.parts,
        title=title,
        description=description,
        font_size=SIZE,
    )


_EMERGENCY_NOTE: Final = "Do the checks you can now. Finish the record afterwards."
_ON: Final = (
    "No: go on. Unsure: tell the DSL now and go on. Yes, but the recipient is not verified: tell"
    " the police now and go on."
)


def _when_to_share(
    sheet: Sheet, path: PathTaken, questions: Mapping[str, str], middle: Sequence[str], top: float
) -> float:
    """Draw the questions on when to share with their results; returns the lower edge."""
    emergency = path.outcome == Outcome.SHARE_EMERGENCY
    height = result_height(Outcome.SHARE_EMERGENCY, _EMERGENCY_NOTE, taken=emergency)
    danger = question(sheet, path, Step.IMMEDIATE_RISK, questions[Step.IMMEDIATE_RISK], top, height)
    result(
        sheet,
        path,
        Box(RIGHT_X, top, SIDE_WIDTH, danger.height),
        Outcome.SHARE_EMERGENCY,
        _EMERGENCY_NOTE,
        taken=emergency,
    )
    answer_edge(
        sheet, danger, path.mark(emergency), danger.centre, "Yes, recipient verified", right=True
    )

    gone_on = Step.PURPOSE in path.answers
    said = wrap(_ON, MIDDLE_WIDTH + SIDE_WIDTH - PAD, bold=path.mark(gone_on) is Mark.TAKEN)
    purpose_top = danger.bottom + len(said) * LINE + 24
    sheet.words(
        danger.middle + 14,
        danger.bottom + 8,
        [Words(said, bold=path.mark(gone_on) is Mark.TAKEN)],
        path.mark(gone_on).ink,
    )
    sheet.edge(path.mark(gone_on), (danger.middle, danger.bottom), (danger.middle, purpose_top))

    purpose = _question_with_results(
        sheet, path, Step.PURPOSE, questions[Step.PURPOSE], purpose_top, ("No", "Unsure")
    )
    above, top = purpose, purpose.bottom + GAP
    boxes: list[Box] = []
    for position, step in enumerate(middle):
        onward = path.mark(step in path.answers)
        before = middle[position - 1] if position else Step.PURPOSE
        word = "Yes" if not position else f"{opposite(before).capitalize()} or unsure"
        sheet.edge(onward, (above.middle, above.bottom), (above.middle, top))
        label(sheet, above.middle + 14, top - 8, word, MIDDLE_WIDTH / 2, onward)
        if position == len(middle) - 1:
            other = opposite(step)
            box = _question_with_results(
                sheet,
                path,
                step,
                questions[step],
                top,
                (other.capitalize(), f"Unsure, or {other} after an unsure answer"),
            )
        else:
            box = question(sheet, path, step, questions[step], top, 84)
        boxes.append(box)
        above, top = box, box.bottom + GAP
    _share_result(sheet, path, dict(zip(middle, boxes, strict=True)), above.bottom)
    beside = WIDTH - 28
    sheet.edge(
        path.mark(emergency),
        (RIGHT_X + SIDE_WIDTH, danger.centre),
        (beside, danger.centre),
        (beside, above.bottom + GAP),
    )
    return above.bottom + GAP


def _question_with_results(
    sheet: Sheet, path: PathTaken, step: str, text: str, top: float, labels: tuple[str, str]
) -> Box:
    """Draw a question that can lead to a refusal or to advice, with both on its left."""
    last = path.outcome is not None and list(path.answers)[-1:] == [step]
    if step != Step.PURPOSE and path.outcome in {Outcome.DO_NOT_SHARE, Outcome.SEEK_ADVICE}:
        last = list(path.answers)[-1:] != [Step.PURPOSE]
    refused, advised = (
        last and path.outcome == Outcome.DO_NOT_SHARE,
        last and path.outcome == Outcome.SEEK_ADVICE,
    )
    refusal_note, advice_note = (
        "Record why, and discuss it with the person who asked.",
        "Record the advice too.",
    )
    # The label of the lower line is between the two boxes, so a long one increases the gap.
    lines = len(wrap(labels[1], MIDDLE_X - LEFT_X - SIDE_WIDTH - 22, bold=True)) * LINE
    upper = Box(
        LEFT_X, top, SIDE_WIDTH, result_height(Outcome.DO_NOT_SHARE, refusal_note, taken=refused)
    )
    lower_height = result_height(Outcome.SEEK_ADVICE, advice_note, taken=advised)
    lower = Box(
        LEFT_X,
        max(upper.bottom + 14, upper.centre + lines + 24 - lower_height / 2),
        SIDE_WIDTH,
        lower_height,
    )
    box = question(sheet, path, step, text, top, lower.bottom - top)
    for at, outcome, note, taken, answer in (
        (upper, Outcome.DO_NOT_SHARE, refusal_note, refused, labels[0]),
        (lower, Outcome.SEEK_ADVICE, advice_note, advised, labels[1]),
    ):
        result(sheet, path, at, outcome, note, taken=taken)
        answer_edge(sheet, box, path.mark(taken), at.centre, answer, right=False)
    return box


def _share_result(sheet: Sheet, path: PathTaken, boxes: Mapping[str, Box], bottom: float) -> None:
    """Draw the result that three questions lead to, and its edge to the checks."""
    taken = path.outcome == Outcome.SHARE
    tops = [box.y for box in boxes.values()]
    share = Box(RIGHT_X, min(tops), SIDE_WIDTH, bottom - min(tops))
    result(
        sheet,
        path,
        share,
        Outcome.SHARE,
        "The checks below show what you can share and when.",
        taken=taken,
    )
    for step, box in boxes.items():
        settled = taken and list(path.answers)[-1] == step
        answer_edge(
            sheet, box, path.mark(settled), box.centre, SHARES_BY[step].capitalize(), right=True
        )
    sheet.edge(path.mark(taken), (share.middle, share.bottom), (share.middle, share.bottom + GAP))


def _how_to_share(sheet: Sheet, path: PathTaken, checks: Mapping[str, str], top: float) -> float:
    """Draw the checks on how to share with their results; returns the lower edge."""
    mark = path.mark(path.shares)
    inner = WIDTH - 2 * LEFT_X - 2 * PAD
    words = [Words(("How to share",), bold=True)]
    if path.outcome is not None and path.release is not None:
        said = released(path.outcome, path.release if path.shares else Release.NONE)
        words.append(Words(wrap(said, inner - 40), bold=path.shares))
    state = 170
    rows = [
        (check, Words(wrap(checks[check], inner - state - 40), bold=False)) for check in HowCheck
    ]
    start = top + PAD + sum(part.height for part in words) + 8
    box = Box(
        LEFT_X,
        top,
        WIDTH - 2 * LEFT_X,
        start - top + sum(row.height + 4 for _, row in rows) + PAD - 4,
    )
    sheet.box(box, mark)
    indent = 2 * BADGE + PAD if path.shares else 0
    sheet.words(box.x + PAD + indent, top + PAD, words, mark.ink)
    if path.shares:
        sheet.badge(box.x + PAD + BADGE, top + PAD + BADGE + 2, len(path.answers) + 2)
    y = start
    for check, row in rows:
        met = path.how.get(check) if path.shares else None
        sheet.tick(box.x + PAD + indent, y + 2, met, mark.ink)
        sheet.words(box.x + PAD + indent + 26, y, [row], mark.ink)
        if met is not None:
            sheet.words(box.right - state, y, [Words((f"Met: {met}",), bold=True)], mark.ink)
        y += row.height + 4
    return box.bottom


def _notes(sheet: Sheet, path: PathTaken, version: str, top: float) -> float:
    """Draw the notes for every outcome, the legend and the policy version."""
    width = WIDTH - 2 * LEFT_X
    said = [
        Words(
            wrap("Whatever the outcome, record it with the reasons.", width, bold=True), bold=True
        ),
        Words(
            wrap(
                "If you suspect a crime or a child is in danger, tell the police at once on 999."
                " If you are unsure at any point, ask and go on.",
                width,
            ),
            bold=False,
        ),
    ]
    if path.outcome is not None:
        said.append(
            Words(
                wrap(
                    "Thick lines and numbers show the path of this request. Thin dashed lines"
                    " show the rest of the chart.",
                    width,
                ),
                bold=False,
            )
        )
    said.append(Words(wrap(f"Policy version {version}", width), bold=False))
    sheet.words(LEFT_X, top + 14, said, INK)
    return top + 14 + sum(part.height for part in said) + 12
