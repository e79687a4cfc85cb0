"""A policy document as somebody wrote it: YAML 1.2 or JSON to plain values that remember their line
and pointer.

Law: what two readers could understand differently (anchors, aliases, tags, floats, duplicate keys,
directives) is refused, not guessed at.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from app.kernel.canonical import MAX_INTEGER, Json
from app.kernel.errors import Fault

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 20
_FOLD: Final = "\a"
"""With this ruamel.yaml marks the places at which a folded text was broken. The source itself
cannot hold it unescaped."""
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})\Z")
_NUMBER: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z"
)
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
"""The words that are no text in the core schema of YAML 1.2. `yes` and `no` are not among them."""


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One thing wrong in a document: where (line from 1, if the source has lines), what, what was
    expected, and the nearest known name.
    """

    code: str
    pointer: str
    line: int | None
    problem: str
    expected: str = ""
    nearest: str | None = None

    def __str__(self) -> str:
        where = self.pointer or "/"
        place = f"line {self.line}, {where}" if self.line else where
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        wanted = f" (expected {self.expected})" if self.expected else ""
        return f"{place}: {self.problem}{wanted}{hint}"

    def wire(self) -> Fault:
        """The fault as a problem document shows it."""
        detail = str(self) if self.line else str(self).removeprefix(f"{self.pointer or '/'}: ")
        return Fault(pointer=self.pointer, detail=detail, code=self.code)


