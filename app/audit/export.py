"""Write the evidence bundle: a school's whole log in a zip file, which an auditor checks with the
public key and without the service.
"""

import asyncio
import hashlib
import secrets
import zipfile
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app.audit import checkpoint, log, prove, tables
from app.audit.model import Action, Event, operator
from app.audit.tables import CheckpointRow, DisposedRow, EntryRow, LeafRow
from app.kernel import canonical, clock
from app.kernel.canonical import Json
from app.platform.db import Database, Session
from app.platform.rows import col

FORMAT: Final = "information-sharing-evidence/1"
PAGE: Final = 2000
EARLIER: Final = 500
"""The largest number of earlier checkpoints in a bundle, spread over the life of the log."""

_STANDALONE: Final = Path(__file__).with_name("bundle_verifier.py")


@dataclass(frozen=True, slots=True)
class Bundled:
    """The log that a bundle holds."""

    school: str
    origin: str
    size: int


async def bundle(
    database: Database, school: str, out: Path, *, at: datetime, request_id: str = "cli"
) -> Bundled:
    """Write the whole bundle or none, and append the entry of the export; raises EntryNotSealed for
    an empty log.
    """
    async with database.transaction() as session:
        log.append(
            session,
            Event(action=Action.BUNDLE_EXPORTED),
            by=operator(school),
            at=at,
            request_id=request_id,
        )
    draft = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    try:
        with zipfile.ZipFile(draft, "x", zipfile.ZIP_DEFLATED) as archive:
            async with database.reading() as session:
                made = await _fill(archive, session, school, at)
        await asyncio.to_thread(draft.replace, out)
    finally:
        await asyncio.to_thread(draft.unlink, missing_ok=True)
    return made


async def _fill(archive: zipfile.ZipFile, session: Session, school: str, at: datetime) -> Bundled:
    head = await prove.newest(session, school)
    signed = checkpoint.parse(head.note)
    files = {
        "checkpoint.txt": await _write(archive, "checkpoint.txt", _once(head.note)),
        "entries.jsonl": await _write(
            archive, "entries.jsonl", _bodies(session, school, head.size)
        ),
        "disposals.jsonl": await _write(
            archive, "disposals.jsonl", _disposals(session, school, head.size)
        ),
        "proofs.jsonl": await _write(archive, "proofs.jsonl", _proofs(session, school, head.size)),
        "verify.py": await _write(
            archive, "verify.py", _once(_STANDALONE.read_text(encoding="utf-8"))
        ),
    }
    manifest: dict[str, Json] = {
        "format": FORMAT,
        "school": school,
        "origin": signed.origin,
        "size": signed.size,
        "made_at": clock.to_text(at),
        "files": files,
    }
    await _write(archive, "manifest.json", _once(canonical.encode(manifest).decode("utf-8") + "\n"))
    return Bundled(school, signed.origin, signed.size)


async def _write(archive: zipfile.ZipFile, name: str, texts: AsyncIterator[str]) -> str:
    """Write a file of the bundle; gives the hexadecimal SHA-256 of its bytes."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as file:
        async for text in texts:
            raw = text.encode("utf-8")
            digest.update(raw)
            file.write(raw)
    return digest.hexdigest()


async def _once(text: str) -> AsyncIterator[str]:
    yield text


async def _bodies(session: Session, school: str, size: int) -> AsyncIterator[str]:
    """The exact leaf bytes, one body a line; canonical JSON has no line feed."""
    for first in range(0, size, PAGE):
        found = await session.all(
            sa.select(col(EntryRow.body))
            .select_from(
                tables.LEAF.join(
                    tables.ENTRY,
                    sa.and_(
                        col(EntryRow.school) == col(LeafRow.school),
                        col(EntryRow.id) == col(LeafRow.entry_id),
                    ),
                )
            )
            .where(
                col(LeafRow.school) == school,
                col(LeafRow.idx) >= first,
                col(LeafRow.idx) < min(first + PAGE, size),
            )
            .order_by(col(LeafRow.idx))
        )
        yield "".join(row.body + "\n" for row in found)


async def _disposals(session: Session, school: str, size: int) -> AsyncIterator[str]:
    query = (
        sa.select(col(DisposedRow.entry_id), col(DisposedRow.what), col(DisposedRow.by_entry))
        .select_from(
            tables.DISPOSED.join(
                tables.LEAF,
                sa.and_(
                    col(LeafRow.school) == col(DisposedRow.school),
                    col(LeafRow.entry_id) == col(DisposedRow.entry_id),
                ),
            )
        )
        .where(col(LeafRow.school) == school, col(LeafRow.idx) < size)
        .order_by(col(LeafRow.idx))
    )
    async for row in session.stream(query, batch=PAGE):
        yield _line({"entry": str(row.entry_id), "what": row.what, "by_entry": str(row.by_entry)})


async def _proofs(session: Session, school: str, size: int) -> AsyncIterator[str]:
    sizes = [
        int(row.size)
        for row in await session.all(
            sa.select(col(CheckpointRow.size))
            .where(col(CheckpointRow.school) == school, col(CheckpointRow.size) < size)
            .order_by(col(CheckpointRow.size))
        )
    ]
    for earlier in sizes[:: len(sizes) // EARLIER + 1]:
        row = await session.first(
            sa.select(col(CheckpointRow.note)).where(
                col(CheckpointRow.school) == school, col(CheckpointRow.size) == earlier
            )
        )
        proof = await prove.consistency(session, school, earlier, size)
        path: list[Json] = [b64encode(sibling).decode("ascii") for sibling in proof.path]
        yield _line(
            {"size": earlier, "checkpoint": row.note if row is not None else "", "path": path}
        )


def _line(value: dict[str, Json]) -> str:
    return canonical.encode(value).decode("utf-8") + "\n"
