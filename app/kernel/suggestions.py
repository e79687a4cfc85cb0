"""Suggest the known name that the author of an unknown name most likely meant."""

import difflib
import math
import re
from collections.abc import Iterable
from typing import Final

_SEPARATORS: Final = re.compile(r"[\W_]+")

_SHORTEST_PART: Final = 3
"""A shorter part of a name could belong to many names."""


def nearest(given: object, known: Iterable[str]) -> str | None:
    """Find the shortest known name that begins with `given`, or else contains it, or else is most
    similar; None if no name is similar.

    Case and separators between words are ignored.
    """
    word, names = _bare(str(given)), {_bare(name): name for name in known}
    holding = [name for name in names if word in name] if len(word) >= _SHORTEST_PART else []
    near = sorted(holding, key=lambda name: len(name) if name.startswith(word) else math.inf)
    near = near or difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)
    return names[near[0]] if near else None


def _bare(name: str) -> str:
    return _SEPARATORS.sub("", name.casefold())
