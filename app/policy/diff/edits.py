"""The places at which two policy documents differ. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.kernel import canonical
from app.kernel.canonical import Json
from app.policy.document.source import step


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One place at which the documents differ; `before` or `after` is null if there is no value."""

    pointer: str
    kind: str
    before: Json
    after: Json

    def to_json(self) -> dict[str, Json]:
        """The edit as JSON."""
        return {
            "pointer": self.pointer,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
        }


def edits(old: Json, new: Json, pointer: str = "") -> Iterator[Edit]:
    """Every place at which two documents differ. Members of lists are matched by content, not by
    position.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            at = step(pointer, key)
            if key not in new:
                yield Edit(pointer=at, kind="removed", before=old[key], after=None)
            elif key not in old:
                yield Edit(pointer=at, kind="added", before=None, after=new[key])
            else:
                yield from edits(old[key], new[key], at)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _members(old, new, pointer)
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield Edit(pointer=pointer, kind="changed", before=old, after=new)


def _members(old: list[Json], new: list[Json], pointer: str) -> Iterator[Edit]:
    matched = SequenceMatcher(
        None,
        [canonical.encode(member) for member in old],
        [canonical.encode(member) for member in new],
        autojunk=False,
    )
    for what, a, b, c, d in matched.get_opcodes():
        if what == "replace" and b - a == d - c:
            for before, after in zip(range(a, b), range(c, d), strict=True):
                yield from edits(old[before], new[after], step(pointer, after))
        elif what != "equal":
            for before in range(a, b):
                yield Edit(
                    pointer=step(pointer, before), kind="removed", before=old[before], after=None
                )
            for after in range(c, d):
                yield Edit(
                    pointer=step(pointer, after), kind="added", before=None, after=new[after]
                )
