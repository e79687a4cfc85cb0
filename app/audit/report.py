"""What a verification found, in words an operator can act on. Pure."""

from dataclasses import dataclass, field
from typing import Final

MAX_FINDINGS: Final = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: whose log, at which index (None where it has no place in the log), a stable
    code, and words.
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
    """The outcome of one verification. `sizes` are the logs that were recomputed, `notes` what is
    worth knowing and no violation.
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
        """Whether everything could be read and nothing was wrong."""
        return not self.findings and self.unreadable is None

    @property
    def exit_code(self) -> int:
        """0 intact, 1 tampered, 2 unreadable."""
        if self.findings:
            return 1
        return 0 if self.unreadable is None else 2

    def find(self, school: str, index: int | None, code: str, words: str) -> None:
        """Note a violation; beyond a thousand they are only counted."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(school, index, code, words))
        else:
            self.more += 1

    def lines(self) -> list[str]:
        """The report as an operator reads it."""
        said = [str(finding) for finding in self.findings]
        if self.more:
            said.append(f"and {self.more} more")
        said += self.notes
        if self.unreadable is not None:
            said.append(f"could not be read: {self.unreadable}")
        counted = (
            ", ".join(
                f"school {school}: {size} entries" for school, size in sorted(self.sizes.items())
            )
            or "no entries"
        )
        verdict = "intact" if self.intact else "VIOLATION" if self.findings else "unreadable"
        return [
            *said,
            (
                f"{verdict}: {counted}; {self.unsealed} unsealed, {self.records} records compared,"
                f" {self.disposed} disposed of"
            ),
        ]
