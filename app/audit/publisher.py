"""Where checkpoints are published outside the database: a folder whose newest note for each school
outlives any rollback of the tables.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Final

from app.audit import checkpoint

_SCHOOL: Final = re.compile(r"[0-9]{6}\Z")


class Shelf:
    """A folder with one file for each school, `<urn>.txt`: its newest signed checkpoint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self, school: str) -> str | None:
        """The note last published for the school; None if there never was one. Raises
        CheckpointRefused when the file cannot be read.
        """
        try:
            return self._file(school).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            raise checkpoint.CheckpointRefused("the published checkpoint cannot be read") from error

    def schools(self) -> list[str]:
        """The schools for which something was published."""
        return sorted(file.stem for file in self._folder.glob("*.txt") if _SCHOOL.match(file.stem))

    def publish(self, school: str, note: str) -> None:
        """Put the note in place of the one before, so that a reader or a power cut finds either of
        them whole.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._file(school)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            with draft.open("x", encoding="utf-8", newline="") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(self._folder)

    def archive(self, school: str) -> None:
        """Keep the newest note under its size, out of the way of a log that is being reopened."""
        note = self.newest(school)
        if note is not None:
            self._file(school).replace(
                self._folder / f"{school}-{checkpoint.parse(note).size}-{secrets.token_hex(4)}.txt"
            )

    def _file(self, school: str) -> Path:
        if not _SCHOOL.match(school):
            raise ValueError("a school is named by its six-digit URN")
        return self._folder / f"{school}.txt"


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
