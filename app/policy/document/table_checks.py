"""Checks that the tables of a document give one result for every case, and have a worked case for
every row. Pure.

No loops, gaps, dead rows or unreachable nodes.
"""

from collections.abc import Iterator

from app.policy.document.combinations import TooWide, columns, combinations, in_words
from app.policy.document.places import Places
from app.policy.document.safety_floor import sections
from app.policy.document.source import DocumentFault
from app.policy.engine.bitmasks import DEPARTURE, bit, bits_of
from app.policy.engine.compile import declared
from app.policy.engine.derive import derive
from app.policy.engine.evaluate import FlowTable, Policy, Table, evaluate, flow_tables
from app.policy.engine.grammar import Case, Document
from app.policy.engine.model import Evaluation, Facts
from app.policy.engine.vocabulary import Outcome


def flow_faults(document: Document, places: Places) -> list[DocumentFault]:
    """Loops and unreachable nodes of the flow."""
    found: list[DocumentFault] = []
    reached: set[str] = set()
    _follow(document, document.flow.start, (), reached, found, places)
    lost = [name for name in document.flow.nodes if name not in reached]
    return found + [
        places.fault("unreachable", f"/flow/nodes/{name}", f"no path leads to {name}")
        for name in lost
    ]


def _follow(
    document: Document,
    name: str,
    on_the_way: tuple[str, ...],
    reached: set[str],
    found: list[DocumentFault],
    places: Places,
) -> None:
    if name in on_the_way:
        loop = " → ".join((*on_the_way[on_the_way.index(name) :], name))
        found.append(places.fault("loop", f"/flow/nodes/{name}", f"the flow has a loop: {loop}"))
        return
    if name in reached:
        return
    reached.add(name)
    for target in dict.fromkeys(
        row.to for row in document.flow.nodes[name].rows if row.to is not None
    ):
        _follow(document, target, (*on_the_way, name), reached, found, places)


def table_faults(policy: Policy, places: Places) -> list[DocumentFault]:
    """Gaps, each with an example, and dead rows of every first-match table."""
    return [
        fault for at, table in _first_match(policy) for fault in _check_table(at, table, places)
    ]


def _first_match(policy: Policy) -> Iterator[tuple[str, Table[object]]]:
    document, tables = policy.document, policy.tables
    for section, found in (
        ("how", [table for _, table in tables.how]),
        ("principles", tables.principles),
        ("golden_rules", tables.golden_rules),
    ):
        names = sorted(getattr(document, section).items(), key=declared)
        yield from (
            (f"/{section}/{name}", table) for (name, _), table in zip(names, found, strict=True)
        )
    yield "/authority", tables.authority
    yield "/retention", tables.retention
    for table in flow_tables(tables.flow):
        if table:
            yield table[0][1].rpartition("/rows/")[0], table


def _check_table(at: str, table: Table[object], places: Places) -> Iterator[DocumentFault]:
    rows = [(bars, pointer) for bars, pointer, _ in table]
    chosen: set[str] = set()
    gap: dict[str, str] | None = None
    try:
        for words, bits in combinations(columns(bars for bars, _ in rows)):
            hit = next((pointer for bars, pointer in rows if not bits & bars), None)
            if hit is not None:
                chosen.add(hit)
            elif gap is None:
                gap = words
    except TooWide:
        yield places.fault(
            "too-wide",
            at,
            "this table distinguishes more cases than can be checked",
            "fewer facts in one table",
        )
        return
    if gap is not None:
        yield places.fault(
            "gap", at, f"no row applies when {in_words(gap)}", "a row for this case, or otherwise"
        )
    for pointer in dict.fromkeys(pointer for _, pointer in rows):
        if pointer not in chosen:
            yield places.fault(
                "unreachable-row",
                pointer,
                "this row never applies: the rows before it cover every case",
            )


def floor_faults(policy: Policy, places: Places) -> list[DocumentFault]:
    """The breaches of the safety floor, each with a counterexample and the pointer of the row at
    fault.
    """
    found: list[DocumentFault] = []
    for section, broken in sections(policy):
        try:
            found += [
                places.fault(
                    "safety-floor", breach.pointer, f"{breach.rule}: {breach.counterexample}"
                )
                for breach in broken(policy)
            ]
        except TooWide:
            found.append(
                places.fault(
                    "too-wide",
                    section,
                    "these rows distinguish more cases than can be checked",
                    "fewer facts",
                )
            )
    return found


def facts_of(policy: Policy, case: Case) -> Facts:
    """The facts of a worked case on its day."""
    today = case.on or policy.document.policy.start
    return derive(case.facts, policy.rules(today), today)


def case_faults(policy: Policy, places: Places) -> list[DocumentFault]:
    """Worked cases with another result than expected, and rows that no worked case reaches."""
    found: list[DocumentFault] = []
    reached: set[str] = set()
    for name, case in policy.document.cases.items():
        facts = facts_of(policy, case)
        found += [
            places.fault("worked-case-failed", f"/cases/{name}/expected", differs)
            for differs in _differs(case, evaluate(policy, facts))
        ]
        reached |= rows_reached(policy, facts)
    unseen = [pointer for pointer in _rows(policy) if pointer not in reached]
    return found + [
        places.fault(
            "no-case", pointer, "no worked case reaches this row", "a case that reaches it"
        )
        for pointer in unseen
    ]


def _differs(case: Case, got: Evaluation) -> Iterator[str]:
    expected = case.expected
    for what, wanted, given in (
        ("outcome", expected.outcome, got.outcome),
        ("decided_at", expected.decided_at, got.decided_at),
        ("release", expected.release, got.release),
    ):
        if wanted is not given:
            yield f"{what} is {given}, not {wanted}"
    codes = {action.code for action in got.actions}
    for action in expected.actions:
        if action not in codes:
            yield f"{action} is not one of the actions"


def rows_reached(policy: Policy, facts: Facts) -> set[str]:
    """The pointers of all rows that apply to these facts, for any decision."""
    tables = policy.tables
    evaluation = evaluate(policy, facts)
    bits = bits_of(facts)
    found: set[str] = set()
    flow: FlowTable | None = tables.flow
    while flow is not None:
        pointer, edge = next((pointer, edge) for bars, pointer, edge in flow if not bits & bars)
        found.add(pointer)
        flow = edge.to
    for wanted in (
        Outcome.SHARE_EMERGENCY,
        Outcome.SHARE,
        Outcome.DO_NOT_SHARE,
        evaluation.outcome,
    ):
        decided = bits | bit("outcome", wanted)
        found.add(_hit(tables.retention, decided))
        for departs in ("no",) if wanted is evaluation.outcome else ("yes",):
            found.add(_hit(tables.authority, decided | bit(DEPARTURE, departs)))
    bits |= (
        bit("outcome", evaluation.outcome)
        | bit("decided_at", evaluation.decided_at)
        | bit("release", evaluation.release)
    )
    for table in (*(table for _, table in tables.how), *tables.principles, *tables.golden_rules):
        found.add(_hit(table, bits))
    for conditions, _ in (*tables.actions, *tables.myths):
        found |= {pointer for bars, pointer in conditions if not bits & bars}
    return found


def _hit(table: Table[object], bits: int) -> str:
    return next(pointer for bars, pointer, _ in table if not bits & bars)


def _rows(policy: Policy) -> list[str]:
    tables = policy.tables
    rows = [pointer for _, table in _first_match(policy) for _, pointer, _ in table]
    rows += [
        pointer for conditions, _ in (*tables.actions, *tables.myths) for _, pointer in conditions
    ]
    return list(dict.fromkeys(rows))
