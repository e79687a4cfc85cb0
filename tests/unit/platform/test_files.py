"""Files are written whole, for their owner alone."""

import stat
from pathlib import Path

import pytest

from app.platform import files


@pytest.mark.parametrize("write", [files.create, files.replace])
def test_a_file_and_its_folder_are_private_and_no_draft_is_left(tmp_path: Path, write) -> None:  # noqa: ANN001
    path = tmp_path / "folder" / "file"
    write(path, b"content")
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_create_leaves_a_file_that_exists_and_replace_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.create(path, b"first")
    files.create(path, b"second")
    assert path.read_bytes() == b"first"
    files.replace(path, b"third")
    assert path.read_bytes() == b"third"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="file"):
        files.replace(tmp_path / "file", b"content")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
