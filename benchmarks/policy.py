"""`python -m benchmarks.policy` measures the cost of a policy change: loading and checking a
document, the safety floor, comparing, impact.

The figures are seconds on this machine, not ratios, and show whether a user has to wait. Exits 0 if
everything could be measured.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from uuid import UUID

from app.kernel.canonical import encode
from app.policy.diff.compare import compare
from app.policy.document import loader as document_loader
from app.policy.document import safety_floor, table_checks
from app.policy.engine.bitmasks import DOMAINS, NOT_STATED
from app.policy.engine.evaluate import Policy
from app.policy.engine.model import Facts, fact_words
from app.policy.impact.replay import PastRequest, Replay
from app.policy.lifecycle import in_force

DRAFT = Path(__file__).parents[1] / "docs" / "policies" / "2026-draft.yaml"
REQUESTS = 10_000
TIMES = 5
TODAY = date(2026, 11, 23)


def measure() -> Iterator[str]:
    """Each figure as a line of text."""
    old, new = in_force.shipped(), document_loader.load(DRAFT.read_bytes())
    yaml, as_json = DRAFT.read_bytes(), encode(new.meaning)
    yield _line(
        "read and prove the draft, YAML",
        lambda: document_loader.load(yaml),
        f"{len(yaml) // 1024} KiB",
    )
    yield _line(
        "read and prove the draft, JSON",
        lambda: document_loader.load(as_json),
        f"{len(as_json) // 1024} KiB",
    )
    yield _line(
        "the safety floor, every combination",
        lambda: safety_floor.breaches(new),
        f"{_tried(new)} combinations of the flow, 12 laws",
    )
    found = compare(old, new)
    tried, changed = (
        sum(table.combinations for table in found.tables),
        sum(table.changed for table in found.tables),
    )
    what = (
        f"{len(found.tables)} tables differ, {changed} of {tried} combinations; {len(found.edits)}"
        " places"
    )
    yield _line("the exact difference of 2025 and the draft", lambda: compare(old, new), what)
    past = list(_past())
    replay = Replay(old, new, TODAY)
    yield _line(
        f"the impact on {REQUESTS} past requests",
        lambda: _seen(Replay(old, new, TODAY), past),
        "facts read, evaluated by both",
    )
    _seen(replay, past)
    result = replay.result()
    size = len(json.dumps(result)) // 1024
    yield (
        f"of these {result['changed']} come out otherwise, {result['not_known']} are not known;"
        f" {size} KiB of result"
    )


def _line(name: str, work: Callable[[], object], what: str) -> str:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return f"{name}: {median(took) * 1000:.0f} ms ({what}; median of {TIMES})"


def _tried(policy: Policy) -> int:
    flow = safety_floor._Flow(policy)  # noqa: SLF001 - measures the function itself
    return sum(1 for _ in flow.cases())


def _seen(replay: Replay, past: list[PastRequest]) -> None:
    for one in past:
        replay.add(one)


def _past() -> Iterator[PastRequest]:
    """Worked cases, each with a few facts changed at random."""
    policy, dice = in_force.shipped(), random.Random(10)
    cases = [table_checks.facts_of(policy, case) for case in policy.document.cases.values()]
    for number in range(REQUESTS):
        facts: Facts = dice.choice(cases)
        for name in dice.sample(sorted(fact_words()), 3):
            word = dice.choice(DOMAINS[name])
            drawn = {name: None if word == NOT_STATED else fact_words()[name][0](word)}
            facts = replace(facts, **drawn)  # type: ignore[arg-type]
        yield PastRequest(
            request=UUID(int=number), facts=facts.to_json(), decision=None, departs=False
        )


if __name__ == "__main__":
    for line in measure():
        print(line, flush=True)
    sys.exit(0)
