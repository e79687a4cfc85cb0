"""P4: the tables of the policy against the same policy written out as typed Python
(`benchmarks.handwritten_policy`), in processor time of one process.

Both see the same facts: every worked case, and cases drawn at random. Before anything is measured
they must decide the same about each. The goals of both figures stand against the whole hand-written
evaluation (five to six microseconds); how the outcome alone compares with seven bare comparisons,
which is all that it takes by hand, is told beside it.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median

from app.policy.document import table_checks
from app.policy.engine import evaluate
from app.policy.engine.bitmasks import DOMAINS, NOT_STATED
from app.policy.engine.model import Evaluation, Facts, fact_words
from app.policy.lifecycle import in_force
from benchmarks import handwritten_policy
from benchmarks.figure import Figure
from benchmarks.handwritten_policy import Decided

QUADS = 12
DRAWN = 400
ROUNDS = 10


class PoliciesDiffer(RuntimeError):
    """The hand-written policy gives other codes, so the comparison would be meaningless."""


def measure() -> Iterator[Figure]:
    """Processor time of the tables as a ratio to the hand-written policy: the outcome alone, and
    the complete recommendation.
    """
    policy = in_force.shipped()
    facts = [
        *(table_checks.facts_of(policy, case) for case in policy.document.cases.values()),
        *_drawn(),
    ]
    for one in facts:
        if codes(evaluate.evaluate(policy, one)) != handwritten_policy.evaluate(
            one
        ) or evaluate.outcome(policy, one) != handwritten_policy.outcome(one):
            raise PoliciesDiffer(str(one))
    ratio, words = _compared(facts, partial(evaluate.evaluate, policy), handwritten_policy.evaluate)
    yield Figure(
        name="P4",
        value=ratio,
        compare="<=",
        goal=8.0,
        what=f"CPU, full result over hand-written; {words}",
    )
    outcome = partial(evaluate.outcome, policy)
    ratio, words = _compared(facts, outcome, handwritten_policy.evaluate)
    alone, beside = _compared(facts, outcome, handwritten_policy.outcome)
    what = (
        f"CPU, outcome only over hand-written; {words}; over the hand-written outcome alone"
        f" {alone:.1f} ({beside})"
    )
    yield Figure(name="P4-outcome", value=ratio, compare="<=", goal=2.0, what=what)


def codes(found: Evaluation) -> Decided:
    """The codes of an evaluation, without texts."""
    return Decided(
        outcome=found.outcome,
        decided_at=found.decided_at,
        release=found.release,
        path=tuple((step.step, step.answer) for step in found.path),
        how=tuple(check.met for check in found.how),
        principles=tuple(each.finding for each in found.principles),
        golden_rules=tuple(each.finding for each in found.golden_rules),
        actions=tuple(action.code for action in found.actions),
        may_decide=found.may_decide,
        myths=tuple(myth.id for myth in found.myths),
        mais=found.mais,
    )


def _drawn() -> Iterator[Facts]:
    dice = random.Random(4)
    for _ in range(DRAWN):
        words = {name: dice.choice(DOMAINS[name]) for name in fact_words()}
        yield Facts(
            **{  # type: ignore[arg-type]
                name: None if word == NOT_STATED else fact_words()[name][0](word)
                for name, word in words.items()
            }
        )


def _compared(
    facts: Sequence[Facts], tables: Callable[[Facts], object], hand: Callable[[Facts], object]
) -> tuple[float, str]:
    for contender in (tables, hand):
        _seconds(contender, facts)  # warm-up, not counted
    quads = [
        tuple(_seconds(contender, facts) for contender in (tables, hand, hand, tables))
        for _ in range(QUADS)
    ]
    ratio = median((first + last) / (second + third) for first, second, third, last in quads)
    a = median(first + last for first, _, _, last in quads) / 2 * 1e6
    b = median(second + third for _, second, third, _ in quads) / 2 * 1e6
    return (
        ratio,
        (
            f"median of {QUADS} quads of {len(facts)} cases; tables {a:.2f} µs, hand-written"
            f" {b:.2f} µs"
        ),
    )


def _seconds(contender: Callable[[Facts], object], facts: Sequence[Facts]) -> float:
    began = time.process_time()
    for _ in range(ROUNDS):
        for one in facts:
            contender(one)
    return (time.process_time() - began) / (ROUNDS * len(facts))
