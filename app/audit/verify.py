"""Recompute the whole audit log from its stored bytes and report every contradiction.

Invariant: no stored value is trusted, and none stops the verification.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit import checkpoint, raw_reader
from app.audit.checkpoint import Checkpoint, CheckpointRefused
from app.audit.leaf import COLUMNS
from app.audit.report import Report
from app.audit.verify_entries import Entries
from app.audit.verify_log import LogCheck, school_of
from app.audit.verify_records import Records, RecordSource
from app.kernel import clock
from app.platform.db import Database, Session

PATIENCE: Final = timedelta(minutes=1)
"""How long an entry may wait to be sealed before it is a finding."""

_AT: Final = COLUMNS.index("at")


async def verify(
    database: Database,
    key: Ed25519PublicKey,
    sources: Sequence[RecordSource],
    *,
    now: datetime,
    saved: str | Sequence[str] | None = None,
) -> Report:
    """Verify every school's log, the queue, the search columns and every record that the sources
    give.

    `saved` is a signed checkpoint that was saved outside the service, or one for each of several
    schools: it shows a rollback, or a history that was rewritten with the key.
    """
    notes = (saved,) if isinstance(saved, str) else tuple(saved or ())
    report = Report()
    try:
        async with database.reading() as session:
            await _verify(session, key, sources, report, now, _saved(notes, key, report))
    except Exception as error:  # noqa: BLE001 - a log that cannot be read to its end is reported
        report.unreadable = type(error).__name__
    return report


def _saved(notes: Sequence[str], key: Ed25519PublicKey, report: Report) -> dict[str, Checkpoint]:
    """The saved checkpoints by school."""
    found = {}
    for note in notes:
        try:
            signed = checkpoint.verify(note, key)
        except CheckpointRefused as refused:
            report.add("*", None, "saved-checkpoint-refused", f"the saved checkpoint: {refused}")
        else:
            found[school_of(signed) or "*"] = signed
    return found


async def _verify(
    session: Session,
    key: Ed25519PublicKey,
    sources: Sequence[RecordSource],
    report: Report,
    now: datetime,
    saved: dict[str, Checkpoint],
) -> None:
    await raw_reader.prepare(session)
    disposed = await _disposed(session, report)
    records = Records(report, disposed) if sources else None
    if records is not None:
        await records.load(session, sources)
    entries = Entries(report, records)
    for school in await raw_reader.schools(session):
        log = LogCheck(
            session, key, school, report=report, entries=entries, saved=saved.pop(school, None)
        )
        await log.run()
    for school, lost in saved.items():
        report.add(
            school,
            None,
            "rolled-back",
            f"a checkpoint of {lost.size} entries was saved, and no log is stored",
        )
    await _check_queue(session, report, entries, now)
    await _check_counts(session, report, entries)
    if records is not None:
        records.finish()


async def _disposed(session: Session, report: Report) -> set[str]:
    """The entries whose records were disposed of by a later disposing entry."""
    disposals = await raw_reader.disposals(session)
    for entry, justified in disposals.items():
        if not justified:
            report.add(
                "*",
                None,
                "disposal-forged",
                f"the disposal of what entry {entry} sealed names no later disposing entry",
            )
    return {entry for entry, justified in disposals.items() if justified}


async def _check_queue(session: Session, report: Report, entries: Entries, now: datetime) -> None:
    oldest = clock.to_text(now - PATIENCE)
    async for entry, school, stored, columns in raw_reader.queue(session):
        report.unsealed += 1
        raw = raw_reader.body_bytes(stored)
        if raw is None:
            report.add(
                school, None, "entry-missing", f"entry {entry}, which waits to be sealed, is gone"
            )
            continue
        entries.check(school, None, raw, columns)
        if str(columns[_AT]) < oldest:
            report.add(
                school,
                None,
                "not-sealed",
                f"entry {entry} has waited for longer than a minute to be sealed",
            )


async def _check_counts(session: Session, report: Report, entries: Entries) -> None:
    """Look for entries outside the logs and the queue, and for rows of further subjects that no
    entry names.
    """
    if await raw_reader.count_entries(session) != entries.count:
        for school, entry in await raw_reader.strays(session):
            report.add(
                school, None, "entry-inserted", f"entry {entry} is neither sealed nor waiting to be"
            )
    if await raw_reader.subject_marks(session) != entries.subject_marks:
        report.add(
            "*",
            None,
            "column-changed",
            "the further subjects that are searched by are not those of the entries",
        )
