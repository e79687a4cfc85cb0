"""Count the requests of a period in the database and withhold small numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel.clock import LONDON
from app.kernel.errors import Fault
from app.platform.db import Session
from app.platform.instants import InvalidPeriod, Period
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import LawfulReasonCode, Outcome
from app.policy.lifecycle import in_force as policies
from app.reports.disclosure_control import Counted, Shown, protect
from app.sharing import statistics
from app.sharing.statistics import AdviceCount, RequestCount

LONGEST_DAYS: Final = 400
DEFAULT_DAYS: Final = 365

GROUPS: Final = ("safeguarding", "outside", "routed")
"""Names of the policy's sets of purposes. A purpose in none of them is in `other`, a purpose in two
is in the first."""

GROUNDS: Final = (
    *(code.value for code in LawfulReasonCode),
    "consent",
    "not_identifiable",
    "immediate_risk",
    statistics.NOT_RECORDED,
)
SHARED: Final = ("share", "share_partially", "share_emergency")
TIMELINESS: Final = ("decided_in_time", "decided_late", "emergency_in_time", "emergency_late")
WAITING: Final = ("waiting_in_time", "waiting_overdue")
ADVICE: Final = ("answered_in_time", "answered_late", "waiting", "overdue")

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers that may be shown of the requests submitted, and the advice sought, from the day
    `start` to the day `end`, both included.
    """

    start: date
    end: date
    requests: Shown
    advice: Shown


def days_of(asked: Period, today: date) -> tuple[date, date]:
    """The first and the last day of a report: by default a year up to today; raises InvalidPeriod.

    An instant stands for its day at the school.
    """
    first = None if asked.start is None else today_in_school(asked.start)
    last = None if asked.end is None else today_in_school(asked.end - _MICROSECOND)
    last = last or max(today, first or today)
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if (last - first).days >= LONGEST_DAYS:
        detail = f"a report covers {LONGEST_DAYS} days at most; ask for each part separately"
        raise InvalidPeriod(detail, faults=(Fault("/query/from", detail, "too-long"),))
    return first, last


async def summary(
    session: Session, actor: Actor, start: date, end: date, *, now: datetime, request_id: str
) -> Summary:
    """Count the requests and the advice of a period and append the entry of the read."""
    policy = await policies.in_force(session, actor.school, today_in_school(now))
    begin, stop = _midnight(start), _midnight(end + timedelta(days=1))
    rows = await statistics.requests(session, actor.school, begin, stop, now)
    advice = await statistics.advice(session, actor.school, begin, stop, now)

    found = Summary(
        start,
        end,
        protect(tree_of_requests(rows, groups_of(policy))),
        protect(tree_of_advice(advice)),
    )

    event = Event(
        action=Action.REPORT_READ, data={"from": start.isoformat(), "to": end.isoformat()}
    )
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found


def groups_of(policy: Policy) -> dict[str, str]:
    """The group of each purpose that is in one of the policy's sets."""
    sets = policy.document.sets
    return {code: name for name in reversed(GROUPS) if name in sets for code in sets[name].members}


def tree_of_requests(rows: Sequence[RequestCount], groups: Mapping[str, str]) -> Counted:
    """Count requests as a tree.

    Invariant: each number is split in one place only, so that protecting every split protects the
    whole.
    """
    decided = [row for row in rows if row.progress == "decided"]
    undecided = [row for row in rows if row.progress == "undecided"]
    shared = [row for row in decided if row.decision in SHARED]
    refused = [row for row in decided if row.decision not in SHARED]
    shares = Counted(
        _sum(shared),
        {
            "decision": _tally(SHARED, ((row.decision or "", row) for row in shared)),
            "lawful_reason": _tally(GROUNDS, ((_ground(row.ground), row) for row in shared)),
        },
    )
    decisions = Counted(
        _sum(decided),
        {
            "result": {"shared": shares, "do_not_share": Counted(_sum(refused))},
            "departures": _tally(
                ("followed", "departed"),
                (("departed" if row.departs else "followed", row) for row in decided),
            ),
            "timeliness": _tally(TIMELINESS, ((row.timing, row) for row in decided)),
        },
        # If it were shown that no decision departed, outcomes and decisions would be known to be
        # the same table, and each would give away the numbers that the other withholds.
        guarded=frozenset({"departures"}),
    )
    waiting = Counted(
        _sum(undecided), {"timeliness": _tally(WAITING, ((row.timing, row) for row in undecided))}
    )
    withdrawn = Counted(_sum(rows) - decisions.count - waiting.count)
    reopened = (("reconsidered" if row.reconsidered else "not_reconsidered", row) for row in rows)
    return Counted(
        _sum(rows),
        {
            "outcome": _tally(
                [outcome.value for outcome in Outcome], ((row.outcome, row) for row in rows)
            ),
            "purpose_group": _tally(
                (*GROUPS, "other"), ((groups.get(row.purpose, "other"), row) for row in rows)
            ),
            "progress": {"decided": decisions, "undecided": waiting, "withdrawn": withdrawn},
            "reconsideration": _tally(("reconsidered", "not_reconsidered"), reopened),
        },
    )


def tree_of_advice(rows: Sequence[AdviceCount]) -> Counted:
    """Count advice as a tree."""
    return Counted(
        _sum(rows), {"timeliness": _tally(ADVICE, ((row.progress, row) for row in rows))}
    )


def _ground(found: str | None) -> str:
    named = "not_identifiable" if found == "identifiable" else found
    return named if named is not None and named in GROUNDS else statistics.NOT_RECORDED


def _tally(
    names: Sequence[str], found: Iterable[tuple[str, RequestCount | AdviceCount]]
) -> dict[str, Counted]:
    counts: Counter[str] = Counter()
    for name, row in found:
        counts[name] += row.number
    return {name: Counted(counts[name]) for name in names}


def _sum(rows: Sequence[RequestCount | AdviceCount]) -> int:
    return sum(row.number for row in rows)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)
