"""FastAPI dependencies of the audit routes: the filters of a search."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request

from app.audit.model import Action, EntryOutcome
from app.audit.search import Filters
from app.platform.db import Session
from app.platform.instants import PeriodEnd, parse_period
from app.platform.paging import MOST_VALUES
from app.platform.references import Reference
from app.platform.web import CallDep

V = TypeVar("V", Action, EntryOutcome)

PersonLookup = Callable[[Session, str, str], Awaitable[Sequence[UUID]]]
"""Looks up the random ids of the person to whom a school gave a reference."""


async def _filters(
    request: Request,
    call: CallDep,
    acting: Annotated[
        UUID | None,
        Query(alias="actor", description="Id of the account or client that acted."),
    ] = None,
    action: Annotated[
        list[Action] | None, Query(max_length=MOST_VALUES, description="One of these actions.")
    ] = None,
    sharing_request: Annotated[UUID | None, Query(description="Id of the sharing request.")] = None,
    subject: Annotated[
        Reference | None,
        Query(description="A person concerned: their random id, or the school's reference."),
    ] = None,
    recipient: Annotated[
        Reference | None, Query(description="Id or organisation type of the recipient.")
    ] = None,
    outcome: Annotated[
        list[EntryOutcome] | None,
        Query(max_length=MOST_VALUES, description="One of these outcomes."),
    ] = None,
    since: Annotated[
        PeriodEnd | None,
        Query(alias="from", description="On or after this day, or from this instant."),
    ] = None,
    until: Annotated[
        PeriodEnd | None,
        Query(alias="to", description="On or before this day, or before this instant."),
    ] = None,
) -> Filters:
    period = parse_period(since, until)
    return Filters(
        actor=acting,
        action=_distinct(action),
        request=sharing_request,
        subject=await _person_ids(request, call.session, subject),
        recipient=recipient,
        outcome=_distinct(outcome),
        since=period.start,
        until=period.end,
    )


def _distinct(values: list[V] | None) -> tuple[V, ...] | None:
    """The values once each and sorted, so that their order does not invalidate a cursor."""
    return None if values is None else tuple(sorted(set(values)))


async def _person_ids(
    request: Request, session: Session, subject: str | None
) -> tuple[UUID, ...] | None:
    """The person's random ids; `main` supplies the function that looks up a reference."""
    if subject is None:
        return None
    try:
        return (UUID(subject),)
    except ValueError:
        look_up: PersonLookup = request.app.state.person
        return tuple(await look_up(session, request.state.actor.school, subject))


FiltersDep = Annotated[Filters, Depends(_filters)]