class Unreadable(Exception):
    """The bytes are no document; `faults` say why."""

    def __init__(self, *faults: DocumentFault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


Scalar: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place it stands at."""

    value: "Scalar | tuple[Node, ...] | dict[str, Node]"
    line: int | None
    pointer: str

    def plain(self) -> Json:
        """The value alone: what the document means."""
        if isinstance(self.value, dict):
            return {key: member.plain() for key, member in self.value.items()}
        if isinstance(self.value, tuple):
            return [member.plain() for member in self.value]
        return self.value

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        if not isinstance(self.value, str | int | None):
            for member in self.value.values() if isinstance(self.value, dict) else self.value:
                yield from member.walk()


def step(pointer: str, key: str | int) -> str:
    """The JSON pointer of a member."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def read(source: bytes) -> Node:
    """The document in `source`; raises Unreadable with every fault that can be told apart."""
    if len(source) > MAX_BYTES:
        raise Unreadable(
            DocumentFault(
                "too-large",
                "",
                None,
                "the document is too large",
                f"at most {MAX_BYTES // 1024} KiB",
            )
        )
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable(
            DocumentFault("not-utf-8", "", None, "the document is not UTF-8")
        ) from None
    if not unicodedata.is_normalized("NFC", text):
        raise Unreadable(
            DocumentFault("not-nfc", "", None, "the text is not in Unicode normalisation form C")
        )
    return _from_json(text) if text.lstrip().startswith("{") else _from_yaml(text)


class _Twice(ValueError):
    """A JSON object names a member twice."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return members


def _from_json(text: str) -> Node:
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except _Twice as error:
        raise Unreadable(
            DocumentFault("duplicate-key", "", None, f"{error} is there twice")
        ) from None
    except json.JSONDecodeError as error:
        raise Unreadable(
            DocumentFault("not-json", "", error.lineno, "this is not JSON", "a JSON object")
        ) from None
    except (RecursionError, ValueError):
        raise Unreadable(
            DocumentFault("not-json", "", None, "this is not JSON that can be read")
        ) from None
    faults: list[DocumentFault] = []
    node = _json_node(value, "", 0, faults)
    if faults:
        raise Unreadable(*faults)
    return node


def _json_node(value: object, pointer: str, depth: int, faults: list[DocumentFault]) -> Node:
    if depth > MAX_DEPTH:
        faults.append(
            DocumentFault(
                "too-deep",
                pointer,
                None,
                "the document is nested too deeply",
                f"at most {MAX_DEPTH} levels",
            )
        )
        return Node(None, None, pointer)
    if isinstance(value, dict):
        return Node(
            {k: _json_node(v, step(pointer, k), depth + 1, faults) for k, v in value.items()},
            None,
            pointer,
        )
    if isinstance(value, list):
        return Node(
            tuple(_json_node(v, step(pointer, i), depth + 1, faults) for i, v in enumerate(value)),
            None,
            pointer,
        )
    if isinstance(value, float):
        faults.append(
            DocumentFault(
                "float", pointer, None, "a number with a fraction", "a whole number or a text"
            )
        )
        return Node(None, None, pointer)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        faults.append(DocumentFault("integer", pointer, None, "a number that is too large"))
        return Node(None, None, pointer)
    return Node(value if isinstance(value, str | int) else None, None, pointer)


def _from_yaml(text: str) -> Node:
    builder = _Builder()
    try:
        for event in YAML(typ="rt", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Unreadable(
            DocumentFault("not-yaml", "", line, "this is not YAML that can be read")
        ) from None
    except (YAMLError, RecursionError, ValueError):
        raise Unreadable(
            DocumentFault("not-yaml", "", None, "this is not YAML that can be read")
        ) from None
    if builder.faults:
        raise Unreadable(*builder.faults)
    return builder.root or Node(None, None, "")


@dataclass(slots=True)
class _Open:
    """A collection that is still being read."""

    pointer: str
    line: int
    members: dict[str, Node] | list[Node]
    key: str | None = None
    key_line: int = 0


class _Builder:
    """Builds nodes from events in one pass: the events alone still show what two readers could
    understand differently.
    """

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[DocumentFault] = []
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if event.version or event.tags or self._documents > 1:
                self._fault(
                    "directive",
                    line,
                    "a directive or a second document",
                    "one document of YAML 1.2",
                )
        elif isinstance(event, AliasEvent):
            self._fault("alias", line, "an alias", "the value itself")
            self._put(Node(None, line, self._pointer()))
        elif isinstance(event, NodeEvent):
            if event.anchor:
                self._fault("anchor", line, "an anchor", "no anchors")
            if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
                self._fault("tag", line, "a tag", "no tags")
            self._begin(event, line)
        elif isinstance(event, CollectionEndEvent):
            done = self._open.pop()
            members = done.members
            self._put(
                Node(
                    members if isinstance(members, dict) else tuple(members),
                    done.line,
                    done.pointer,
                )
            )

    def _fault(self, code: str, line: int, problem: str, expected: str = "") -> None:
        self.faults.append(DocumentFault(code, self._pointer(), line, problem, expected))

    def _begin(self, event: NodeEvent, line: int) -> None:
        inside = self._open[-1] if self._open else None
        wants_key = inside is not None and isinstance(inside.members, dict) and inside.key is None
        if isinstance(event, ScalarEvent):
            if wants_key and inside is not None:
                self._name(inside, str(event.value), line)
            else:
                plain = event.style is None and not event.tag
                text = (
                    str(event.value).replace(_FOLD, "") if event.style == ">" else str(event.value)
                )
                self._put(
                    Node(
                        self._scalar(text, line) if plain else text,
                        self._line(line),
                        self._pointer(),
                    )
                )
            return
        if wants_key and inside is not None:
            self._fault("key", line, "a key that is no word", "a word")
            self._name(inside, f"?{line}", line)
        if len(self._open) >= MAX_DEPTH:
            raise Unreadable(
                DocumentFault(
                    "too-deep",
                    "",
                    line,
                    "the document is nested too deeply",
                    f"at most {MAX_DEPTH} levels",
                )
            )
        self._open.append(
            _Open(
                self._pointer(),
                self._line(line),
                {} if isinstance(event, MappingStartEvent) else [],
            )
        )

    def _name(self, inside: _Open, key: str, line: int) -> None:
        if key in inside.members:
            self.faults.append(
                DocumentFault(
                    "duplicate-key", step(inside.pointer, key), line, f"{key} is there twice"
                )
            )
        inside.key, inside.key_line = key, line

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        inside = self._open[-1]
        if isinstance(inside.members, list):
            inside.members.append(node)
        elif inside.key is None:
            self._name(inside, "?", node.line or 0)
        else:
            inside.members[inside.key], inside.key = node, None

    def _pointer(self) -> str:
        if not self._open:
            return ""
        inside = self._open[-1]
        return step(
            inside.pointer,
            len(inside.members) if isinstance(inside.members, list) else inside.key or "",
        )

    def _line(self, line: int) -> int:
        # A member is looked for where its name stands, also when its value begins below.
        inside = self._open[-1] if self._open else None
        return inside.key_line if inside is not None and inside.key is not None else line

    def _scalar(self, text: str, line: int) -> Scalar:
        if _INTEGER.match(text) and abs(int(text)) <= MAX_INTEGER:
            return int(text)
        if _NUMBER.match(text):
            self._fault(
                "number",
                line,
                f"the number {text[:40]}",
                "a plain whole number, or a text in quotes",
            )
            return None
        return _WORDS.get(text, text)
