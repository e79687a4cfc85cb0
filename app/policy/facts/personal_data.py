"""The facts object in two halves, what is personal and what is not, and changed parts laid over it.
Pure JSON, lossless.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

PERSONAL: Final[Mapping[str, Any]] = {
    "external_id": {"value": None},
    "requester": {"name": None, "role_title": None, "organisation": None},
    "recipient": {"organisation": None, "named_individual": None, "role_title": None},
    "purpose": {"statement": None},
    "subjects": [{"person_ref": None, "born_on": None}],
    "items": [{"description": None, "explanation": None, "withheld_because": None}],
    "consent": {"person_ref": None, "evidence": None},
    "lawful_reason": {"necessity": None},
    "statutory": {"explanation": None, "compelled_reason": None, "detriment": {"why": None}},
}
"""Where names, references and narrative stand in the facts: everything else is codes, dates and
numbers."""

Halves: TypeAlias = tuple[dict[str, Any], dict[str, Any]]


def split(whole: Mapping[str, Any]) -> Halves:
    """Structure and narrative of a facts object."""
    return _split(whole, PERSONAL)


def join(structure: Mapping[str, Any], narrative: Mapping[str, Any]) -> dict[str, Any]:
    """The facts object that `split` took apart; raises ValueError for halves of different ones."""
    joined: dict[str, Any] = _join(structure, narrative)
    return joined


def _split(value: Mapping[str, Any], personal: Mapping[str, Any]) -> Halves:
    structure: dict[str, Any] = {}
    narrative: dict[str, Any] = {}
    for name, member in value.items():
        inner = personal.get(name)
        if name not in personal:
            structure[name] = member
        elif isinstance(inner, dict) and isinstance(member, dict):
            structure[name], narrative[name] = _split(member, inner)
        elif isinstance(inner, list) and isinstance(member, list):
            halves = [_split(each, inner[0]) for each in member]
            structure[name], narrative[name] = (
                [half[0] for half in halves],
                [half[1] for half in halves],
            )
        elif inner is None:
            narrative[name] = member
        else:
            structure[name] = member
    return structure, {name: member for name, member in narrative.items() if not _blank(member)}


def _blank(member: object) -> bool:
    return member == {} or (isinstance(member, list) and all(each == {} for each in member))


def _join(structure: Any, narrative: Any) -> Any:
    if isinstance(structure, dict) and isinstance(narrative, dict):
        joined = {
            name: _join(member, narrative[name]) if name in narrative else member
            for name, member in structure.items()
        }
        return joined | {
            name: member for name, member in narrative.items() if name not in structure
        }
    if isinstance(structure, list) and isinstance(narrative, list):
        return [_join(ours, theirs) for ours, theirs in zip(structure, narrative, strict=True)]
    return narrative


def merge(old: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Changed parts laid over the facts: objects member by member, lists and values as a whole,
    null takes away (RFC 7396).
    """
    merged = dict(old)
    for name, member in changed.items():
        if member is None:
            merged.pop(name, None)
        elif isinstance(member, Mapping):
            before = merged.get(name)
            merged[name] = merge(before if isinstance(before, Mapping) else {}, member)
        else:
            merged[name] = member
    return merged
