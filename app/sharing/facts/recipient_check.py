"""A recipient that is cited from the school's directory: what the directory knows is shown beside
what was stated.

Law: the directory answers nothing. That a hospital was checked once says nothing about whoever is
on the telephone now: its check is a ground on which a person may answer, and what was left out
stays left out. No mismatch holds anything up.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.kernel import plain
from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.vocabulary import Answer, SecureRoute
from app.recipients.matching import Mismatch, RecipientFacts, check_right_recipient
from app.recipients.model import Verified
from app.recipients.status import recipient_facts
from app.sharing.case.case import Head
from app.sharing.case.facts import Recipient
from app.sharing.case.records import Receiver, RecipientCheck
from app.sharing.facts.statement import Statement

NOT_LISTED: Final = "not_in_directory"
NOT_CHECKED: Final = "individual_not_checked"

_ANOTHER: Final = frozenset(
    {
        Mismatch.TYPE_DIFFERS,
        Mismatch.ORGANISATION_DIFFERS,
        Mismatch.INDIVIDUAL_DIFFERS,
        Mismatch.RECIPIENT_RETIRED,
        Mismatch.CONTACT_RETIRED,
    }
)
"""Mismatches by which the check in the directory may be of somebody else."""


class RecipientNotInDirectory(ServiceError):
    """The directory has no such entry."""

    kind = Kind.INVALID
    code = "recipient-not-in-directory"
    title = "Recipient not in the directory"

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(what, faults=(Fault(pointer, what, "unknown-recipient"),))


async def cited(
    session: Session, school: str, statement: Statement, now: datetime, *, strict: str | None = None
) -> Statement:
    """The statement with what the directory says of the recipient that it cites.

    With `strict`, the pointer below which the facts stand in the body, an unknown entry raises
    `RecipientNotInDirectory`; without, it is a finding.
    """
    cites = statement.facts.recipient
    if cites.directory_id is None and cites.contact_id is None:
        return statement
    found = await _known(session, school, cites, now)
    if found is None:
        if strict is not None:
            raise await _unknown(session, school, cites, now, strict)
        return replace(statement, check=_check(cites, None, [NOT_LISTED], now))

    mismatches = check_right_recipient(found, plain.write_members(cites))
    findings = [mismatch.value for mismatch in mismatches]
    if cites.contact_id is None and cites.named_individual:
        findings.append(NOT_CHECKED)
    supports = (
        found.verified is Verified.YES
        and NOT_CHECKED not in findings
        and not _ANOTHER & set(mismatches)
    )
    return replace(statement, check=_check(cites, found, findings, now, supports=supports))


async def at_disclosure(
    session: Session,
    head: Head,
    cites: Recipient,
    receiver: Receiver,
    route: SecureRoute,
    now: datetime,
) -> RecipientCheck | None:
    """The same for a disclosure: the receiver and the route, against the entry that the facts cite.
    None where they cite none.
    """
    if cites.directory_id is None:
        return None
    found = await _known(session, head.school, cites, now)
    if found is None:
        return _check(cites, None, [NOT_LISTED], now)
    stated = {
        "organisation_type": head.recipient_type,
        **plain.write_members(receiver),
        "route": route.value,
    }
    findings = [mismatch.value for mismatch in check_right_recipient(found, stated)]
    return _check(cites, found, findings, now)


async def _known(
    session: Session, school: str, cites: Recipient, now: datetime
) -> RecipientFacts | None:
    if cites.directory_id is None:
        return None
    return await recipient_facts(
        session, school, cites.directory_id, cites.contact_id, on=today_in_school(now)
    )


async def _unknown(
    session: Session, school: str, cites: Recipient, now: datetime, below: str
) -> RecipientNotInDirectory:
    if cites.directory_id is None:
        return RecipientNotInDirectory(
            f"{below}/recipient/directory_id", "name the organisation whose contact this is"
        )
    if await _known(session, school, replace(cites, contact_id=None), now) is None:
        return RecipientNotInDirectory(
            f"{below}/recipient/directory_id",
            "not an organisation of the directory; see GET /v1/recipients",
        )
    return RecipientNotInDirectory(
        f"{below}/recipient/contact_id", "not a contact of this organisation; see its contacts"
    )


def _check(
    cites: Recipient,
    found: RecipientFacts | None,
    findings: Iterable[str],
    now: datetime,
    *,
    supports: bool = False,
) -> RecipientCheck:
    return RecipientCheck(
        directory_id=cites.directory_id,
        contact_id=cites.contact_id,
        verified=Answer(found.verified.value) if found else Answer.UNSURE,
        findings=tuple(findings),
        checked_on=today_in_school(now),
        supports_identity=supports,
    )
