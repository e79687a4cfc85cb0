"""Reads plain values into the types of the grammar, and collects every fault with its line, what
was expected and the nearest known name. Pure.

A faulty member is left out of its list, so that the other checks can still run; the faults prevent
the document from being used.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from app.kernel.suggestions import nearest
from app.policy.document.source import DocumentFault, Node, step
from app.policy.engine.bitmasks import DOMAINS
from app.policy.engine.decision_tables import Condition

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,79}\Z")
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
"""The first and last year in a policy; time limits and retention periods counted from there still
fit the calendar."""

_OPEN: Final = frozenset({"otherwise", "always"})


class Missing:
    """The value could not be read; the faults give the reasons."""


MISSING: Final = Missing()


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


class Reader:
    """Reads nodes as types and collects faults."""

    def __init__(self) -> None:
        self.faults: list[DocumentFault] = []

    def fault(
        self, code: str, node: Node, problem: str, expected: str = "", near: str | None = None
    ) -> Missing:
        """Add a fault at a node."""
        self.faults.append(DocumentFault(code, node.pointer, node.line, problem, expected, near))
        return MISSING

    def read(self, node: Node, kind: Any) -> Any:
        """The node as a value of a type of the grammar, or MISSING after adding faults."""
        origin = get_origin(kind)
        if origin is UnionType:
            inner = next(arg for arg in get_args(kind) if arg is not NoneType)
            return None if node.value is None else self.read(node, inner)
        if origin is tuple:
            return self._sequence(node, get_args(kind)[0])
        if origin is not None and issubclass(origin, Mapping):
            return self._mapping(node, *get_args(kind))
        if kind is Condition:
            return self._condition(node)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            return self._record(node, kind)
        return self._scalar(node, kind)

    def _scalar(self, node: Node, kind: Any) -> Any:
        value = node.value
        if issubclass(kind, StrEnum):
            known = [str(member) for member in kind]
            if isinstance(value, str) and value in known:
                return kind(value)
            return self.fault(
                "unknown-word",
                node,
                f"{_shown(value)} is not known here",
                _choices(known),
                nearest(value, known),
            )
        if kind is str:
            return (
                value
                if isinstance(value, str) and value.strip()
                else self.fault("missing-text", node, "there is no text", "a text")
            )
        if kind is date:
            return self._day(node, value)
        if isinstance(value, kind) and isinstance(value, bool) is (kind is bool):
            return value
        return self.fault(
            "wrong-kind",
            node,
            f"{_shown(value)} has the wrong type",
            "true or false" if kind is bool else "a whole number",
        )

    def _day(self, node: Node, value: object) -> date | Missing:
        if isinstance(value, str) and _DAY.match(value):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                pass
            else:
                if FIRST_YEAR <= day.year <= LAST_YEAR:
                    return day
        return self.fault(
            "not-a-date",
            node,
            f"{_shown(value)} is not a date",
            f"YYYY-MM-DD from {FIRST_YEAR} to {LAST_YEAR}",
        )

    def _sequence(self, node: Node, kind: Any) -> Any:
        if kind is Condition and not isinstance(node.value, tuple):
            only = self._condition(node)
            return MISSING if only is MISSING else (only,)
        if not isinstance(node.value, tuple):
            return self.fault("wrong-kind", node, "this is not a list", "a list")
        members = [self.read(member, kind) for member in node.value]
        return tuple(member for member in members if member is not MISSING)

    def _mapping(self, node: Node, key_kind: Any, kind: Any) -> Any:
        if not isinstance(node.value, dict):
            return self.fault("wrong-kind", node, "this is not a mapping", "names with values")
        members: dict[Any, Any] = {}
        for key, member in node.value.items():
            named = dataclasses.replace(member, value=key)
            if key_kind is str and not _NAME.match(key):
                self.fault(
                    "bad-name",
                    named,
                    "the name has characters that are not allowed",
                    "letters, digits, _ . and -",
                )
            members[key if key_kind is str else self.read(named, key_kind)] = self.read(
                member, kind
            )
        return MappingProxyType(
            {
                key: member
                for key, member in members.items()
                if key is not MISSING and member is not MISSING
            }
        )

    def _record(self, node: Node, kind: type) -> Any:
        if not isinstance(node.value, dict):
            return self.fault("wrong-kind", node, "this is not a mapping", _choices(_hints(kind)))
        fields = {field.name: field for field in dataclasses.fields(kind)}
        for key in node.value.keys() - fields.keys():
            member = node.value[key]
            self.fault(
                "unknown-name",
                member,
                f"{_shown(key)} is not known here",
                _choices(fields),
                nearest(key, fields),
            )
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in node.value:
                values[name] = self.read(node.value[name], _hints(kind)[name])
            elif (
                field.default is dataclasses.MISSING
                and field.default_factory is dataclasses.MISSING
            ):
                absent = Node(None, node.line, step(node.pointer, name))
                values[name] = self.fault("missing", absent, f"{name} is missing", name)
        return MISSING if any(value is MISSING for value in values.values()) else kind(**values)

    def _condition(self, node: Node) -> Any:
        if isinstance(node.value, str) and node.value in _OPEN:
            return Condition(MappingProxyType({}))
        if not isinstance(node.value, dict) or not node.value:
            return self.fault(
                "wrong-kind",
                node,
                "this is not a condition",
                "facts with values, otherwise, or always",
                nearest(node.value, _OPEN),
            )
        cells: dict[str, tuple[str, ...]] = {}
        valid = True
        for fact, cell in node.value.items():
            if fact not in DOMAINS:
                self.fault(
                    "unknown-fact",
                    cell,
                    f"{_shown(fact)} is not a fact",
                    _choices(DOMAINS),
                    nearest(fact, DOMAINS),
                )
                valid = False
                continue
            values = cell.value if isinstance(cell.value, tuple) else (cell,)
            words = [self._cell(value, fact) for value in values]
            valid = valid and bool(words) and None not in words
            if not words:
                self.fault(
                    "empty-cell", cell, "an empty list matches nothing", _choices(DOMAINS[fact])
                )
            cells[fact] = tuple(word for word in words if word is not None)
        return Condition(MappingProxyType(cells)) if valid else MISSING

    def _cell(self, node: Node, fact: str) -> str | None:
        # Sets are looked up later, by the name checks.
        if isinstance(node.value, str) and (
            node.value in DOMAINS[fact] or node.value.startswith("$")
        ):
            return node.value
        known = DOMAINS[fact]
        self.fault(
            "unknown-answer",
            node,
            f"{_shown(node.value)} is not a value of {fact}",
            _choices(known),
            nearest(node.value, known),
        )
        return None


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _choices(known: Iterable[str]) -> str:
    return "one of " + ", ".join(known)
