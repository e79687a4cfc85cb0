"""Every setting is documented with its default, and nothing is documented that is no setting."""

import json
import re
from pathlib import Path

from app.platform.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(SHARING_[A-Z_]+)` \| (?:`([^`]*)`)? ?\|", re.MULTILINE)


def as_written(default: object) -> str:
    if isinstance(default, bool | tuple):
        return json.dumps(default)
    return str(default)


def test_the_table_of_settings_is_true():
    documented = dict(ROW.findall((ROOT / "docs" / "deployment.md").read_text()))
    true = {
        f"{PREFIX}{name.upper()}": as_written(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert len(true) > 5
    assert documented == true | {f"{PREFIX}SECRETS_DIR": ""}
