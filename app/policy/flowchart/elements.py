"""The elements of the flowchart: questions, results and edges, in three columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.policy.engine.vocabulary import Outcome
from app.policy.flowchart.svg import BADGE, LINE, Box, Mark, Sheet, Words, wrap
from app.policy.flowchart.text import OUTCOMES

PAD: Final = 12
WIDTH: Final = 996
LEFT_X: Final = 16
SIDE_WIDTH: Final = 212
MIDDLE_X: Final = 340
MIDDLE_WIDTH: Final = 290
RIGHT_X: Final = 742
GAP: Final = 46


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTaken:
    """The path of a request through the flow; empty for a blank chart."""

    answers: Mapping[str, str]
    outcome: str | None
    decided_at: str | None
    release: str | None
    how: Mapping[str, str]

    def number(self, step: str) -> int | None:
        return list(self.answers).index(step) + 1 if step in self.answers else None

    def mark(self, taken: bool) -> Mark:  # noqa: FBT001 - the style of a part that was taken or not
        if self.outcome is None:
            return Mark.PLAIN
        return Mark.TAKEN if taken else Mark.ASIDE

    @property
    def shares(self) -> bool:
        return self.outcome in {Outcome.SHARE, Outcome.SHARE_EMERGENCY}


def question(
    sheet: Sheet, path: PathTaken, step: str, text: str, top: float, least: float = 0
) -> Box:
    """Draw a question with its answer and number; returns its box."""
    indent = 2 * BADGE + PAD if path.outcome is not None else 0
    words = [Words(wrap(text, MIDDLE_WIDTH - 2 * PAD - indent, bold=True), bold=True)]
    if path.outcome is not None:
        words.append(
            Words(
                (f"Answered: {path.answers[step]}" if step in path.answers else "Not asked",),
                bold=step in path.answers,
            )
        )
    height = max(least, sum(part.height for part in words) + 2 * PAD)
    box = Box(MIDDLE_X, top, MIDDLE_WIDTH, height)
    mark = path.mark(step in path.answers)
    sheet.box(box, mark)
    sheet.words(
        box.x + PAD + indent, box.centre - sum(part.height for part in words) / 2, words, mark.ink
    )
    number = path.number(step)
    if number is not None:
        sheet.badge(box.x + PAD + BADGE, box.centre, number)
    return box


def result(
    sheet: Sheet, path: PathTaken, box: Box, outcome: Outcome, note: str, *, taken: bool
) -> None:
    """Draw a result; the outcome of the request is labelled and numbered."""
    mark = path.mark(taken)
    sheet.box(box, mark, rounded=True)
    words = _result_words(outcome, note, taken=taken)
    sheet.words(
        box.x + PAD + 4, box.centre - sum(part.height for part in words) / 2, words, mark.ink
    )
    if taken:
        sheet.badge(box.right - BADGE - 8, box.y + BADGE + 8, len(path.answers) + 1)


def _result_words(outcome: Outcome, note: str, *, taken: bool) -> list[Words]:
    width = SIDE_WIDTH - 2 * PAD - 8
    words = [Words(wrap(OUTCOMES[outcome], width - 2 * BADGE, bold=True), bold=True)]
    if note:
        words.append(Words(wrap(note, width), bold=False))
    if taken:
        words.append(Words(wrap("The outcome of this request", width), bold=False))
    return words


def result_height(outcome: Outcome, note: str, *, taken: bool) -> float:
    """The height of the box of a result."""
    return sum(part.height for part in _result_words(outcome, note, taken=taken)) + 2 * PAD


def label(sheet: Sheet, x: float, y: float, text: str, width: float, mark: Mark) -> None:
    """Draw words above a horizontal line."""
    lines = wrap(text, width, bold=mark is Mark.TAKEN)
    sheet.words(x, y - len(lines) * LINE - 4, [Words(lines, bold=mark is Mark.TAKEN)], mark.ink)


def answer_edge(sheet: Sheet, box: Box, mark: Mark, y: float, text: str, *, right: bool) -> None:
    """Draw an edge from a question to a result beside it, with the answer on the line."""
    start, end = (box.right, RIGHT_X) if right else (box.x, LEFT_X + SIDE_WIDTH)
    sheet.edge(mark, (start, y), (end, y))
    label(sheet, min(start, end) + 14, y, text, abs(end - start) - 22, mark)
