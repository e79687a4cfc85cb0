"""Collect the findings of a verification and word them for the operator. Pure."""

from dataclasses import dataclass, field
from typing import Final

MAX_FINDINGS: Final = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """A sign of tampering in a school's log. `index` is the place in the log, None if it has none;
    `code` is stable.
    """

    school: str
    index: int | None
    code: str
    words: str

    def __str__(self) -> str:
        where = f"school {self.school}" + ("" if self.index is None else f", entry #{self.index}")
        return f"{where}: {self.words} [{self.code}]"


@dataclass(slots=True)
class Report:
    """The result of a verification. `sizes` are the numbers of entries by school, `notes` are
    remarks that are no findings, `more` counts the findings beyond the first thousand.
    """

    findings: list[Finding] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    disposed: int = 0
    records: int = 0
    unsealed: int = 0
    notes: list[str] = field(default_factory=list)
    more: int = 0
    unreadable: str | None = None

    @property
    def intact(self) -> bool:
        """Whether the whole log could be read and there is no finding."""
        return not self.findings and self.unreadable is None

    @property
    def exit_code(self) -> int:
        """0 intact, 1 tampered, 2 unreadable."""
        if self.findings:
            return 1
        return 0 if self.unreadable is None else 2

    def add(self, school: str, index: int | None, code: str, words: str) -> None:
        """Add a finding; those beyond a thousand are only counted."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(school, index, code, words))
        else:
            self.more += 1

    def lines(self) -> list[str]:
        """Word the report."""
        lines = [str(finding) for finding in self.findings]
        if self.more:
            lines.append(f"and {self.more} more")
        lines += self.notes
        if self.unreadable is not None:
            lines.append(f"could not be read: {self.unreadable}")
        counted = (
            ", ".join(
                f"school {school}: {size} entries" for school, size in sorted(self.sizes.items())
            )
            or "no entries"
        )
        verdict = "intact" if self.intact else "VIOLATION" if self.findings else "unreadable"
        return [
            *lines,
            (
                f"{verdict}: {counted}; {self.unsealed} unsealed, {self.records} records compared,"
                f" {self.disposed} disposed of"
            ),
        ]
