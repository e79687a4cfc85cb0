"""Compare a cited recipient with the school's directory.

Invariant: the directory answers no question of the policy. An earlier check of an organisation does
not identify the person who asks now. It is evidence on which a person may answer; an omitted answer
remains unsure. No mismatch blocks a request.
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
from app.recipients.status import recipient_facts
from app.sharing.case.case import Head
from app.sharing.case.facts import Recipient
from app.sharing.case.records import Receiver, RecipientCheck
from app.sharing.facts.statement import Statement

NOT_LISTED: Final = "not_in_directory"
NOT_CHECKED: Final = "individual_not_checked"

_OTHER_RECIPIENT: Final = frozenset(
    {
        Mismatch.TYPE_DIFFERS,
        Mismatch.ORGANISATION_DIFFERS,
        Mismatch.INDIVIDUAL_DIFFERS,
        Mismatch.RECIPIENT_RETIRED,
        Mismatch.CONTACT_RETIRED,
    }
)
"""The mismatches after which the directory's check may concern a different recipient."""


class RecipientNotInDirectory(ServiceError):
    """The directory has no entry with the cited id."""

    kind = Kind.INVALID
    code = "recipient-not-in-directory"
    title = "Recipient not in the directory"

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(what, faults=(Fault(pointer, what, "unknown-recipient"),))


async def check_recipient(
    session: Session, school: str, statement: Statement, now: datetime, *, strict: str | None = None
) -> Statement:
    """Add the directory check to a statement that cites a recipient.

    `strict` is the JSON pointer of the facts in the body. With it, an unknown entry raises
    `RecipientNotInDirectory`; without it, an unknown entry is a finding.
    """
    cites = statement.facts.recipient
    if cites.directory_id is None and cites.contact_id is None:
        return statement
    found = await _find_entry(session, school, cites, now)
    if found is None:
        if strict is not None:
            raise await _unknown_entry(session, school, cites, now, strict)
        return replace(statement, check=_check(cites, None, [NOT_LISTED], now))

    mismatches = check_right_recipient(found, plain.write_members(cites))
    findings = [mismatch.value for mismatch in mismatches]
    if cites.contact_id is None and cites.named_individual:
        findings.append(NOT_CHECKED)
    supports = (
        found.verified is Answer.YES
        and NOT_CHECKED not in findings
        and not _OTHER_RECIPIENT & set(mismatches)
    )
    return replace(statement, check=_check(cites, found, findings, now, supports=supports))


async def check_disclosure_recipient(
    session: Session,
    head: Head,
    cites: Recipient,
    receiver: Receiver,
    route: SecureRoute,
    now: datetime,
) -> RecipientCheck | None:
    """Compare the recipient and route of a disclosure with the directory entry in the facts.

    Returns None if the facts cite no entry.
    """
    if cites.directory_id is None:
        return None
    found = await _find_entry(session, head.school, cites, now)
    if found is None:
        return _check(cites, None, [NOT_LISTED], now)
    stated = {
        "organisation_type": head.recipient_type,
        **plain.write_members(receiver),
        "route": route.value,
    }
    findings = [mismatch.value for mismatch in check_right_recipient(found, stated)]
    return _check(cites, found, findings, now)


async def _find_entry(
    session: Session, school: str, cites: Recipient, now: datetime
) -> RecipientFacts | None:
    if cites.directory_id is None:
        return None
    return await recipient_facts(
        session, school, cites.directory_id, cites.contact_id, on=today_in_school(now)
    )


async def _unknown_entry(
    session: Session, school: str, cites: Recipient, now: datetime, below: str
) -> RecipientNotInDirectory:
    if cites.directory_id is None:
        return RecipientNotInDirectory(
            f"{below}/recipient/directory_id", "name the organisation whose contact this is"
        )
    if await _find_entry(session, school, replace(cites, contact_id=None), now) is None:
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
