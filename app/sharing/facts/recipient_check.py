"""A recipient that is cited from the school's directory: what the directory knows is shown beside
what was stated.

Law: the directory answers nothing. That a hospital was checked once says nothing about whoever is
on the telephone now: its check is a ground on which a person may answer, and what was left out
stays left out. No mismatch holds anything up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.vocabulary import Answer
from app.recipients import service as directory
from app.recipients.matching import Mismatch, RecipientFacts, check_right_recipient
from app.recipients.model import Verified
from app.sharing.case.case import Head
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


class RecipientUnknown(ServiceError):
    """The directory has no such entry."""

    kind = Kind.INVALID
    code = "recipient-not-in-directory"
    title = "The directory has no such recipient"

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(what, faults=(Fault(pointer, what, "unknown-recipient"),))


async def cited(
    session: Session, school: str, statement: Statement, now: datetime, *, strict: str | None = None
) -> Statement:
    """The statement with what the directory says of the recipient that it cites.

    With `strict`, the pointer below which the facts stand in the body, an entry that there is not
    raises `RecipientUnknown`; without, it is a finding.
    """
    structure = statement.structure["recipient"]
    organisation, contact = structure.get("directory_id"), structure.get("contact_id")
    if organisation is None and contact is None:
        return statement
    found = await _known(session, school, organisation, contact, now)
    if found is None:
        if strict is not None:
            raise await _unknown(session, school, organisation, now, strict)
        return replace(statement, check=_check(organisation, contact, None, [NOT_LISTED], now))

    stated = {**structure, **statement.narrative.get("recipient", {})}
    mismatches = check_right_recipient(found, stated)
    findings = [mismatch.value for mismatch in mismatches]
    if contact is None and stated.get("named_individual"):
        findings.append(NOT_CHECKED)
    supports = (
        found.verified is Verified.YES
        and NOT_CHECKED not in findings
        and not _ANOTHER & set(mismatches)
    )
    return replace(
        statement, check=_check(organisation, contact, found, findings, now, supports=supports)
    )


async def at_disclosure(
    session: Session, head: Head, cites: Mapping[str, Any], named: Mapping[str, Any], now: datetime
) -> Any:
    """The same for a disclosure: whoever received it, and how, against the entry that the facts
    cite. None where they cite none.
    """
    organisation, contact = cites.get("directory_id"), cites.get("contact_id")
    if organisation is None:
        return None
    found = await _known(session, head.school, organisation, contact, now)
    if found is None:
        return _check(organisation, contact, None, [NOT_LISTED], now)
    mismatches = check_right_recipient(found, {"organisation_type": head.recipient_type, **named})
    return _check(organisation, contact, found, [mismatch.value for mismatch in mismatches], now)


async def _known(
    session: Session, school: str, organisation: str | None, contact: str | None, now: datetime
) -> RecipientFacts | None:
    if organisation is None:
        return None
    wanted = None if contact is None else UUID(contact)
    return await directory.facts_about(
        session, school, UUID(organisation), wanted, on=today_in_school(now)
    )


async def _unknown(
    session: Session, school: str, organisation: str | None, now: datetime, below: str
) -> RecipientUnknown:
    if organisation is None:
        return RecipientUnknown(
            f"{below}/recipient/directory_id", "name the organisation whose contact this is"
        )
    if await _known(session, school, organisation, None, now) is None:
        return RecipientUnknown(
            f"{below}/recipient/directory_id",
            "not an organisation of the directory; see GET /v1/recipients",
        )
    return RecipientUnknown(
        f"{below}/recipient/contact_id", "not a contact of this organisation; see its contacts"
    )


def _check(
    organisation: str | None,
    contact: str | None,
    found: RecipientFacts | None,
    findings: Iterable[str],
    now: datetime,
    **more: bool,
) -> dict[str, Any]:
    return {
        "directory_id": organisation,
        "contact_id": contact,
        "verified": found.verified.value if found else Answer.UNSURE.value,
        "findings": list(findings),
        "checked_on": today_in_school(now).isoformat(),
        **more,
    }
