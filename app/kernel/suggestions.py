"""The known name that somebody most likely meant: a part of it goes before a likeness of letters,
which misleads in short words.
"""

import difflib
import math
import re
from collections.abc import Iterable
from typing import Final

_APART: Final = re.compile(r"[\W_]+")

_TELLING: Final = 3
"""Letters from which on a part tells which name is meant."""


def nearest(given: object, known: Iterable[str]) -> str | None:
    """The shortest known name that begins with `given`, else the first that holds it, else what
    looks most like it. None: nothing is near.

    Case and what stands between words do not count.
    """
    word, names = _bare(str(given)), {_bare(name): name for name in known}
    holding = [name for name in names if word in name] if len(word) >= _TELLING else []
    near = sorted(holding, key=lambda name: len(name) if name.startswith(word) else math.inf)
    near = near or difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)
    return names[near[0]] if near else None


def _bare(name: str) -> str:
    return _APART.sub("", name.casefold())
