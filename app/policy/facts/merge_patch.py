"""Merge changed parts into a facts object as RFC 7396 (JSON Merge Patch) says. Pure."""

from collections.abc import Mapping
from typing import Any


def merge(old: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Merge objects member by member; a list or a value replaces the old one, null removes it."""
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
