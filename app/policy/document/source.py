"""Reads the text of a policy document, YAML 1.2 or JSON, into plain values that know their line and
JSON pointer.

Invariant: constructs that two parsers could read differently (anchors, aliases, tags, directives,
duplicate keys, numbers other than plain integers) are refused, never interpreted.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from app.kernel.canonical import MAX_INTEGER, Json
from app.kernel.errors import Fault
from app.platform import strict_json

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 20
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})\Z")
_TAG: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One fault in a document.

    `line` counts from 1 and is None for JSON, `expected` describes a valid value, `nearest` is the
    known name that the author most likely meant.
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
        """The fault as a member of a problem document."""
        detail = str(self) if self.line else str(self).removeprefix(f"{self.pointer or '/'}: ")
        return Fault(pointer=self.pointer, detail=detail, code=self.code)


class Unreadable(Exception):
    """The bytes are not a readable document; `faults` gives the reasons."""

    def __init__(self, *faults: DocumentFault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


Scalar: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its line (that of its key, for a member of a mapping) and JSON pointer."""

    value: "Scalar | tuple[Node, ...] | dict[str, Node]"
    line: int | None
    pointer: str

    def plain(self) -> Json:
        """The value without lines and pointers."""
        if isinstance(self.value, dict):
            return {key: member.plain() for key, member in self.value.items()}
        if isinstance(self.value, tuple):
            return [member.plain() for member in self.value]
        return self.value

    def walk(self) -> Iterator["Node"]:
        """This node and all its descendants."""
        yield self
        if not isinstance(self.value, str | int | None):
            for member in self.value.values() if isinstance(self.value, dict) else self.value:
                yield from member.walk()


def step(pointer: str, key: str | int) -> str:
    """The JSON pointer of a member."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


_DEPTH: Final = f"at most {MAX_DEPTH} levels"


def read(source: bytes) -> Node:
    """Read a document; raises Unreadable with every fault that could be found."""
    if len(source) > MAX_BYTES:
        limit = f"at most {MAX_BYTES // 1024} KiB"
        raise _unreadable("too-large", None, "the document is too large", limit)
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        raise _unreadable("not-utf-8", None, "the document is not UTF-8") from None
    if not unicodedata.is_normalized("NFC", text):
        raise _unreadable("not-nfc", None, "the text is not in Unicode normalisation form C")
    reader = _JsonReader(text) if text.lstrip().startswith("{") else _YamlReader(text)
    root = reader.read()
    if reader.faults:
        raise Unreadable(*reader.faults)
    return root


def _unreadable(code: str, line: int | None, problem: str, expected: str = "") -> Unreadable:
    return Unreadable(DocumentFault(code, "", line, problem, expected))


class _Reader:
    """Builds the nodes of a document and collects its faults."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[DocumentFault] = []

    def refuse(
        self, code: str, pointer: str, line: int | None, problem: str, expected: str = ""
    ) -> None:
        """Add a fault."""
        self.faults.append(DocumentFault(code, pointer, line, problem, expected))


class _JsonReader(_Reader):
    def read(self) -> Node:
        try:
            return self._node(strict_json.parse(self.text.encode()), "", 0)
        except strict_json.InvalidJson as error:
            raise Unreadable(
                *(
                    DocumentFault(each.code, each.pointer, None, each.detail)
                    for each in error.faults
                )
            ) from None

    def _node(self, value: object, pointer: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.refuse("too-deep", pointer, None, "nested too deeply", _DEPTH)
        elif isinstance(value, dict):
            members = {k: self._node(v, step(pointer, k), depth + 1) for k, v in value.items()}
            return Node(members, None, pointer)
        elif isinstance(value, list):
            items = [self._node(v, step(pointer, i), depth + 1) for i, v in enumerate(value)]
            return Node(tuple(items), None, pointer)
        elif isinstance(value, float):
            self.refuse("float", pointer, None, "a fraction", "a whole number or a text")
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            self.refuse("integer", pointer, None, "the number is too large")
        elif isinstance(value, str | int):
            return Node(value, None, pointer)
        return Node(None, None, pointer)


class _YamlReader(_Reader):
    """Walks the node graph that ruamel.yaml composes: its nodes know their line and resolved tag,
    and nothing has been constructed from them.
    """

    def read(self) -> Node:
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.removeprefix("\ufeff").startswith("%"):
                raise _unreadable("directive", number, "a directive", "YAML 1.2 without directives")
        yaml = YAML(typ="safe", pure=True)
        yaml.max_depth = MAX_DEPTH + 1
        yaml.composer.warn_double_anchors = False
        try:
            root = yaml.compose(self.text)
        except MarkedYAMLError as error:
            at = error.problem_mark.line + 1 if error.problem_mark else None
            if isinstance(error, MaxDepthExceededError):
                raise _unreadable("too-deep", at, "nested too deeply", _DEPTH) from None
            problem = f"not YAML that can be read: {str(error.problem)[:100]}"
            raise _unreadable("not-yaml", at, problem) from None
        except (YAMLError, ValueError):
            raise _unreadable("not-yaml", None, "not YAML that can be read") from None
        return Node(None, None, "") if root is None else self._node(root, "", _line(root))

    def _node(self, node: YamlNode, pointer: str, line: int) -> Node:
        # An anchored node is not descended into, so that aliases cannot multiply the work.
        if not self._has_properties(node, pointer):
            if isinstance(node, MappingNode):
                return Node(self._members(node, pointer), line, pointer)
            if isinstance(node, SequenceNode):
                items = [
                    self._node(item, step(pointer, i), _line(item))
                    for i, item in enumerate(node.value)
                ]
                return Node(tuple(items), line, pointer)
            return Node(self._scalar(node, pointer), line, pointer)
        return Node(None, line, pointer)

    def _has_properties(self, node: YamlNode, pointer: str) -> bool:
        """Whether the node has an anchor or a tag; adds the fault."""
        if node.anchor is not None:
            self.refuse("anchor", pointer, _line(node), "an anchor or alias", "the value itself")
        elif self.text[node.start_mark.index : node.start_mark.index + 1] == "!":
            self.refuse("tag", pointer, _line(node), "a tag", "no tags")
        else:
            return False
        return True

    def _members(self, node: MappingNode, pointer: str) -> dict[str, Node]:
        members: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self.refuse("key", pointer, _line(key), "a key that is not a word", "a word")
                continue
            name = str(key.value)
            at = step(pointer, name)
            self._has_properties(key, at)
            if name in members:
                self.refuse("duplicate-key", at, _line(key), f"{name} occurs twice")
            members[name] = self._node(value, at, _line(key))
        return members

    def _scalar(self, node: YamlNode, pointer: str) -> Scalar:
        text = str(node.value)
        match str(node.tag).removeprefix(_TAG):
            case "int" if _INTEGER.match(text) and abs(int(text)) <= MAX_INTEGER:
                return int(text)
            case "int" | "float":
                expected = "a plain whole number, or a text in quotes"
                self.refuse("number", pointer, _line(node), f"the number {text[:40]}", expected)
                return None
            case "bool":
                return text.lower() == "true"
            case "null":
                return None
        return text


def _line(node: YamlNode) -> int:
    return int(node.start_mark.line) + 1
