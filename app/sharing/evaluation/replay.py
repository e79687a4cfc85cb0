"""Read past requests for policy impact assessments, and replay past evaluations.

Invariant: a replay reproduces the stored evaluation byte for byte.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.kernel.canonical import to_sorted_json
from app.kernel.errors import ServiceError
from app.platform.db import Session
from app.platform.rows import col
from app.policy.engine.evaluate import Policy
from app.policy.engine.model import Facts, FactsUnreadable
from app.policy.impact.replay import PastRequest
from app.policy.lifecycle import in_force as policies
from app.sharing.case.model import RecordKind
from app.sharing.case.tables import RECORD, REQUEST, RecordRow, RequestRow
from app.sharing.evaluation.assessment import judge_facts


class PastRequests:
    """The requests of a school with the facts of their current evaluations.

    Implements the reader that the policy package declares, because it may not import this one.
    """

    async def count(self, session: Session, school: str) -> int:
        """The number of requests of the school."""
        row = await session.first(
            sa.select(sa.func.count()).select_from(REQUEST).where(col(RequestRow.school) == school)
        )
        return int(row[0]) if row is not None else 0

    async def read(self, session: Session, school: str) -> AsyncIterator[PastRequest]:
        """Iterate over the requests, in the order of their submission."""
        query = (
            sa.select(
                col(RecordRow.request_id),
                col(RecordRow.body),
                col(RequestRow.decision),
                col(RequestRow.departs),
            )
            .select_from(
                RECORD.join(
                    REQUEST,
                    sa.and_(
                        col(RequestRow.school) == col(RecordRow.school),
                        col(RequestRow.id) == col(RecordRow.request_id),
                    ),
                )
            )
            .where(
                col(RecordRow.school) == school, col(RecordRow.kind) == RecordKind.EVALUATION.value
            )
            .order_by(col(RecordRow.request_id), col(RecordRow.version), col(RecordRow.id))
        )
        newest: PastRequest | None = None
        async for row in session.stream(query, batch=200):
            body = json.loads(row.body)
            if not body["current"]:
                continue
            if newest is not None and newest.request != row.request_id:
                yield newest
            newest = PastRequest(
                request=UUID(str(row.request_id)),
                facts=body["facts"],
                decision=row.decision,
                departs=bool(row.departs),
            )
        if newest is not None:
            yield newest


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay. `differs` describes the difference; None if there is none."""

    id: UUID
    request: UUID
    policy: str
    differs: str | None


async def replay(
    session: Session, school: str | None = None, *, request: UUID | None = None
) -> AsyncIterator[Replayed]:
    """Replay evaluations from their stored facts and policy digest.

    Without `school`, all schools; without `request`, all requests.
    """
    query = (
        sa.select(RECORD)
        .where(col(RecordRow.kind) == RecordKind.EVALUATION.value)
        .order_by(col(RecordRow.school), col(RecordRow.id))
    )
    if school is not None:
        query = query.where(col(RecordRow.school) == school)
    if request is not None:
        query = query.where(col(RecordRow.request_id) == request)
    async for row in session.stream(query, batch=200):
        body = json.loads(row.body)
        digest = str(body["result"]["policy"]["digest"])
        try:
            how = differs(await policies.at(session, row.school, digest), body, row.at)
        except ServiceError as error:
            how = f"cannot be replayed: {error}"
        yield Replayed(UUID(str(row.id)), UUID(str(row.request_id)), digest, how)


def differs(policy: Policy, body: Mapping[str, Any], at: datetime) -> str | None:
    """Describe how a replayed evaluation differs from the stored body; None if identical. Pure."""
    try:
        again = judge_facts(policy, Facts.from_json(body["facts"]), at)
    except (FactsUnreadable, LookupError) as error:
        return f"cannot be replayed: {error}"
    for name, made in (("result", again.evaluation.to_json()), ("due", again.due)):
        if to_sorted_json(made) != to_sorted_json(body[name]):
            return f"{name} differs"
    return None
