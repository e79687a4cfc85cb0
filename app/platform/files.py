"""Write small private files (mode 0600, in folders of mode 0700).

Invariant: a reader, or a power cut, finds the whole file or none.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def create(path: Path, content: bytes) -> None:
    """Create a file; leaves one that exists as it is, so that of two processes the first wins."""
    with _draft(path, content) as draft:
        try:
            path.hardlink_to(draft)  # unlike a rename, a link never replaces
        except FileExistsError:
            return


def replace(path: Path, content: bytes) -> None:
    """Create a file, or replace the one that exists."""
    with _draft(path, content) as draft:
        draft.replace(path)


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
