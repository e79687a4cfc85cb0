"""Facts as stated, split into personal and structural data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.policy.engine.inputs import Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody stated: codes and dates apart from names and narrative, and the same as the
    policy reads it.

    `refs` are the subjects' references with their roles, in the order in which they stand in
    `structure["subjects"]`. `check` is what the directory says of the recipient that is cited
    (`sharing.citing`), where one is.
    """

    structure: dict[str, Any]
    narrative: dict[str, Any]
    stated: Stated
    refs: tuple[tuple[str, str], ...]
    check: Mapping[str, Any] | None = None
