"""What a leaf says, read from its exact bytes: quickly by the fixed order of canonical JSON,
closely when something does not fit.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from app.audit.model import Action
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
"""What the table of entries repeats of a body."""

BETWEEN: Final = "\t"
"""What stands between the parts of a line. It is in no body, since canonical JSON escapes it."""

_LAYOUT: Final = (
    r'(\{"action":"([^"]*)","actor":\{"client":"[^"]*","id":(?:null|"([^"]{36})"),"role":"[^"]*"\},"at":"([^"]*)","content":[^,]*,'
    r'"data":\{[^}]*\}(?:[^}]*\})*?,"id":"([^"]{36})","outcome":"([^"]*)","policy":[^,]*,"reason_code":[^,]*,'
    r'"recipient":(?:null|"([^"\\]*)"),"request":(?:null|"([^"]{36})"),"request_id":"[^"]*","salt":"[^"]*","school":"SCHOOL",'
    r'"subjects":\[(?:"([^"]{36})"((?:,"[^"]{36}")*))?\],"target":[^,]*,"v":1\})'
    r"\t\2\t\4\t\5\t\6\ta(?(3)\t\3)\tr(?(8)\t\8)\ts(?(9)\t\9)\tp(?(7)\t\7)"
)

REOPENED: Final = f'{{"action":"{Action.LOG_REOPENED}"'.encode()
"""How the body of an entry begins that reopened the log."""


class NotABody(ValueError):
    """The bytes are no leaf body of any version that is known."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one body says, as far as verification asks. Missing or ill-typed members are as good as
    none.
    """

    fields: Mapping[str, Any]

    def column(self, name: str) -> str | None:
        """What a search column must repeat, as text."""
        if name == "actor":
            value = self._mapping("actor").get("id")
        elif name == "subject":
            value = next(iter(self.subjects), None)
        else:
            value = self.fields.get(name)
        return None if value is None else str(value)

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
        found = {
            key: value
            for key, value in _plain(self.data.get("states")).items()
            if isinstance(value, str)
        }
        one = self.data.get("state")
        head = self.fields.get("request") or self.fields.get("target")
        return found | {str(head): one} if isinstance(one, str) and head else found

    def _mapping(self, name: str) -> Mapping[str, Any]:
        return _plain(self.fields.get(name))


def read(body: bytes) -> Said:
    """The body's members; raises NotABody unless it is the canonical JSON of an object of version
    1.
    """
    try:
        fields = json.loads(body.decode("utf-8"))
        if not isinstance(fields, dict) or fields.get("v") != 1 or canonical.encode(fields) != body:
            raise NotABody("not the canonical JSON of an entry")
    except (ValueError, RecursionError) as error:
        raise NotABody("not the canonical JSON of an entry") from error
    return Said(fields)


def line(body: str, columns: Sequence[str | None]) -> str:
    """The line of an entry whose columns (in the order of `COLUMNS`, identifiers as a body writes
    them) are these.
    """
    action, actor, at, entry, outcome, recipient, request, _, subject = columns
    parts = (
        body,
        action,
        at,
        entry,
        outcome,
        "a",
        actor,
        "r",
        request,
        "s",
        subject,
        "p",
        recipient,
    )
    return BETWEEN.join(part for part in parts if part is not None)


class Repeated(NamedTuple):
    """What was seen of the entries whose columns repeat their bodies, by their ids.

    Of each the leaf hash; of those who have them the second and further persons; of those that
    somebody will read the body.
    """

    hashes: dict[str, bytes]
    persons: dict[str, set[str]]
    bodies: dict[str, bytes]


class Layout:
    """Which entries of a school are repeated by their columns, judged by the layout that all bodies
    have, without parsing.

    A line is a body and its columns but for the school, with tabs between them; a letter stands
    before each one that may be null. Whatever the columns hold, a line that fits is certain: keys
    of canonical JSON are sorted, a quote inside a string is escaped, and nothing after the body's
    own id is an object, so that each name can only be the real member; a value that is compared has
    no escapes; and no letter is an identifier or a time, so that no column can be taken for
    another. Any other line asks for a closer look (`read`).
    """

    def __init__(self, school: str) -> None:
        self._fits = re.compile(_LAYOUT.replace("SCHOOL", re.escape(school))).fullmatch

    def repeated(self, lines: Iterable[str], *, telling: bool) -> Repeated:
        """The entries whose lines fit; `telling` asks for the bodies of those that may seal records
        or heads as well.
        """
        hashes: dict[str, bytes] = {}
        persons: dict[str, set[str]] = {}
        bodies: dict[str, bytes] = {}
        sha256 = hashlib.sha256
        # Each body is done with while it is in the processor's cache, and nothing is kept that the
        # collector of garbage has to visit.
        for found in map(self._fits, lines):
            if found:
                text, entry, further = found.group(1, 5, 10)
                if BETWEEN in text:
                    continue
                body = text.encode()
                hashes[entry] = sha256(b"\x00" + body).digest()
                if further:
                    persons[entry] = {*further[2:-1].split('","')} - {found[9]}
                if (telling and tells_of_records(body)) or body.startswith(REOPENED):
                    bodies[entry] = body
        return Repeated(hashes, persons, bodies)


def tells_of_records(body: bytes) -> bool:
    """Whether the entry may seal records or heads."""
    return b'"content":"' in body or b'"state' in body


def _plain(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
