"""Serve the summary report for governors over HTTP, as JSON or as a chart."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.kernel import clock
from app.platform import content_negotiation
from app.platform.instants import PeriodEnd, parse_period
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.policy.engine.deadlines import today_in_school
from app.reports import chart, service
from app.reports.disclosure_control import SMALLEST
from app.reports.schemas import SummaryReportOut
from app.reports.sections import Section, sections

router: Final = APIRouter(prefix="/v1/reports", tags=["reports"], route_class=StrictRoute)

JSON: Final = "application/json"
SVG: Final = "image/svg+xml"

_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_VARY: Final = {"Vary": "Accept"}
_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The numbers, or with `Accept: image/svg+xml` a bar chart.",
        "content": {SVG: {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/summary",
    operation_id="read_report_summary",
    summary="Count requests and decisions",
    response_model=SummaryReportOut,
    responses=_FORMS | replies(401, 403, 406, 422),
)
async def read_report_summary(
    actor: Annotated[Actor, Require(Permission.REPORT_READ)],
    call: CallDep,
    first: Annotated[
        PeriodEnd | None,
        Query(
            alias="from",
            description="The first day, or an instant on it; by default a year before the last.",
        ),
    ] = None,
    last: Annotated[
        PeriodEnd | None,
        Query(
            alias="to",
            description="The last day, included, or an instant after it began; by default today.",
        ),
    ] = None,
    accepted: Annotated[str | None, Header(alias="Accept", include_in_schema=False)] = None,
) -> Response:
    """Count the requests submitted and the advice sought on the days from `from` to `to`, both
    included.

    Counts are by outcome, decision, purpose, lawful reason, timeliness, departures, reconsideration
    and advice. A report covers at most 400 days. Numbers under 5 are withheld, and so are numbers
    from which a withheld one could be calculated. The read appends an entry to the audit log.
    """
    form = content_negotiation.choose(accepted, (JSON, SVG))
    start, end = service.days_of(parse_period(first, last), today_in_school(call.now))
    found = await service.summary(
        call.session, actor, start, end, now=call.now, request_id=call.trace
    )
    tables = list(sections(found.requests, found.advice))
    if form == SVG:
        drawn = chart.draw(tables, period=f"{_words(start)} to {_words(end)}")
        return Response(drawn, media_type=SVG, headers=_VARY | {"Content-Security-Policy": _CSP})
    return reply(_shown(start, end, call.now, tables), headers=_VARY)


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _shown(start: date, end: date, now: datetime, tables: list[Section]) -> dict[str, Any]:
    numbers = {
        table.name: {code: _number(count) for code, count in table.numbers.items()}
        for table in tables
    }
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "generated_at": clock.to_text(now),
        "smallest_shown": SMALLEST,
        **numbers,
        "requests": numbers["requests"]["total"],
    }


def _number(count: int | None) -> dict[str, Any]:
    return {"count": count, "suppressed": count is None}
