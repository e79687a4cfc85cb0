"""The table of settings in the documentation matches the code."""

import json
import re
from pathlib import Path

from app.platform.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(SHARING_[A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.*) \|$", re.MULTILINE)
REFERENCE = re.compile(r"; see \[[^\]]+\]\([^)]+\)")


def as_written(default: object) -> str:
    if isinstance(default, bool | tuple):
        return json.dumps(default)
    return str(default)


def test_the_table_lists_every_setting_with_its_default_and_its_description():
    rows = ROW.findall((ROOT / "docs" / "deployment.md").read_text())
    documented = {name: (default, REFERENCE.sub("", meaning)) for name, default, meaning in rows}
    assert documented.pop(f"{PREFIX}SECRETS_DIR")[0] == ""
    assert documented == {
        f"{PREFIX}{name.upper()}": (as_written(field.default), field.description)
        for name, field in Settings.model_fields.items()
    }


def test_every_setting_is_read():
    code = [file.read_text() for file in (ROOT / "app").glob("**/*.py")]
    assert [
        name
        for name in Settings.model_fields
        if not any(re.search(rf"(?:settings|self)\.{name}\b", text) for text in code)
    ] == []
