"""Publish checkpoints in a folder outside the database, where they survive a rollback of it."""

import re
import secrets
from pathlib import Path
from typing import Final

from app.audit import checkpoint
from app.platform import files

_SCHOOL: Final = re.compile(r"[0-9]{6}\Z")


class CheckpointFolder:
    """A folder with one file for each school, `<urn>.txt`: its newest signed checkpoint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self, school: str) -> str | None:
        """The note that was published last for the school, or None; raises CheckpointRefused if the
        file cannot be read.
        """
        try:
            return self._file(school).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            raise checkpoint.CheckpointRefused("the published checkpoint cannot be read") from error

    def schools(self) -> list[str]:
        """The schools with a published checkpoint."""
        return sorted(file.stem for file in self._folder.glob("*.txt") if _SCHOOL.match(file.stem))

    def publish(self, school: str, note: str) -> None:
        """Replace the school's published checkpoint."""
        files.replace(self._file(school), note.encode("utf-8"))

    def archive(self, school: str) -> None:
        """Rename the newest note, so that a log that is being reopened can publish its own."""
        note = self.newest(school)
        if note is not None:
            name = f"{school}-{checkpoint.parse(note).size}-{secrets.token_hex(4)}.txt"
            self._file(school).replace(self._folder / name)

    def _file(self, school: str) -> Path:
        if not _SCHOOL.match(school):
            raise ValueError("a school is named by its six-digit URN")
        return self._folder / f"{school}.txt"
