"""Show audit entries as JSON objects, as lines of JSON, and as CSV."""

import csv
import io
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any, Final

from app.audit.schemas import AuditActorOut, AuditEntryOut
from app.audit.search import Entry
from app.kernel import canonical

CSV_COLUMNS: Final = (
    *("index", "id", "occurred_at", "actor_subject", "actor_role", "actor_client_id", "action"),
    *("sharing_request_id", "target", "outcome", "reason_code", "policy_digest", "request_id"),
    *("details", "leaf_hash"),
)


def entry_out(entry: Entry) -> AuditEntryOut:
    """The entry as a reply shows it."""
    return AuditEntryOut(**fields(entry))


def fields(entry: Entry) -> dict[str, Any]:
    """The members of `AuditEntryOut`."""
    body = entry.fields
    actor = body["actor"]
    return {
        "index": entry.index,
        "id": entry.id,
        "occurred_at": body["at"],
        "actor": AuditActorOut(subject=actor["id"], role=actor["role"], client_id=actor["client"]),
        "action": body["action"],
        "sharing_request_id": body["request"],
        "target": body["target"],
        "outcome": body["outcome"],
        "reason_code": body["reason_code"],
        "policy_digest": body["policy"],
        "request_id": body["request_id"],
        "details": body["data"],
        "leaf_hash": to_base64(entry.leaf_hash),
    }


def to_base64(value: bytes) -> str:
    """Standard base64 with padding."""
    return b64encode(value).decode("ascii")


async def ndjson(pages: AsyncIterator[list[Entry]]) -> AsyncIterator[str]:
    """One JSON object a line."""
    async for page in pages:
        yield "".join(entry_out(entry).model_dump_json() + "\n" for entry in page)


async def csv_text(pages: AsyncIterator[list[Entry]]) -> AsyncIterator[str]:
    """CSV with a header line (RFC 4180)."""
    yield ",".join(CSV_COLUMNS) + "\r\n"
    async for page in pages:
        text = io.StringIO()
        csv.writer(text).writerows(
            [_cell(value) for value in _row(entry_out(entry))] for entry in page
        )
        yield text.getvalue()


def _row(entry: AuditEntryOut) -> list[Any]:
    flat = entry.model_dump(mode="json")
    actor = flat.pop("actor")
    flat |= {f"actor_{name}": value for name, value in actor.items()}
    flat["details"] = canonical.encode(flat["details"]).decode("utf-8")
    return [flat[name] for name in CSV_COLUMNS]


def _cell(value: object) -> str:
    """Quote a value that a spreadsheet would evaluate as a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
