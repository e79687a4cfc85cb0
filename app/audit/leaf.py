"""Read the members of an audit entry from the exact bytes that its leaf hash is over. Pure."""

import unicodedata
from typing import Any, Final, Literal, NoReturn

import msgspec

from app.kernel import canonical

COLUMNS: Final = (
    "action",
    "actor",
    "at",
    "id",
    "outcome",
    "recipient",
    "request",
    "school",
    "subject",
)
"""The columns of the table of entries that repeat a member of the body for searching."""


class NotABody(ValueError):
    """The bytes are not the canonical JSON of a body of version 1."""


class BodyActor(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The author of an entry; `id` is None where no account acted."""

    client: str
    id: str | None
    role: str


class Body(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The members of a body of version 1; see `model.Event` for their meaning."""

    action: str
    actor: BodyActor
    at: str
    content: str | None
    data: dict[str, Any]
    id: str
    outcome: str
    policy: str | None
    reason_code: str | None
    recipient: str | None
    request: str | None
    request_id: str
    salt: str
    school: str
    subjects: list[str]
    target: str | None
    v: Literal[1]

    @property
    def columns(self) -> tuple[str | None, ...]:
        """The values that the columns of `COLUMNS` must hold."""
        return (
            self.action,
            self.actor.id,
            self.at,
            self.id,
            self.outcome,
            self.recipient,
            self.request,
            self.school,
            self.subjects[0] if self.subjects else None,
        )

    @property
    def further_subjects(self) -> set[str]:
        """The ids of the second and further persons, which have rows of their own."""
        return set(self.subjects[1:]) - set(self.subjects[:1])

    @property
    def record_ids(self) -> list[str]:
        """The ids of the records whose digests `content` is over."""
        listed = self.data.get("records")
        return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []

    @property
    def states(self) -> dict[str, str]:
        """The digest of each mutable record that the act changed, by the record's id."""
        listed = self.data.get("states")
        if not isinstance(listed, dict):
            return {}
        return {key: digest for key, digest in listed.items() if isinstance(digest, str)}


def _refuse_float(_: str) -> NoReturn:
    raise NotABody("a body holds no floating-point number")


_DECODER: Final = msgspec.json.Decoder(Body, float_hook=_refuse_float)


def read(raw: bytes) -> Body:
    """Parse a body; raises NotABody unless it is the canonical JSON of version 1."""
    try:
        body = _DECODER.decode(raw)
        if canonical.ENCODER.encode(body) == raw and (
            raw.isascii() or unicodedata.is_normalized("NFC", raw.decode("utf-8"))
        ):
            return body
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NotABody("not the canonical JSON of an entry") from error
    raise NotABody("not the canonical JSON of an entry")
