"""What a leaf says, read from its exact bytes: quickly by the fixed order of canonical JSON, closely when something does not fit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.kernel import canonical

COLUMNS: Final = ("action", "actor", "at", "id", "outcome", "recipient", "request", "school", "subject")
"""What the table of entries repeats of a body."""


_ID_CHARACTERS: Final = 36


class NotABody(ValueError):
    """The bytes are no leaf body of any version that is known."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one body says, as far as verification asks. Missing or ill-typed members are as good as none."""

    fields: Mapping[str, Any]

    def column(self, name: str) -> str:
        """The text that a search column must repeat; empty for null."""
        if name == "actor":
            value = self._mapping("actor").get("id")
        elif name == "subject":
            value = next(iter(self.subjects), None)
        else:
            value = self.fields.get(name)
        return "" if value is None else str(value)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The persons' ids."""
        return _texts(self.fields.get("subjects"))

    @property
    def data(self) -> Mapping[str, Any]:
        """Codes and field names."""
        return self._mapping("data")

    @property
    def records(self) -> tuple[str, ...]:
        """The ids of the records that `content` is over."""
        return _texts(self.data.get("records"))

    @property
    def states(self) -> dict[str, str]:
        """The digest of each mutable head that the act changed, by the head's id."""
        found = {key: value for key, value in _plain(self.data.get("states")).items() if isinstance(value, str)}
        one = self.data.get("state")
        head = self.fields.get("request") or self.fields.get("target")
        return found | {str(head): one} if isinstance(one, str) and head else found

    def _mapping(self, name: str) -> Mapping[str, Any]:
        return _plain(self.fields.get(name))


def read(body: bytes) -> Said:
    """The body's members; raises NotABody unless it is the canonical JSON of an object of version 1."""
    try:
        fields = json.loads(body.decode("utf-8"))
        if not isinstance(fields, dict) or fields.get("v") != 1 or canonical.encode(fields) != body:
            raise NotABody("not the canonical JSON of an entry")
    except (ValueError, RecursionError) as error:
        raise NotABody("not the canonical JSON of an entry") from error
    return Said(fields)


def repeated(body: str, row: Sequence[Any]) -> int:  # noqa: PLR0911 - it leaves at the first that does not fit
    """Where the first person's id ends in a body that the row (a body, then the columns in the order of `COLUMNS`) repeats; else 0.

    Judged by the usual layout, without parsing: keys of canonical JSON are sorted and a quote inside a string is escaped, so that what is
    looked for can only be the real member. A place is certain; 0 asks for a closer look with `read`.
    """
    _, action, actor, at, entry, outcome, recipient, request, school, subject = row
    head = f'{{"action":"{action}","actor":{{"client":"'
    if not body.startswith(head):
        return 0
    here = body.find('","id":', len(head) - 1) + 7
    if not body.startswith('null,"role":"' if actor is None else f'"{actor}","role":"', here):
        return 0
    here = body.find('"},"at":"', here) + 9
    if not body.startswith(f'{at}","content":', here):
        return 0
    here = body.rfind(',"id":"') + 7
    if not body.startswith(f'{entry}","outcome":"{outcome}","policy":', here):
        return 0
    told = "null" if recipient is None else f'"{recipient}"'
    about = "null" if request is None else f'"{request}"'
    # After its id a body holds no object: each of these names stands there once.
    if body.find(f',"recipient":{told},"request":{about},"request_id":"', here) < 0:
        return 0
    if subject is not None and len(subject) != _ID_CHARACTERS:
        return 0
    persons = f',"school":"{school}","subjects":[' + ("" if subject is None else f'"{subject}"')
    here = body.find(persons, here)
    end = here + len(persons)
    return end if here > 0 and body.startswith("]" if subject is None else ("]", ","), end) else 0


def further(body: str, end: int) -> list[str]:
    """The second and further persons of a body that is repeated, given where the first one's id ends."""
    return body[end + 2 : body.index("]", end) - 1].split('","') if body.startswith(",", end) else []


def tells_of_records(body: str) -> bool:
    """Whether the entry may seal records or heads."""
    return '"content":"' in body or '"state' in body


def _plain(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
