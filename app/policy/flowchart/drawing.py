"""The When-and-How flowchart of a policy as SVG, blank or with the way that one request took.

Invariant: numbers, words and the weight of lines show the way taken, never colour alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.platform.documents.svg import INK, image
from app.policy.engine.vocabulary import HowCheck, Outcome, Release, Step
from app.policy.flowchart.svg import (
    BADGE,
    LINE,
    SIZE,
    Box,
    Mark,
    Sheet,
    Words,
    wrap,
)
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

_PAD: Final = 12
_WIDTH: Final = 996
_LEFT_X: Final = 16
_SIDE: Final = 212
_MID_X: Final = 340
_MID: Final = 290
_RIGHT_X: Final = 742
_GAP: Final = 46


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """The way that a request took; empty for a blank chart."""

    answers: Mapping[str, str]
    outcome: str | None
    decided_at: str | None
    release: str | None
    how: Mapping[str, str]

    def number(self, step: str) -> int | None:
        return list(self.answers).index(step) + 1 if step in self.answers else None

    def mark(self, taken: bool) -> Mark:  # noqa: FBT001 - reads as "mark taken or not"
        if self.outcome is None:
            return Mark.PLAIN
        return Mark.TAKEN if taken else Mark.ASIDE

    @property
    def shares(self) -> bool:
        return self.outcome in {Outcome.SHARE, Outcome.SHARE_EMERGENCY}


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
    """The flowchart with the way taken: `steps` and `how` as in the evaluation object, in the order
    in which they were asked.

    `questions` and `checks` give the policy's own wording by step and by check; what they lack is
    worded here.
    """
    way = _Way(
        answers={str(step["step"]): str(step["answer"]) for step in steps},
        outcome=outcome,
        decided_at=decided_at,
        release=release,
        how={str(check["check"]): str(check["met"]) for check in how},
    )
    return _drawn(
        way,
        title,
        description,
        policy_version,
        {**QUESTIONS, **(questions or {})},
        {**CHECKS, **(checks or {})},
        tuple(way.answers),
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
    """The blank flowchart of a policy version; `order` is the order of its questions where that
    differs from the vocabulary's.
    """
    way = _Way(answers={}, outcome=None, decided_at=None, release=None, how={})
    return _drawn(
        way,
        title,
        description,
        policy_version,
        {**QUESTIONS, **(questions or {})},
        {**CHECKS, **(checks or {})},
        tuple(order),
    )


def _drawn(
    way: _Way,
    title: str,
    description: str,
    version: str,
    questions: Mapping[str, str],
    checks: Mapping[str, str],
    order: Sequence[str],
) -> str:
    sheet = Sheet()
    heading = Words(wrap(title, _WIDTH - 2 * _LEFT_X, bold=True), bold=True)
    sheet.words(_LEFT_X, 16, [heading], INK)
    bottom = _when(sheet, way, questions, ordered(order), 16 + heading.height + 24)
    bottom = _how(sheet, way, checks, bottom)
    bottom = _foot(sheet, way, version, bottom)
    return image(
        "flowchart",
        (_WIDTH, bottom),
        sheet.parts,
        title=title,
        description=description,
        font_size=SIZE,
    )


def _question(sheet: Sheet, way: _Way, step: str, text: str, top: float, least: float = 0) -> Box:
    """A question with its answer and its number."""
    indent = 2 * BADGE + _PAD if way.outcome is not None else 0
    words = [Words(wrap(text, _MID - 2 * _PAD - indent, bold=True), bold=True)]
    if way.outcome is not None:
        words.append(
            Words(
                (f"Answered: {way.answers[step]}" if step in way.answers else "Not asked",),
                bold=step in way.answers,
            )
        )
    height = max(least, sum(part.height for part in words) + 2 * _PAD)
    box = Box(_MID_X, top, _MID, height)
    mark = way.mark(step in way.answers)
    sheet.box(box, mark)
    sheet.words(
        box.x + _PAD + indent, box.centre - sum(part.height for part in words) / 2, words, mark.ink
    )
    number = way.number(step)
    if number is not None:
        sheet.badge(box.x + _PAD + BADGE, box.centre, number)
    return box


def _result(sheet: Sheet, way: _Way, box: Box, outcome: Outcome, note: str, *, taken: bool) -> None:
    """A result; the one that was reached says so and has the last number of When."""
    mark = way.mark(taken)
    sheet.box(box, mark, rounded=True)
    words = _result_words(outcome, note, taken=taken)
    sheet.words(
        box.x + _PAD + 4, box.centre - sum(part.height for part in words) / 2, words, mark.ink
    )
    if taken:
        sheet.badge(box.right - BADGE - 8, box.y + BADGE + 8, len(way.answers) + 1)


def _result_words(outcome: Outcome, note: str, *, taken: bool) -> list[Words]:
    width = _SIDE - 2 * _PAD - 8
    words = [Words(wrap(OUTCOMES[outcome], width - 2 * BADGE, bold=True), bold=True)]
    if note:
        words.append(Words(wrap(note, width), bold=False))
    if taken:
        words.append(Words(wrap("The outcome of this request", width), bold=False))
    return words


def _height(outcome: Outcome, note: str, *, taken: bool) -> float:
    return sum(part.height for part in _result_words(outcome, note, taken=taken)) + 2 * _PAD


def _label(sheet: Sheet, x: float, y: float, text: str, width: float, mark: Mark) -> None:
    """Words that stand on a horizontal line: their last baseline is just above it."""
    lines = wrap(text, width, bold=mark is Mark.TAKEN)
    sheet.words(x, y - len(lines) * LINE - 4, [Words(lines, bold=mark is Mark.TAKEN)], mark.ink)


_EMERGENCY_NOTE: Final = "Do the checks you can now. Finish the record afterwards."
_ON: Final = (
    "No: go on. Unsure: tell the DSL now and go on. Yes, but the recipient is not verified: tell"
    " the police now and go on."
)


def _when(
    sheet: Sheet, way: _Way, questions: Mapping[str, str], middle: Sequence[str], top: float
) -> float:
    """The danger check, the purpose and the three middle questions with their results; gives the
    lowest edge.
    """
    emergency = way.outcome == Outcome.SHARE_EMERGENCY
    height = _height(Outcome.SHARE_EMERGENCY, _EMERGENCY_NOTE, taken=emergency)
    danger = _question(sheet, way, Step.IMMEDIATE_RISK, questions[Step.IMMEDIATE_RISK], top, height)
    _result(
        sheet,
        way,
        Box(_RIGHT_X, top, _SIDE, danger.height),
        Outcome.SHARE_EMERGENCY,
        _EMERGENCY_NOTE,
        taken=emergency,
    )
    _across(
        sheet, danger, way.mark(emergency), danger.centre, "Yes, recipient verified", right=True
    )

    gone_on = Step.PURPOSE in way.answers
    said = wrap(_ON, _MID + _SIDE - _PAD, bold=way.mark(gone_on) is Mark.TAKEN)
    purpose_top = danger.bottom + len(said) * LINE + 24
    sheet.words(
        danger.middle + 14,
        danger.bottom + 8,
        [Words(said, bold=way.mark(gone_on) is Mark.TAKEN)],
        way.mark(gone_on).ink,
    )
    sheet.edge(way.mark(gone_on), (danger.middle, danger.bottom), (danger.middle, purpose_top))

    purpose = _ends(
        sheet, way, Step.PURPOSE, questions[Step.PURPOSE], purpose_top, ("No", "Unsure")
    )
    above, top = purpose, purpose.bottom + _GAP
    boxes: list[Box] = []
    for position, step in enumerate(middle):
        onward = way.mark(step in way.answers)
        before = middle[position - 1] if position else Step.PURPOSE
        word = "Yes" if not position else f"{opposite(before).capitalize()} or unsure"
        sheet.edge(onward, (above.middle, above.bottom), (above.middle, top))
        _label(sheet, above.middle + 14, top - 8, word, _MID / 2, onward)
        if position == len(middle) - 1:
            other = opposite(step)
            box = _ends(
                sheet,
                way,
                step,
                questions[step],
                top,
                (other.capitalize(), f"Unsure, or {other} after an unsure answer"),
            )
        else:
            box = _question(sheet, way, step, questions[step], top, 84)
        boxes.append(box)
        above, top = box, box.bottom + _GAP
    _shares(sheet, way, dict(zip(middle, boxes, strict=True)), above.bottom)
    beside = _WIDTH - 28
    sheet.edge(
        way.mark(emergency),
        (_RIGHT_X + _SIDE, danger.centre),
        (beside, danger.centre),
        (beside, above.bottom + _GAP),
    )
    return above.bottom + _GAP


def _across(sheet: Sheet, box: Box, mark: Mark, y: float, text: str, *, right: bool) -> None:
    """An edge from a question to a result beside it, with its answer on the line."""
    start, end = (box.right, _RIGHT_X) if right else (box.x, _LEFT_X + _SIDE)
    sheet.edge(mark, (start, y), (end, y))
    _label(sheet, min(start, end) + 14, y, text, abs(end - start) - 22, mark)


def _ends(
    sheet: Sheet, way: _Way, step: str, text: str, top: float, labels: tuple[str, str]
) -> Box:
    """A question that can end in a refusal or in advice, which stand to its left."""
    last = way.outcome is not None and list(way.answers)[-1:] == [step]
    if step != Step.PURPOSE and way.outcome in {Outcome.DO_NOT_SHARE, Outcome.SEEK_ADVICE}:
        last = list(way.answers)[-1:] != [Step.PURPOSE]
    refused, advised = (
        last and way.outcome == Outcome.DO_NOT_SHARE,
        last and way.outcome == Outcome.SEEK_ADVICE,
    )
    refusal_note, advice_note = (
        "Record why, and discuss it with the person who asked.",
        "Record the advice too.",
    )
    # The label of the lower line stands between the two boxes: a long one pushes them apart.
    lines = len(wrap(labels[1], _MID_X - _LEFT_X - _SIDE - 22, bold=True)) * LINE
    upper = Box(_LEFT_X, top, _SIDE, _height(Outcome.DO_NOT_SHARE, refusal_note, taken=refused))
    lower_height = _height(Outcome.SEEK_ADVICE, advice_note, taken=advised)
    lower = Box(
        _LEFT_X,
        max(upper.bottom + 14, upper.centre + lines + 24 - lower_height / 2),
        _SIDE,
        lower_height,
    )
    box = _question(sheet, way, step, text, top, lower.bottom - top)
    for at, outcome, note, taken, label in (
        (upper, Outcome.DO_NOT_SHARE, refusal_note, refused, labels[0]),
        (lower, Outcome.SEEK_ADVICE, advice_note, advised, labels[1]),
    ):
        _result(sheet, way, at, outcome, note, taken=taken)
        _across(sheet, box, way.mark(taken), at.centre, label, right=False)
    return box


def _shares(sheet: Sheet, way: _Way, boxes: Mapping[str, Box], bottom: float) -> None:
    """The result that three questions lead to, and its way on to How."""
    taken = way.outcome == Outcome.SHARE
    tops = [box.y for box in boxes.values()]
    result = Box(_RIGHT_X, min(tops), _SIDE, bottom - min(tops))
    _result(
        sheet,
        way,
        result,
        Outcome.SHARE,
        "The checks below show what you can share and when.",
        taken=taken,
    )
    for step, box in boxes.items():
        settled = taken and list(way.answers)[-1] == step
        _across(sheet, box, way.mark(settled), box.centre, SHARES_BY[step].capitalize(), right=True)
    sheet.edge(
        way.mark(taken), (result.middle, result.bottom), (result.middle, result.bottom + _GAP)
    )


def _how(sheet: Sheet, way: _Way, checks: Mapping[str, str], top: float) -> float:
    """The checks with their state; gives the lower edge."""
    mark = way.mark(way.shares)
    inner = _WIDTH - 2 * _LEFT_X - 2 * _PAD
    words = [Words(("How to share",), bold=True)]
    if way.outcome is not None and way.release is not None:
        said = released(way.outcome, way.release if way.shares else Release.NONE)
        words.append(Words(wrap(said, inner - 40), bold=way.shares))
    state = 170
    rows = [
        (check, Words(wrap(checks[check], inner - state - 40), bold=False)) for check in HowCheck
    ]
    start = top + _PAD + sum(part.height for part in words) + 8
    box = Box(
        _LEFT_X,
        top,
        _WIDTH - 2 * _LEFT_X,
        start - top + sum(row.height + 4 for _, row in rows) + _PAD - 4,
    )
    sheet.box(box, mark)
    indent = 2 * BADGE + _PAD if way.shares else 0
    sheet.words(box.x + _PAD + indent, top + _PAD, words, mark.ink)
    if way.shares:
        sheet.badge(box.x + _PAD + BADGE, top + _PAD + BADGE + 2, len(way.answers) + 2)
    y = start
    for check, row in rows:
        met = way.how.get(check) if way.shares else None
        sheet.tick(box.x + _PAD + indent, y + 2, met, mark.ink)
        sheet.words(box.x + _PAD + indent + 26, y, [row], mark.ink)
        if met is not None:
            sheet.words(box.right - state, y, [Words((f"Met: {met}",), bold=True)], mark.ink)
        y += row.height + 4
    return box.bottom


def _foot(sheet: Sheet, way: _Way, version: str, top: float) -> float:
    """What holds whatever the outcome, how to read the lines, and which policy this is."""
    width = _WIDTH - 2 * _LEFT_X
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
    if way.outcome is not None:
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
    sheet.words(_LEFT_X, top + 14, said, INK)
    return top + 14 + sum(part.height for part in said) + 12
