"""One measured figure and its goal."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`name` as in docs/performance.md, the measured `value`, the goal, and a description of the
    comparison.
    """

    name: str
    value: float
    compare: Literal[">=", "<="]
    goal: float
    what: str

    @property
    def is_reached(self) -> bool:
        """Whether the goal is reached."""
        return self.value >= self.goal if self.compare == ">=" else self.value <= self.goal

    def __str__(self) -> str:
        reached = "reached" if self.is_reached else "missed"
        return (
            f"{self.name} {self.value:.2f} goal {self.compare}{self.goal:.2f} {reached} |"
            f" {self.what}"
        )
